import Causality
import FHIR
import Hospital
import Records
import Replica
import Sync

/// The replica as it stands at one moment, read on a connection and a thread of its own. What reads
/// all of it, a comparison with the hub for instance, so keeps nobody from writing.
actor ReplicaReader {
    private nonisolated let executor = DatabaseExecutor(label: "clinic reader")
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    private let path: String
    private let clinic: NodeID

    init(path: String, clinic: NodeID) {
        self.path = path
        self.clinic = clinic
    }

    /// Runs `body` on what is committed now. The connection is there only as long.
    private func read<T>(_ body: (Clinic) throws -> T) throws -> T {
        let reader = try Clinic(reading: path, schema: HospitalSchema.current, node: clinic)
        let result = Result { try reader.atOneMoment { try body(reader) } }
        try reader.close()
        return try result.get()
    }

    // MARK: Comparing

    /// The buckets in which this clinic and the hub differ; `nil` when they don't stand at one
    /// moment, and the hub is to be asked again.
    func differing(_ bytes: [UInt8], _ feed: FeedKind) throws -> [UInt16]? {
        try read { try $0.differing(bytes, feed: feed) }
    }

    /// The records of the compartments that differ, by value, as they are before these are loaded
    /// anew; `nil` as for ``differing(_:_:)``.
    func differing(
        _ bytes: [UInt8], _ feed: FeedKind, _ buckets: [UInt16]
    ) throws -> RecordSums? {
        try read { clinic in
            try clinic.differing(bytes, feed: feed, buckets: buckets).map {
                try RecordSums($0, in: clinic)
            }
        }
    }

    func recordSums(_ compartments: [Compartment]) throws -> RecordSums {
        try read { try RecordSums(compartments, in: $0) }
    }

    func sumError(_ feed: FeedKind) throws -> ContentSum { try read { try $0.sumError(feed) } }

    /// How many resources show here.
    func countResources() throws -> Int { try read { try ResourceStore($0).count() } }

    func countReviewItems() throws -> Int { try read { try $0.replica.reviews.count() } }

    /// The frames of the log that are not what was hashed, or don't follow the frame before them.
    func damagedFrames() throws -> [(origin: Origin, sequence: UInt64)] {
        try read { try $0.replica.damagedFrames() }
    }
}

/// The records of compartments by value.
struct RecordSums: Sendable {
    struct Entry: Sendable, Equatable {
        var sum: ContentSum
        /// `TYPE/ID` of the resource that the record is, or is part of.
        var name: String
    }
    private(set) var entries: [Compartment: [RecordKey: Entry]] = [:]

    var compartments: [Compartment] { entries.keys.sorted() }

    init(_ compartments: [Compartment], in clinic: Clinic) throws {
        let replica = clinic.replica
        for compartment in compartments {
            var found: [RecordKey: Entry] = [:]
            if let root = try replica.tables.root(compartment) {
                for record in try replica.reader.records(of: root) {
                    found[record.key] = Entry(
                        sum: try replica.valueSum(of: record),
                        name: RecordNames.name(of: record, in: replica))
                }
            }
            entries[compartment] = found
        }
    }

    /// The resources of which a record is in one but not, or not alike, in the other.
    func differing(from other: RecordSums) -> Set<String> {
        var names: Set<String> = []
        for (compartment, mine) in entries {
            let theirs = other.entries[compartment] ?? [:]
            for key in Set(mine.keys).union(theirs.keys) where mine[key]?.sum != theirs[key]?.sum {
                if let name = (mine[key] ?? theirs[key])?.name { names.insert(name) }
            }
        }
        return names
    }
}
