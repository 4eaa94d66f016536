import Causality
import Hub
import Records
import Replica
import Sync
import Testing

/// A clinic whose folder was put back lacks some of its own past until its feed brings it.
@Suite("A clinic's folder is put back to before it registered a patient")
struct RestoredClinicTests {
    /// Writes into the patient all the same, before the clinic hears that it holds it. Once that is
    /// backed up it is dropped, as what is written for a stranger is.
    private func dropped(_ world: World) throws -> (World.Machine, RecordID) {
        let a = world.machines[0]
        try world.takeSnapshot(a)
        let patient = try world.register(a, "v1")
        try world.talk(a, pulls: false)
        try world.putBack(a, sameIdentity: false)
        a.clockError = 0
        world.time += 1_000_000
        try world.edit(a, patient, "v2")
        try world.talk(a, pulls: false)
        try world.backUpHub()
        try world.talk(a, pulls: false)
        #expect(try world.siblings(patient, at: a).isEmpty)
        return (a, patient)
    }

    @Test("What it wrote before it heard that it holds the patient comes again")
    func droppedAndHeld() throws {
        try withWorld { world in
            let (a, patient) = try dropped(world)
            try world.catchUp(a)
            let here = try world.siblings(patient, at: a)
            #expect(here.contains(.text("v1")) && here.contains(.text("v2")) && here.count == 2)
            #expect(a.isEqual)
            try world.meet()
            try world.check()
        }
    }

    @Test("So it does where something has been written since it was dropped")
    func writtenSince() throws {
        try withWorld { world in
            let (a, patient) = try dropped(world)
            try world.edit(a, patient, "v3", unit: 2)
            try world.catchUp(a)
            let here = try world.siblings(patient, at: a)
            #expect(here.contains(.text("v1")) && here.contains(.text("v2")) && here.count == 2)
            #expect(try world.shown(patient, 2, at: a) == .text("v3"))
            #expect(a.isEqual)
            try world.meet()
            try world.check()
        }
    }
}
