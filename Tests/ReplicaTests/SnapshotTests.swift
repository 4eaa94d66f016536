import Causality
import Records
import Replica
import Testing

/// The state of compartments as a message.
func snapshot(_ replica: Replica, _ compartments: [Compartment]) throws -> [UInt8] {
    try replica.node.store.reading {
        var roots = try compartments.compactMap { try replica.node.tables.root($0) }[...]
        var out = MessageWriter()
        let (_, reachedEnd) = try replica.node.snapshots.write(to: &out, limit: .max) {
            roots.popFirst()
        }
        guard reachedEnd else { throw World.Wrong(what: "a snapshot without an end") }
        return out.finish()
    }
}

/// What a replica says that a snapshot did to a compartment.
struct Replacement {
    var compartment: Compartment
    var before: ContentSum
    var after: ContentSum
}

/// Takes a snapshot in, in one transaction.
@discardableResult
func take(_ message: [UInt8], _ replica: Replica) throws -> (latest: HLC, all: [Replacement]) {
    var all: [Replacement] = []
    var latest = HLC.zero
    let parts = try MessageParts(message)
    try replica.transaction {
        var failure: (any Error)?
        try parts.read { reader throws(Malformed) in
            do {
                latest = try replica.node.snapshots.replace(from: &reader) {
                    compartment, _, before, after in
                    all.append(Replacement(compartment: compartment, before: before, after: after))
                }
            } catch let error as Malformed {
                throw error
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }
    return (latest, all)
}

@Suite("Snapshots")
struct SnapshotTests {
    /// Two replicas that know different parts of a world, and one that is new.
    private func withWorld(
        _ seed: UInt64,
        _ body: (inout World, _ source: Replica, _ other: Replica, _ new: Replica) throws -> Void
    ) throws {
        try withTemporaryFolder { folder in
            var world = try World(folder, seed: seed)
            try world.run(60)
            let new = try Replica(folder, 11)
            try body(&world, world.replicas[0], world.replicas[1], new)
        }
    }

    private func folder(of replica: Replica) -> String {
        replica.path.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
    }

    /// Everything of a record that a snapshot must carry, remembered stamps too.
    private func content(_ replica: Replica, _ compartment: Compartment) throws -> [String] {
        try replica.records(of: compartment).flatMap { record in
            ["\(record.key) \(record.isHidden)"]
                + record.registers.map { unit, register in
                    let remembered = register.remembered.sorted().map { "\($0)" }
                    return "\(unit) \(register.siblings) \(remembered)"
                }
        }
    }

    @Test(
        "What is written comes out equal, in a new replica or over other content",
        arguments: 0..<40 as Range<UInt64>)
    func replaces(seed: UInt64) throws {
        try withWorld(seed) { world, source, other, new in
            let compartments = world.oracle.compartments
            let message = try snapshot(source, compartments)
            for target in [new, other] {
                // Origins get other numbers here than at the source.
                let before = try compartments.map { try target.sum(of: $0) }
                let (latest, all) = try take(message, target)
                target.adopt(source.known, source.sums)
                try world.settleRanks([source, target])
                #expect(try Checker(target, world.oracle).differences.isEmpty)
                for compartment in compartments {
                    #expect(try content(target, compartment) == content(source, compartment))
                    #expect(try target.sum(of: compartment) == source.sum(of: compartment))
                }
                let known = compartments.filter { !source.sums[$0, default: ContentSum()].isZero }
                #expect(Set(all.map(\.compartment)).isSuperset(of: known))
                for item in all {
                    #expect(try item.after == source.sum(of: item.compartment))
                    #expect(item.before == before[compartments.firstIndex(of: item.compartment)!])
                }
                let stamps = world.oracle.writes.keys.flatMap {
                    world.oracle.stamps($0, source.known)
                }
                let highest =
                    stamps.map { max($0.hlc, world.oracle.ranks[$0] ?? $0.hlc) }.max() ?? .zero
                #expect(latest <= highest || !world.oracle.ranks.isEmpty)
            }
            // A snapshot of a copy is the same content again.
            let again = try Replica(folder(of: new), 12)
            try take(try snapshot(new, compartments), again)
            for compartment in compartments {
                #expect(try content(again, compartment) == content(source, compartment))
            }
        }
    }

    @Test(
        "After a snapshot the rest of the history merges as if it had been there",
        arguments: 0..<40 as Range<UInt64>)
    func goesOn(seed: UInt64) throws {
        try withWorld(seed) { world, source, _, new in
            try take(try snapshot(source, world.oracle.compartments), new)
            new.adopt(source.known, source.sums)
            // What the snapshot holds is in no log here, so the rest comes beyond a gap.
            for frame in world.allFrames where !source.known.contains(frame.header.stamp) {
                let origin = frame.header.origin
                let previous = try #require(
                    try world.hash(origin, frame.header.sequence - 1))
                try new.receive(frame, after: previous)
            }
            try world.settleRanks([new])
            #expect(new.known == world.everything)
            #expect(try Checker(new, world.oracle).differences.isEmpty)
        }
    }

    @Test(
        "A snapshot through a node of an older version loses nothing",
        arguments: 0..<20 as Range<UInt64>)
    func throughAnOlderVersion(seed: UInt64) throws {
        try withTemporaryFolder { folder in
            var world = try World(folder, seed: seed)
            try world.run(60)
            let source = world.replicas[0]
            let older = try Replica(folder, 11, Ward.older)
            let newer = try Replica(folder, 12)
            let compartments = world.oracle.compartments
            try take(try snapshot(source, compartments), older)
            older.adopt(source.known, source.sums)
            try take(try snapshot(older, compartments), newer)
            newer.adopt(source.known, source.sums)
            try world.settleRanks([source, older, newer])
            for replica in [older, newer] {
                #expect(try Checker(replica, world.oracle).differences.isEmpty)
            }
            for compartment in compartments {
                #expect(try content(newer, compartment) == content(source, compartment))
            }
            try older.reopen(Ward.schema)
            #expect(try Checker(older, world.oracle).differences.isEmpty)
        }
    }

    @Test("A bound on its size divides a snapshot between compartments")
    func inParts() throws {
        try withTemporaryFolder { folder in
            let (source, target) = (try Replica(folder, 1), try Replica(folder, 2))
            var random = SplitMix64(seed: 1)
            for index in 0..<50 {
                let id = RecordID("pat-\(index)")
                _ = try source.write(at: 1_800_000_000_000, using: &random) { transaction in
                    try transaction.create(
                        RecordKey(entity: Ward.person, id: id), in: .patient(id),
                        [(1, .text(String(repeating: "x", count: 100)))])
                }
            }
            var last: RootReference?
            var parts = 0
            var isDone = false
            while !isDone {
                let message = try source.node.store.reading {
                    var roots = try source.node.tables.roots(
                        of: .patient, after: last, limit: 1000)[...]
                    var out = MessageWriter()
                    let end = try source.node.snapshots.write(to: &out, limit: 1000) {
                        roots.popFirst()
                    }
                    (last, isDone) = (end.last ?? last, end.reachedEnd)
                    return out.finish()
                }
                try take(message, target)
                parts += 1
                try #require(parts < 60)
            }
            #expect(parts > 4)
            for index in 0..<50 {
                let compartment = Compartment.patient(RecordID("pat-\(index)"))
                #expect(try target.sum(of: compartment) == source.sum(of: compartment))
                #expect(try target.records(of: compartment).count == 1)
            }
        }
    }

    @Test(
        "A dropped compartment leaves nothing, and can come again",
        arguments: 0..<10 as Range<UInt64>)
    func drops(seed: UInt64) throws {
        try withWorld(seed) { world, source, other, new in
            let compartments = world.oracle.compartments
            let message = try snapshot(source, compartments)
            try take(message, new)
            try new.transaction {
                for compartment in compartments {
                    guard let root = try new.node.tables.root(compartment) else { continue }
                    try new.node.snapshots.drop(root)
                    #expect(try new.node.snapshots.sum(of: root) == ContentSum())
                }
            }
            let raw = try RawDatabase(new.path)
            for table in ["_sibling", "_replaced", "alias", "note", "slot", "token"] {
                #expect(try raw.rows("SELECT 1 FROM \(table)").isEmpty)
            }
            #expect(
                try raw.rows("SELECT 1 FROM person WHERE phone IS NOT NULL OR _hidden IS NULL")
                    .isEmpty)
            try take(message, new)
            for compartment in compartments {
                #expect(try content(new, compartment) == content(source, compartment))
            }
        }
    }

    @Test(
        "Damaged snapshots are refused as malformed, or leave sums that hold",
        arguments: 0..<8 as Range<UInt64>)
    func damaged(seed: UInt64) throws {
        try withWorld(seed) { world, source, _, new in
            let compartments = world.oracle.compartments
            let parts = try MessageParts(try snapshot(source, compartments))
            var refused = 0
            for _ in 0..<150 {
                var (plain, raw) = (parts.plain, parts.raw)
                for _ in 0..<1 + world.random.next() % 2 {
                    let at = Int(world.random.next() % UInt64(plain.count))
                    switch world.random.next() % 4 {
                    case 0: plain[at] = UInt8(truncatingIfNeeded: world.random.next())
                    case 1: plain[at] ^= 1 << UInt8(world.random.next() % 8)
                    case 2: plain.removeSubrange(at...)
                    default: raw[Int(world.random.next() % UInt64(raw.count))] ^= 1
                    }
                    if plain.isEmpty { plain = [0] }
                }
                var message = ByteWriter()
                message.byte(0)
                message.counted(raw)
                do {
                    let (_, all) = try take(message.bytes + plain, new)
                    for item in all { #expect(try new.sum(of: item.compartment) == item.after) }
                } catch is Malformed {
                    refused += 1
                } catch {
                    Issue.record("seed \(seed): \(error)")
                }
            }
            #expect(refused > 20)
            // What was refused has left nothing that stands in the way of the true one.
            try take(try snapshot(source, compartments), new)
            for compartment in compartments {
                #expect(try new.sum(of: compartment) == source.sum(of: compartment))
            }
        }
    }
}

extension ContentSum {
    fileprivate var isZero: Bool { self == ContentSum() }
}

extension World {
    /// The hash of a frame, as the replica that wrote it has it.
    func hash(_ origin: Origin, _ sequence: UInt64) throws -> FrameHash? {
        let author = replicas[Int(origin.node.rawValue) - 1]
        return try author.node.store.reading { try author.node.log.hash(origin, sequence) }
    }
}
