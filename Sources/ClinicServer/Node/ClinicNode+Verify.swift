import Causality
import FHIR
import Hospital
import Records
import Replica
import Sync

/// The records of compartments by value, as they were before these were loaded anew.
struct RecordSums: Sendable {
    struct Entry: Sendable, Equatable {
        var sum: ContentSum
        /// `TYPE/ID` of the resource that the record is, or is part of.
        var name: String
    }
    var entries: [Compartment: [RecordKey: Entry]] = [:]

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

extension ClinicNode {
    var hasUnequal: Bool { !clinic.unequal.isEmpty }

    /// The feeds to compare: all that this clinic has ever compared.
    var comparedFeeds: [FeedKind] {
        let known = Set(clinic.comparisons.keys).union(clinic.unequal)
        return FeedKind.allCases.filter { $0 != .district || known.contains($0) }
    }

    func sumsRequest(_ feed: FeedKind, _ buckets: [UInt16]) -> [UInt8] {
        SumsRequest(feed: feed, buckets: buckets).encoded()
    }

    /// The buckets in which this clinic and the hub differ; `nil` when they don't stand at one
    /// moment, and the hub is to be asked again.
    func differing(_ bytes: [UInt8], _ feed: FeedKind) throws -> [UInt16]? {
        try clinic.differing(bytes, feed: feed)
    }

    /// Begins to load anew what differs.
    ///
    /// - Returns: the records there by value, as they are until then; `nil` as for `differing`.
    func beginRepair(
        _ bytes: [UInt8], _ feed: FeedKind, _ buckets: [UInt16]
    ) throws -> RecordSums? {
        guard let compartments = try clinic.repair(bytes, feed: feed, buckets: buckets) else {
            return nil
        }
        return try recordSums(compartments)
    }

    func recordSums(_ compartments: [Compartment]) throws -> RecordSums {
        let replica = clinic.replica
        return try replica.store.reading {
            var sums = RecordSums()
            for compartment in compartments {
                guard let root = try replica.tables.root(compartment) else {
                    sums.entries[compartment] = [:]
                    continue
                }
                var entries: [RecordKey: RecordSums.Entry] = [:]
                for record in try replica.reader.records(of: root) {
                    entries[record.key] = RecordSums.Entry(
                        sum: try replica.valueSum(of: record),
                        name: RecordNames.name(of: record, in: clinic.replica))
                }
                sums.entries[compartment] = entries
            }
            return sums
        }
    }

    func recountSum(_ feed: FeedKind) throws { try clinic.recountSum(feed) }

    /// How many resources show here.
    func countResources() throws -> Int { try read { try $0.count() } }

    func verified(damaged: Int) {
        exchange.verifiedAt = clock.reading().now
        exchange.damagedFrames = damaged
    }

    // MARK: The log

    var logOrigins: [Origin] { clinic.replica.allOrigins }

    func logSequences(_ origin: Origin) throws -> [UInt64] {
        try clinic.replica.store.reading { try clinic.replica.log.sequences(origin) }
    }

    /// What the check of a log needs from one piece to the next.
    struct LogCheck: Sendable {
        var before: (sequence: UInt64, hash: FrameHash) = (0, .zero)
        var damaged: [UInt64] = []
    }

    /// Checks some frames of an origin: whether their bytes are those that were hashed, and follow
    /// the frame before them. In pieces, so that a long log keeps nobody from writing.
    func check(
        _ origin: Origin, _ sequences: ArraySlice<UInt64>, _ check: LogCheck
    ) throws -> LogCheck {
        let log = clinic.replica.log
        var check = check
        try clinic.replica.store.reading {
            for sequence in sequences {
                guard let entry = try? log.entry(origin, sequence) else {
                    check.damaged.append(sequence)
                    continue
                }
                let follows = check.before.sequence + 1 == sequence
                let previous = entry.previous ?? (follows ? check.before.hash : nil)
                let isSound =
                    previous.map { entry.frame.hash(after: $0) == entry.hash } ?? false
                    && entry.frame.header.origin == origin
                    && entry.frame.header.sequence == sequence
                if !isSound { check.damaged.append(sequence) }
                check.before = (sequence, entry.hash)
            }
        }
        return check
    }
}
