import Causality
import Hub
import Records
import Replica
import Sync
import Testing

/// A check that can't fail proves nothing: each of these plants a fault that it must notice.
@Suite("The checks notice what is planted")
struct PlantedTests {
    private func withSettled(
        _ plant: (World, World.Machine, RecordID) throws -> Void
    ) throws {
        try withWorld { world in
            let (a, b) = (world.machines[0], world.machines[1])
            let patient = try world.register(a, "v1")
            try world.hold(b, patient)
            try world.meet()
            // Two siblings at every holder.
            try world.edit(a, patient, "v2", unit: 2)
            try world.edit(b, patient, "v3", unit: 2)
            try world.meet()
            try world.check()
            try plant(world, b, patient)
            #expect(throws: World.Failure.self) { try world.check() }
        }
    }

    @Test("A frame that is gone from the hub's log")
    func lostFrame() throws {
        try withSettled { world, _, _ in
            try world.damage(
                world.hub.node, "DELETE FROM _log WHERE pos = (SELECT min(pos) FROM _log)")
        }
    }

    @Test("A value that is not the one its stamp names")
    func otherValue() throws {
        try withSettled { world, machine, _ in
            try world.damage(machine.clinic.replica, "UPDATE pat SET note = 'v9'")
        }
    }

    @Test("A sibling that is gone from a clinic")
    func lostSibling() throws {
        try withSettled { world, machine, _ in
            try world.damage(machine.clinic.replica, "DELETE FROM _sibling")
        }
    }

    @Test("A sibling that is gone from the hub")
    func lostAtHub() throws {
        try withSettled { world, _, _ in
            try world.damage(world.hub.node, "DELETE FROM _sibling")
        }
    }

    @Test("A sum that is not that of the content")
    func otherSum() throws {
        try withSettled { world, machine, _ in
            try world.damage(
                machine.clinic.replica, "UPDATE _feed SET sum = zeroblob(16) WHERE kind = 0")
            try world.reopen(machine)
            try world.catchUp(machine)
        }
    }

    @Test("A record that is gone from a clinic that holds it")
    func lostRecord() throws {
        try withSettled { world, machine, _ in
            try world.damage(machine.clinic.replica, "DELETE FROM pat")
        }
    }

    @Test("A confirmed write that no log has")
    func lostWrite() throws {
        try withSettled { world, _, _ in world.confirmed.insert("v-never") }
    }
}
