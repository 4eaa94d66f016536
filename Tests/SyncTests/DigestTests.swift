import Causality
import Hub
import Records
import Replica
import Sync
import Testing

@Suite("What the hub knows of comparisons")
struct DigestTests {
    private func known(_ world: World, _ machine: World.Machine) -> Bool? {
        world.hub.clinics[machine.clinic.node]?.digestEqual
    }

    @Test("The hub learns what came of a clinic's last comparison, and keeps it")
    func learns() throws {
        try withWorld { world in
            let a = world.machines[0]
            #expect(known(world, a) == nil)
            try world.register(a, "v1")
            try world.meet()
            #expect(known(world, a) == true)
            try world.reopenHub()
            #expect(known(world, a) == true)
            // As a bit that fell over would have it.
            try world.damage(a.clinic.replica, "UPDATE _feed SET sum = randomblob(16)")
            try world.reopen(a)
            try world.talk(a)
            #expect(known(world, a) == true, "it has not said so yet")
            try world.talk(a)
            #expect(known(world, a) == false)
            for feed in [FeedKind.own, .reference] {
                try a.clinic.correctSum(feed, by: a.clinic.sumError(feed))
            }
            try world.talk(a)
            try world.talk(a)
            #expect(known(world, a) == true)
        }
    }

    @Test("An outcome that is known already is not written again")
    func unchanged() throws {
        try withWorld { world in
            let a = world.machines[0]
            try world.register(a, "v1")
            try world.meet()
            let before = try world.dump(world.hub.node)
            try world.talk(a)
            #expect(try world.dump(world.hub.node) == before)
        }
    }

    @Test("A clinic that has compared nothing since its start says nothing")
    func silence() throws {
        try withWorld { world in
            let a = world.machines[0]
            try world.register(a, "v1")
            try world.meet()
            try world.reopen(a)
            let sent = try world.ask(a)
            #expect(sent.request.wasEqual == nil)
            _ = try world.answer(sent.bytes, to: a)
            #expect(known(world, a) == true)
        }
    }

    @Test("An answer that brings back all of a former life is compared at once")
    func formerLife() throws {
        try withWorld { world in
            let a = world.machines[0]
            try world.takeSnapshot(a)
            try world.register(a, "v1")
            try world.meet()
            // No log of the copy names what was written since.
            try world.putBack(a, sameIdentity: false)
            try world.talk(a)
            #expect(a.clinic.comparisons[.own]?.isEqual == true)
        }
    }
}
