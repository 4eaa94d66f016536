import Causality
import FHIR
import Foundation
import Hospital
import Hub
import Records
import Replica

/// What a check of the hub's database has found.
struct VerificationReport: Sendable {
    var records = 0
    /// `TYPE/ID`, ascending.
    var differing: Set<String> = []
    var damagedFrames: [(origin: Origin, sequence: UInt64)] = []
    var damagedFeeds: [FeedDamage] = []
    /// What the compartments that differ should hold; empty where the log can't be trusted.
    var states: [CompartmentState] = []
    /// The last position of the log that was looked at.
    var position: Int64 = 0

    var isSound: Bool { differing.isEmpty && damagedFrames.isEmpty && damagedFeeds.isEmpty }
}

/// Runs a verification on a thread of its own, so that clinics go on exchanging meanwhile.
actor Verifier {
    private nonisolated let executor = DatabaseExecutor(label: "verifier")
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    func run(_ verification: Verification) throws -> VerificationReport { try verification.run() }
}

/// Checks a copy of the hub's database: the log's chains, the feeds' hashes and sums, and whether
/// the rows are what the log says, by replaying all of it into an empty database.
struct Verification: Sendable {
    /// The path of the copy, which nobody else uses.
    let copy: String
    /// The path of a database that isn't there yet.
    let scratch: String

    /// Compartments that one run repairs at the most: their states are in memory together.
    static let maximumRepairs = 1000
    private static let framesPerTransaction = 1000
    private static let rootsPerStep = 256

    func run() throws -> VerificationReport {
        let hub = try NodeStore(path: copy, schema: HospitalSchema.current, durability: .normal)
        defer { try? hub.close() }
        let replayed = try NodeStore(
            path: scratch, schema: HospitalSchema.current, durability: .normal)
        defer { try? replayed.close() }
        var report = VerificationReport()
        try hub.store.reading {
            report.damagedFrames = try hub.damagedFrames()
            report.damagedFeeds = try hub.damagedFeeds()
            report.position = try hub.store.count("SELECT coalesce(max(pos), 0) FROM _log")
            try replay(hub, into: replayed, &report)
            try replayed.store.reading { try compare(hub, replayed, &report) }
        }
        if !report.damagedFrames.isEmpty { report.states = [] }
        return report
    }

    private func replay(
        _ hub: NodeStore, into replayed: NodeStore, _ report: inout VerificationReport
    ) throws {
        let epoch = try hub.store.metaNumber("epoch") ?? 0
        try replayed.transaction {
            for (stamp, rank) in hub.ranks.all.sorted(by: { $0.key < $1.key }) {
                try replayed.setRank(stamp, rank, epoch: epoch)
            }
        }
        let damaged = Set(report.damagedFrames.map { Place($0.origin, $0.sequence) })
        let positions = try hub.store.rows("SELECT pos FROM _log ORDER BY pos") { $0.integer(0) }
        var next = 0
        while next < positions.count {
            let end = min(positions.count, next + Verification.framesPerTransaction)
            try replayed.transaction {
                for position in positions[next..<end] {
                    // What can't be read is named as damaged already.
                    guard let entry = try? hub.log.entry(at: position) else { continue }
                    let header = entry.frame.header
                    if damaged.contains(Place(header.origin, header.sequence)) { continue }
                    do {
                        try replayed.savepoint {
                            try replayed.append(
                                entry.frame, hash: entry.hash,
                                previous: entry.previous
                                    ?? hub.log.hash(header.origin, header.sequence - 1) ?? .zero)
                            try replayed.apply(entry.frame)
                        }
                    } catch is Malformed {
                        report.damagedFrames.append((header.origin, header.sequence))
                    }
                }
            }
            next = end
        }
    }

    private struct Place: Hashable {
        let origin: Origin
        let sequence: UInt64

        init(_ origin: Origin, _ sequence: UInt64) {
            self.origin = origin
            self.sequence = sequence
        }
    }

    // MARK: Comparing

    private func compare(
        _ hub: NodeStore, _ replayed: NodeStore, _ report: inout VerificationReport
    ) throws {
        for kind in Compartment.Kind.allCases {
            try forEachCompartment(of: kind, in: hub) { compartment in
                try compare(compartment, hub, replayed, &report)
            }
            // And what the hub has lost altogether.
            try forEachCompartment(of: kind, in: replayed) { compartment in
                if try hub.tables.root(compartment) == nil {
                    try compare(compartment, hub, replayed, &report)
                }
            }
        }
    }

    private func forEachCompartment(
        of kind: Compartment.Kind, in node: NodeStore, _ body: (Compartment) throws -> Void
    ) throws {
        var after: RootReference?
        while true {
            let limit = Verification.rootsPerStep
            let roots = try node.tables.roots(of: kind, after: after, limit: limit)
            for root in roots {
                if let compartment = try node.tables.compartment(root) { try body(compartment) }
            }
            guard let last = roots.last else { return }
            after = last
        }
    }

    private func compare(
        _ compartment: Compartment, _ hub: NodeStore, _ replayed: NodeStore,
        _ report: inout VerificationReport
    ) throws {
        let expected = try contents(compartment, replayed)
        report.records += expected.count { key, content in
            !content.isHidden && replayed.schema[key.entity].map(RecordNames.counts) ?? false
        }
        // Rows that can't even be read differ as a whole.
        let found = try? contents(compartment, hub)
        if let found, found.mapValues(\.digest) == expected.mapValues(\.digest) { return }
        if let found {
            for key in Set(found.keys).union(expected.keys)
            where found[key]?.digest != expected[key]?.digest {
                if let name = expected[key]?.name ?? found[key]?.name {
                    report.differing.insert(name)
                }
            }
        } else {
            report.differing.insert(RecordNames.name(of: compartment))
        }
        guard report.states.count < Verification.maximumRepairs else { return }
        report.states.append(
            CompartmentState(
                compartment: compartment, snapshot: try snapshot(compartment, replayed)))
    }

    private struct Content {
        struct Digest: Equatable {
            let sum: ContentSum
            let isHidden: Bool
        }

        let name: String
        let digest: Digest
        var isHidden: Bool { digest.isHidden }
    }

    private func contents(
        _ compartment: Compartment, _ node: NodeStore
    ) throws -> [RecordKey: Content] {
        guard let root = try node.tables.root(compartment) else { return [:] }
        var contents: [RecordKey: Content] = [:]
        for record in try node.reader.records(of: root) {
            let sum = try node.valueSum(of: record)
            // A record of which only replaced stamps are remembered holds nothing.
            guard sum != ContentSum() else { continue }
            contents[record.key] = Content(
                name: RecordNames.name(of: record, in: node),
                digest: Content.Digest(sum: sum, isHidden: record.isHidden))
        }
        return contents
    }

    private func snapshot(_ compartment: Compartment, _ node: NodeStore) throws -> [UInt8]? {
        guard let root = try node.tables.root(compartment) else { return nil }
        var roots = [root]
        var out = MessageWriter()
        _ = try node.snapshots.write(to: &out, limit: .max) { roots.popLast() }
        return out.finish()
    }
}
