import Causality
import Hub
import Records
import Replica
import Sync
import Testing

/// What is on its way to a hub reaches it in whatever life it has by then.
@Suite("A clinic is rolled back, and then the hub is put back")
struct PutBackForkTests {
    /// A clinic has written into a patient, and another what replaces that; the hub has lost both
    /// writes, and got a third, in another lane, that the clinic made before it was rolled back.
    ///
    /// - Returns: the two clinics, the patient, and the request that brought the first write.
    private func parted(
        _ world: World
    ) throws -> (a: World.Machine, b: World.Machine, patient: RecordID, request: [UInt8]) {
        let (a, b) = (world.machines[0], world.machines[1])
        let patient = try world.register(a, "v1")
        try world.hold(b, patient)
        try world.meet()
        try world.backUpHub()
        try world.edit(a, patient, "v2")
        let first = try world.ask(a)
        try world.meet()
        try world.edit(b, patient, "v3")
        try world.meet()
        try world.takeSnapshot(a)
        try pay(a, world, "once")
        let unheard = try world.ask(a)
        try world.putBack(a, sameIdentity: true)
        a.clockError = 0
        try pay(a, world, "again")
        try world.catchUp(a)
        a.isRolledBack = false
        try world.restoreHub()
        _ = try world.answer(unheard.bytes, to: a)
        return (a, b, patient, first.bytes)
    }

    private func pay(_ machine: World.Machine, _ world: World, _ text: String) throws {
        let key = RecordKey(entity: 5, id: RecordID(using: &world.random))
        world.time += 1000
        try machine.clinic.write(at: world.clock(machine)) { transaction in
            try transaction.put(key, in: .clinic(machine.clinic.node), [(1, .text(text))])
        }
    }

    private func siblings(_ world: World, _ patient: RecordID, at node: NodeStore) throws -> [Value]
    {
        let key = RecordKey(entity: 1, id: patient)
        let record = try world.record(key, in: .patient(patient), at: node)
        return record?.register(1)?.siblings.map(\.value) ?? []
    }

    @Test("What is to be issued again in other lanes is not sent while a fork is probed")
    func waits() throws {
        try withWorld { world in
            let (a, _, _, _) = try parted(world)
            let life = a.clinic.incarnation
            try world.talk(a, push: 0)
            #expect(try a.clinic.probe() != nil)
            #expect(a.clinic.hasPending)
            #expect(try world.ask(a).request.frames.isEmpty)
            try world.meet()
            #expect(a.clinic.incarnation != life)
            try world.check()
        }
    }

    @Test("A write that is issued again and comes under its old name too stays replaced")
    func comesBack() throws {
        try withWorld { world in
            let (a, b, patient, request) = try parted(world)
            let life = a.clinic.incarnation
            try world.catchUp(a)
            #expect(a.clinic.incarnation != life)
            // A copy of it that was on its way.
            _ = try world.answer(request, to: a)
            try world.meet()
            for node in [world.hub.node, a.clinic.replica, b.clinic.replica] {
                #expect(try siblings(world, patient, at: node) == [.text("v3")])
            }
            #expect(a.isEqual && b.isEqual)
            try world.check()
        }
    }
}
