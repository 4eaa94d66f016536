import Causality
import Records
import Replica
import Testing

private let today: UInt64 = 1_800_000_000_000
private let id = RecordID("pat-1")
private let home = Compartment.patient(id)
private let person = RecordKey(entity: Ward.person, id: id)
private let token = RecordKey(entity: Ward.token, id: RecordID("t"))

@Suite("Versions of the schema")
struct SchemaVersionTests {
    @Test(
        "An older node between two newer ones passes on what it does not know",
        arguments: 0..<10 as Range<UInt64>)
    func passesOn(seed: UInt64) throws {
        try withTemporaryFolder { folder in
            var world = try World(folder, seed: seed, replicas: 3)
            try world.run(50)
            let (older, newer) = (try Replica(folder, 11, Ward.older), try Replica(folder, 12))
            try older.receive(world.allFrames)
            // What the newer one gets are the bytes of the older one's log.
            var passed: [Frame] = []
            try older.node.store.reading {
                try older.node.log.forEach { entry in
                    passed.append(entry.frame)
                    return true
                }
            }
            #expect(passed == world.allFrames)
            try newer.receive(passed)
            try world.settleRanks([older, newer])
            #expect(older.sums == newer.sums)
            for replica in [older, newer] {
                #expect(try Checker(replica, world.oracle).differences.isEmpty)
            }
            try older.reopen(Ward.schema)
            #expect(try Checker(older, world.oracle).differences.isEmpty)
            // Opening once more moves nothing.
            let before = try RawDatabase(older.path).dump()
            try older.reopen(Ward.schema)
            #expect(try RawDatabase(older.path).dump() == before)
        }
    }

    /// A replica of an older version with a patient whose language a newer one has set.
    private func withOlder(_ body: (Replica, inout SplitMix64) throws -> Void) throws {
        try withTemporaryFolder { folder in
            var random = SplitMix64(seed: 4)
            let (older, newer) = (try Replica(folder, 1, Ward.older), try Replica(folder, 2))
            let (_, frames) = try newer.write(at: today, using: &random) { transaction in
                try transaction.create(person, in: home, [(1, .text("0700")), (41, .text("luo"))])
                try transaction.create(token, in: home, [(1, .text("T-1")), (2, .integer(7))])
            }
            try older.receive(frames)
            try body(older, &random)
        }
    }

    @Test("A unit and an entity that were not known show after the upgrade")
    func showAfterUpgrade() throws {
        try withOlder { older, _ in
            let sum = try older.sum(of: home)
            let raw = try RawDatabase(older.path)
            #expect(try raw.rows("SELECT phone FROM person") == [[.text("0700")]])
            try older.reopen(Ward.schema)
            #expect(
                try raw.rows("SELECT phone, language FROM person") == [
                    [.text("0700"), .text("luo")]
                ])
            #expect(
                try raw.rows("SELECT label, serial FROM token") == [[.text("T-1"), .integer(7)]])
            #expect(try raw.rows("SELECT 1 FROM _sibling").isEmpty)
            #expect(try older.sum(of: home) == sum)
            #expect(
                try raw.rows(
                    "SELECT name FROM sqlite_master WHERE name GLOB '_entity_*' AND type = 'table'"
                ).isEmpty)
        }
    }

    @Test("An older node deletes what it can't see, and writes beside it")
    func olderWrites() throws {
        try withOlder { older, random in
            _ = try older.write(at: today, using: &random) { transaction in
                try transaction.put(person, in: home, [(1, .text("0711"))])
            }
            #expect(try older.records(of: home).allSatisfy { !$0.isHidden })
            _ = try older.write(at: today, using: &random) { transaction in
                try transaction.delete(person, in: home)
            }
            #expect(try older.records(of: home).allSatisfy(\.isHidden))
            try older.reopen(Ward.schema)
            #expect(try older.records(of: home).allSatisfy(\.isHidden))
            #expect(try older.records(of: home).count == 2)
        }
    }

    @Test("A new unit with a default makes no change set, and no register")
    func defaultMakesNothing() throws {
        try withTemporaryFolder { folder in
            var random = SplitMix64(seed: 4)
            let replica = try Replica(folder, 1, Ward.older)
            _ = try replica.write(at: today, using: &random) { transaction in
                try transaction.create(person, in: home, [(1, .text("0700"))])
            }
            let raw = try RawDatabase(replica.path)
            let log = try raw.rows("SELECT * FROM _log")
            let sum = try replica.sum(of: home)
            try replica.reopen(Ward.schema)
            #expect(try raw.rows("SELECT * FROM _log") == log)
            #expect(try replica.sum(of: home) == sum)
            let record = try #require(try replica.records(of: home).first)
            #expect(record.register(41) == nil)
            #expect(record.shown(41, in: replica.node) == .text("sw"))
            // The first write of it replaces nothing.
            let (_, frames) = try replica.write(at: today, using: &random) { transaction in
                try transaction.put(person, in: home, [(41, .text("luo"))])
            }
            #expect(frames.count == 1)
            #expect(try raw.rows("SELECT language FROM person") == [[.text("luo")]])
            let written = try #require(try replica.records(of: home).first)
            #expect(written.shown(41, in: replica.node) == .text("luo"))
        }
    }
}
