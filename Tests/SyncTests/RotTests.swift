import Causality
import Foundation
import Hub
import Records
import Replica
import Sync
import Testing

@Suite("Rotten rows are found, named, and put right")
struct RotTests {
    /// Two holders of one patient with a conflict, and of another without.
    private func withConflict(
        _ body: (World, World.Machine, RecordID) throws -> Void
    ) throws {
        try withWorld { world in
            let (a, b) = (world.machines[0], world.machines[1])
            let patient = try world.register(a, "v1")
            let other = try world.register(a, "v-other")
            try world.hold(b, patient)
            try world.hold(b, other)
            try world.meet()
            try world.edit(a, patient, "v2", unit: 2)
            try world.edit(b, patient, "v3", unit: 2)
            try world.meet()
            try world.check()
            try body(world, b, patient)
        }
    }

    /// The flow of `verify` at a clinic: sums by bucket, then by compartment, then a repair.
    private func repaired(_ world: World, _ machine: World.Machine) throws -> [Compartment] {
        let all = try world.answer(
            SumsRequest(feed: .own, buckets: []).encoded(), to: machine)
        let buckets = try #require(try machine.clinic.differing(all, feed: .own))
        if buckets.isEmpty { return [] }
        let some = try world.answer(
            SumsRequest(feed: .own, buckets: buckets).encoded(), to: machine)
        let found = try #require(
            try machine.clinic.differing(some, feed: .own, buckets: buckets))
        try machine.clinic.loadAnew(found, feed: .own)
        try world.catchUp(machine)
        try machine.clinic.correctSum(.own, by: machine.clinic.sumError(.own))
        return found
    }

    private func expectRepair(_ damage: String...) throws {
        try withConflict { world, machine, patient in
            for sql in damage { try world.damage(machine.clinic.replica, sql) }
            #expect(throws: (any Error).self) { try world.check() }
            #expect(try repaired(world, machine) == [.patient(patient)])
            #expect(try repaired(world, machine).isEmpty)
            try world.meet()
            try world.check()
        }
    }

    @Test("A value that is not what was written is loaded anew")
    func value() throws {
        try expectRepair("UPDATE pat SET birth = 'v9' WHERE birth IS NOT NULL")
    }

    @Test("A sibling that is gone is loaded anew")
    func sibling() throws { try expectRepair("DELETE FROM _sibling") }

    @Test("A sibling with another value is loaded anew")
    func siblingValue() throws {
        try expectRepair("UPDATE _sibling SET value = (SELECT value FROM _sibling) || x'00'")
    }

    @Test("Both at once are loaded anew")
    func both() throws {
        try expectRepair(
            "UPDATE pat SET note = 'v9' WHERE birth IS NOT NULL", "DELETE FROM _sibling")
    }

    @Test("Where nothing is rotten, nothing differs")
    func sound() throws {
        try withConflict { world, machine, _ in
            let found = try repaired(world, machine)
            #expect(found.isEmpty)
        }
    }

    @Test("Before a clinic has sent all that it wrote, nothing is repaired")
    func pending() throws {
        try withConflict { world, machine, patient in
            try world.edit(machine, patient, "v4")
            let all = try world.answer(
                SumsRequest(feed: .own, buckets: []).encoded(), to: machine)
            #expect(try machine.clinic.differing(all, feed: .own) == nil)
            #expect(try machine.clinic.differing(all, feed: .own, buckets: [0]) == nil)
            try world.meet()
            try world.check()
        }
    }

    // MARK: The hub

    private func damage(_ world: World) throws -> [FeedDamage] {
        try world.hub.node.store.reading { try world.hub.node.damagedFeeds() }
    }

    @Test("A sibling that is gone from the hub is found by its feeds' sums, and comes back")
    func hubRow() throws {
        try withConflict { world, _, patient in
            #expect(try damage(world).isEmpty)
            try world.damage(world.hub.node, "DELETE FROM _sibling")
            let found = try damage(world)
            #expect(
                found.count == 2 && found.allSatisfy { $0.kind == .sum && $0.feed.kind == .own })
            #expect(throws: World.Failure.self) { try world.check() }
            let (state, position) = try byTheLog(.patient(patient), world)
            try world.hub.repair([state], after: position, broken: [])
            #expect(try damage(world).isEmpty)
            try world.meet()
            try world.check()
        }
    }

    @Test("A row of the hub with another value is put back to what the log says")
    func hubValue() throws {
        try withConflict { world, _, patient in
            try world.damage(world.hub.node, "UPDATE pat SET birth = 'v9'")
            #expect(throws: World.Failure.self) { try world.check() }
            let (state, position) = try byTheLog(.patient(patient), world)
            try world.hub.repair([state], after: position, broken: [])
            #expect(
                try world.shown(patient, 2, at: world.hub.node)
                    == world.shown(
                        patient, 2, at: world.machines[0]))
        }
    }

    @Test("An entry of a feed that was changed is named by its place")
    func feedEntry() throws {
        try withConflict { world, _, _ in
            try world.damage(
                world.hub.node,
                "UPDATE _entry SET nonce = nonce + 1 WHERE pos = 2 AND feed = (SELECT min(feed) FROM _entry)"
            )
            #expect(try damage(world).map(\.kind) == [.chain(position: 2)])
        }
    }

    @Test("A holder who is gone from the registry is found by the entries of its feed")
    func holder() throws {
        try withConflict { world, machine, patient in
            let node = Int64(bitPattern: machine.clinic.node.rawValue)
            try world.damage(world.hub.node, "DELETE FROM _holder WHERE node = \(node)")
            let found = try damage(world)
            #expect(found.map(\.kind) == [.holders])
            #expect(found.map(\.feed) == [FeedName(.own, machine.clinic.node)])
            try world.hub.repair([], after: .max - 1, broken: [])
            #expect(try damage(world).isEmpty)
            try world.meet()
            try world.check()
        }
    }

    @Test("A frame of the hub's log with a changed byte is named by origin and sequence")
    func logByte() throws {
        try withConflict { world, machine, _ in
            let node = world.hub.node
            let before = try node.store.reading { try node.damagedFrames() }
            #expect(before.isEmpty)
            try world.damage(
                node,
                """
                UPDATE _log SET bytes = CAST(substr(bytes, 1, length(bytes) - 1) || x'00' AS BLOB) \
                WHERE pos = 2
                """)
            let found = try node.store.reading { try node.damagedFrames() }
            #expect(found.count == 1)
            let row = try node.store.reading {
                try node.store.row("SELECT seq FROM _log WHERE pos = 2") { $0.unsigned(0) }
            }
            #expect(found.first?.sequence == row)
        }
    }

    /// What a compartment holds by the hub's log: all of it applied to an empty database.
    private func byTheLog(
        _ compartment: Compartment, _ world: World
    ) throws -> (CompartmentState, Int64) {
        let path = world.folder + "/by-the-log.sqlite"
        let fresh = try NodeStore(path: path, schema: World.schema, durability: .normal)
        defer { try? fresh.close() }
        var last: Int64 = 0
        try fresh.transaction {
            try world.hub.node.store.reading {
                try world.hub.node.log.forEach { entry in
                    _ = try fresh.append(entry.frame)
                    try fresh.apply(entry.frame)
                    last = entry.position
                    return true
                }
            }
        }
        let snapshot = try fresh.store.reading {
            var roots = [try fresh.tables.root(compartment)].compactMap { $0 }
            var out = MessageWriter()
            _ = try fresh.snapshots.write(to: &out, limit: .max) { roots.popLast() }
            return out.finish()
        }
        return (CompartmentState(compartment: compartment, snapshot: snapshot), last)
    }
}
