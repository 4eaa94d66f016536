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

    @Test("Who joined the district's feed in a life that the hub has lost loads it anew")
    func districtBegunAgain() throws {
        try withWorld { world in
            let a = world.machines[0]
            let patient = try world.register(a, "v1")
            try world.meet()
            try world.backUpHub()
            try world.edit(a, patient, "v2")
            try world.catchUp(a)
            let district = try world.enrol("district", .district)
            try world.catchUp(district)
            try world.restoreHub()
            while world.hub.isLooking { _ = try world.hub.lookAnew(3) }
            // The hub has begun the feed again over what it had before the edit, at its first place
            // as it did before. It is told so first, and then goes back.
            for _ in 0..<2 { try world.catchUp(district) }
            #expect(district.isEqual)
            #expect(try world.shown(patient, at: district) == .text("v1"))
            try world.meet()
            #expect(try world.shown(patient, at: district) == .text("v2"))
            #expect(district.isEqual)
            try world.check()
        }
    }

    @Test("What was repaired in a life that the hub has lost is loaded anew")
    func repairedAndPutBack() throws {
        try withWorld { world in
            let a = world.machines[0]
            let district = try world.enrol("district", .district)
            let patient = try world.register(a, "v1")
            try world.meet()
            try world.backUpHub()
            try world.edit(a, patient, "v2")
            try world.meet()
            // The state that is loaded has the edit, and the log lets go of it.
            try district.clinic.loadAnew([.patient(patient)], feed: .district)
            try world.catchUp(district)
            try world.edit(district, patient, "v3")
            try world.restoreHub()
            try world.catchUp(a)
            // The edit that was replaced here comes again by the feed.
            try world.catchUp(district)
            #expect(district.isEqual)
            let key = RecordKey(entity: 1, id: patient)
            let record = try world.record(
                key, in: .patient(patient), at: district.clinic.replica)
            #expect(record?.register(1)?.siblings.map(\.value) == [.text("v3")])
            try world.meet()
            try world.check()
        }
    }
}
