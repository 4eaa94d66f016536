import Causality
import Records
import Replica
import Testing

@Suite("Merging")
struct MergeLawTests {
    @Test(
        "However frames arrive, every replica ends with what the writes say",
        arguments: 0..<320 as Range<UInt64>)
    func converges(seed: UInt64) throws {
        try withTemporaryFolder { folder in
            // The last replica writes nothing and hears everything at the end. Of some worlds one
            // replica is a version behind, of some one writes what the others can't hold.
            let older: Set<Int> = seed % 3 == 0 ? [0] : seed % 7 == 0 ? [3] : []
            let faulty: Set<Int> = seed % 4 == 2 ? [1] : []
            var world = try World(folder, seed: seed, replicas: 4, older: older, faulty: faulty)
            try world.run(40)
            // Ranks are an order of the hub that may not have come yet: in the middle of a history
            // what shows is only told where there are none.
            if world.hasNoRanks {
                for replica in world.replicas { try expectNoDifference(replica, world) }
            }
            if seed % 4 == 1 { try deleteAll(&world, isMet: seed % 8 == 1) }
            try world.settle(world.replicas.shuffled(using: &world.random))
            try world.settleRanks(world.replicas)
            for replica in world.replicas {
                #expect(replica.known == world.everything)
                try expectNoDifference(replica, world)
            }
            try expectEqual(world.replicas, world)
            for index in older.sorted() {
                try world.replicas[index].reopen(Ward.schema)
                try expectNoDifference(world.replicas[index], world)
            }
            for replica in world.replicas { try replica.close() }
        }
    }

    private func expectNoDifference(_ replica: Replica, _ world: World) throws {
        let differences = try Checker(replica, world.oracle).differences
        #expect(differences.isEmpty)
    }

    /// All patients are deleted by one who has heard everything, and perhaps edited meanwhile.
    private func deleteAll(_ world: inout World, isMet: Bool) throws {
        try world.settle([world.replicas[0]])
        try world.deletePatients(at: world.replicas[0])
        if isMet { try world.write(at: world.replicas[1]) }
    }

    /// Replicas are also compared with one another, byte for byte where they can be.
    private func expectEqual(_ replicas: [Replica], _ world: World) throws {
        let first = replicas[0]
        for other in replicas.dropFirst() {
            #expect(other.sums == first.sums)
            for origin in world.frames.keys.sorted() {
                #expect(other.node.head(origin)?.hash == first.node.head(origin)?.hash)
                for frame in world.frames[origin]! {
                    let sequence = frame.header.sequence
                    let entry = try other.node.store.reading {
                        try other.node.log.entry(origin, sequence)
                    }
                    #expect(entry?.frame.bytes == frame.bytes)
                }
            }
        }
    }

    @Test("A frame that comes again changes nothing", arguments: 0..<10 as Range<UInt64>)
    func idempotent(seed: UInt64) throws {
        try withTemporaryFolder { folder in
            var world = try World(folder, seed: seed)
            try world.run(40)
            try world.settle(world.replicas)
            let before = try RawDatabase(world.replicas[0].path).dump()
            try world.replicas[0].receive(world.allFrames.shuffled(using: &world.random))
            #expect(try RawDatabase(world.replicas[0].path).dump() == before)
        }
    }

    @Test(
        "One transaction for all frames gives the rows that one each gives",
        arguments: 0..<20 as Range<UInt64>)
    func batching(seed: UInt64) throws {
        try withTemporaryFolder { folder in
            var world = try World(folder, seed: seed)
            try world.run(50)
            let frames = world.allFrames
            let (single, batch) = (try Replica(folder, 11), try Replica(folder, 12))
            for frame in frames { try single.receive([frame]) }
            try batch.receive(frames)
            let (a, b) = (try RawDatabase(single.path).dump(), try RawDatabase(batch.path).dump())
            #expect(a == b)
            #expect(single.sums == batch.sums)
        }
    }
}

@Suite("The checker of these tests")
struct CheckerTests {
    /// A world at its end, in which two patients have concurrent values.
    private func settled(_ folder: String, _ seed: UInt64) throws -> World {
        var world = try World(folder, seed: seed)
        try world.run(60)
        try world.settle(world.replicas)
        try world.settleRanks(world.replicas)
        for replica in world.replicas {
            try #require(try Checker(replica, world.oracle).differences.isEmpty)
        }
        return world
    }

    @Test(
        "It complains of a value, a stamp, a flag or a sibling that is not what it should be",
        arguments: [
            "UPDATE person SET phone = 'rot' WHERE _key = 1",
            "UPDATE person SET consent = 1 - coalesce(consent, 0) WHERE _key = 1",
            "UPDATE person SET _hidden = CASE WHEN _hidden THEN NULL ELSE 1 END WHERE _key = 1",
            "UPDATE alias SET id = 'ghost' WHERE _key = (SELECT min(_key) FROM alias)",
            "UPDATE _sibling SET hlc = hlc + 1 WHERE rowid_of_first",
            "DELETE FROM _sibling WHERE rowid_of_first",
            "UPDATE _origin SET node = node + 100 WHERE num = 0",
            "UPDATE person SET _stamps = x'00' WHERE _key = 1",
            "DELETE FROM slot",
        ], [3, 5] as [UInt64])
    func plantedDamage(sql: String, seed: UInt64) throws {
        try withTemporaryFolder { folder in
            let world = try settled(folder, seed)
            let replica = world.replicas[1]
            let raw = try RawDatabase(replica.path)
            let first =
                "(entity, rec, unit, hlc, origin) = (SELECT entity, rec, unit, hlc, origin FROM _sibling LIMIT 1)"
            _ = try raw.rows(sql.replacing("rowid_of_first", with: first))
            // The engine has read the origins; what is damaged on disk is seen when it opens.
            try replica.reopen(Ward.schema)
            var complaints = ["the engine refuses"]
            if let checker = try? Checker(replica, world.oracle) {
                complaints = checker.differences
            }
            #expect(!complaints.isEmpty)
            #expect(try Checker(world.replicas[0], world.oracle).differences.isEmpty)
        }
    }

    @Test("It complains when a frame is missing", arguments: 0..<10 as Range<UInt64>)
    func droppedFrame(seed: UInt64) throws {
        try withTemporaryFolder { folder in
            var world = try World(folder, seed: seed)
            try world.run(40)
            // The last frame of an origin, whose writes have not all been replaced since.
            let all = world.everything
            let last = world.frames.keys.sorted().compactMap { world.frames[$0]!.last }
            let dropped = try #require(
                last.first { frame in
                    world.oracle.writes.keys.contains {
                        world.oracle.stamps($0, all).contains(frame.header.stamp)
                    }
                })
            let late = try Replica(folder, 11)
            try late.receive(world.allFrames.filter { $0 != dropped })
            #expect(try Checker(late, world.oracle, knowing: all).differences.isEmpty == false)
            try late.receive([dropped])
            try late.transaction {}
            try world.settleRanks([late])
            #expect(try Checker(late, world.oracle, knowing: all).differences.isEmpty)
        }
    }

    @Test("It complains of a sum that was not kept up")
    func forgottenSum() throws {
        try withTemporaryFolder { folder in
            var world = try World(folder, seed: 1)
            try world.run(20)
            let deaf = try Replica(folder, 11)
            deaf.node.account = { _, _ in }
            try deaf.receive(world.allFrames)
            try world.settleRanks([deaf])
            let differences = try Checker(deaf, world.oracle).differences
            #expect(!differences.isEmpty)
            #expect(differences.allSatisfy { $0.contains("kept sum") })
        }
    }

    @Test("The histories hold what there is to get wrong")
    func coverage() throws {
        var counts: [String: Int] = [:]
        func add(_ name: String, _ replica: Replica, _ sql: String) throws {
            counts[name, default: 0] += try RawDatabase(replica.path).rows(sql).count
        }
        for seed in 0..<40 as Range<UInt64> {
            try withTemporaryFolder { folder in
                var world = try World(folder, seed: seed)
                try world.run(60)
                // Only on their way are there stamps that were replaced before they came.
                for replica in world.replicas {
                    try add("remembered", replica, "SELECT 1 FROM _replaced")
                }
                try world.settle(world.replicas)
                let replica = world.replicas[0]
                for write in world.oracle.writes.values.joined()
                where write.unit == Unit.deletion && write.listed.isEmpty {
                    counts[write.settled.isEmpty ? "kept" : "brought back", default: 0] += 1
                }
                let items = try replica.node.store.reading { try replica.node.reviews.all() }
                counts["reviews", default: 0] += items.count
                counts["survivors", default: 0] +=
                    items.filter { $0.kind == .deletedAndEdited }.count
                try world.deletePatients(at: replica)
                try add("siblings", replica, "SELECT 1 FROM _sibling WHERE unit > 0")
                try add("deletes", replica, "SELECT 1 FROM _sibling WHERE unit = 0")
                try add(
                    "hidden", replica,
                    "SELECT 1 FROM person WHERE _hidden = 1 AND length(_stamps) > 1")
            }
        }
        let names = [
            "remembered", "siblings", "deletes", "hidden", "reviews", "survivors", "kept",
            "brought back",
        ]
        for name in names {
            #expect(counts[name, default: 0] > 3, "\(name): \(counts)")
        }
    }
}
