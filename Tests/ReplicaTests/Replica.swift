import Causality
import Records
import Replica

/// One node of a test: its store, its clock, the frames that it has, its sums as they are kept.
final class Replica {
    private(set) var node: NodeStore
    let path: String
    let number: UInt64
    let incarnation = Incarnation(rawValue: 7)
    var hlc = HLC.zero
    /// What this node's wall clock is wrong by, in milliseconds.
    var skew: Int64 = 0
    /// The stamps of the frames in the log.
    private(set) var known: Set<Stamp> = []
    private(set) var sums: [Compartment: ContentSum] = [:]

    init(_ folder: String, _ number: UInt64, _ schema: Schema = Ward.schema) throws {
        path = folder + "/\(number).sqlite"
        self.number = number
        node = try NodeStore(path: path, schema: schema, durability: .normal, cacheMegabytes: 1)
        keepSums()
    }

    private func keepSums() {
        node.account = { [unowned self] applied, compartment in
            sums[compartment, default: ContentSum()] += applied.delta
        }
    }

    /// Closes the file and opens it with another version's schema.
    func reopen(_ schema: Schema) throws {
        try node.close()
        node = try NodeStore(path: path, schema: schema, durability: .normal, cacheMegabytes: 1)
        keepSums()
    }

    func close() throws { try node.close() }

    /// Runs `body` in a transaction; what the test keeps is undone with it.
    func transaction<T>(_ body: () throws -> T) throws -> T {
        let before = (known, sums, hlc)
        do {
            return try node.transaction(body)
        } catch {
            (known, sums, hlc) = before
            throw error
        }
    }

    func origin(_ lane: Lane) -> Origin {
        Origin(node: NodeID(rawValue: number), incarnation: incarnation, lane: lane)
    }

    /// Writes in one transaction. Returns its frames, and the reading of its clock.
    func write(
        at now: UInt64, using random: inout SplitMix64, _ body: (LocalTransaction) throws -> Void
    ) throws -> (hlc: HLC?, frames: [Frame]) {
        try transaction { try writeInside(at: now, using: &random, body) }
    }

    /// As ``write(at:using:_:)``, in a transaction that is open.
    func writeInside(
        at now: UInt64, using random: inout SplitMix64, _ body: (LocalTransaction) throws -> Void
    ) throws -> (hlc: HLC?, frames: [Frame]) {
        let author = Authorship(
            node: NodeID(rawValue: number), incarnation: incarnation, hlc: hlc,
            now: UInt64(max(0, Int64(now) + skew)), quality: .unmeasured, author: "Practitioner/1")
        let before = Lane.allCases.map { node.head(origin($0))?.sequence ?? 0 }
        let (written, _) = try node.write(as: author, salts: &random, body)
        guard let written else { return (nil, []) }
        hlc = written
        var frames: [Frame] = []
        for (lane, sequence) in zip(Lane.allCases, before) {
            try node.log.forEach(origin(lane), after: sequence) { entry in
                frames.append(entry.frame)
                return true
            }
        }
        known.formUnion(frames.map(\.header.stamp))
        return (written, frames)
    }

    /// Takes frames in one transaction. A frame that the log has is not applied again.
    func receive(_ frames: [Frame]) throws {
        try transaction {
            for frame in frames {
                let header = frame.header
                guard try node.log.entry(header.origin, header.sequence) == nil else { continue }
                _ = try node.append(frame)
                try node.apply(frame)
                known.insert(header.stamp)
            }
        }
    }

    /// Takes a frame of whose log the frames before it are not here: a snapshot holds them.
    func receive(_ frame: Frame, after previous: FrameHash) throws {
        try transaction {
            _ = try node.append(frame, previous: previous)
            try node.apply(frame)
            known.insert(frame.header.stamp)
        }
    }

    func setRank(_ stamp: Stamp, _ rank: HLC?, epoch: UInt64 = 1) throws {
        try transaction { _ = try node.setRank(stamp, rank, epoch: epoch) }
    }

    /// What another holds is held here now, by a snapshot.
    func adopt(_ known: Set<Stamp>, _ sums: [Compartment: ContentSum]) {
        self.known = known
        self.sums.merge(sums) { $1 }
    }

    func records(of compartment: Compartment) throws -> [StoredRecord] {
        try node.store.reading {
            guard let root = try node.tables.root(compartment) else { return [] }
            return try node.reader.records(of: root)
        }
    }

    func sum(of compartment: Compartment) throws -> ContentSum {
        try node.store.reading {
            guard let root = try node.tables.root(compartment) else { return ContentSum() }
            return try node.snapshots.sum(of: root)
        }
    }
}
