import Causality
import Hub
import Records
import Replica
import Sync
import Testing

/// What came as state, or lies in the log, in a life that the hub has lost.
@Suite("The hub is put back")
struct PutBackTests {
    /// Puts the hub back to its backup, and has it look at who holds what.
    private func putBack(_ world: World) throws {
        try world.restoreHub()
        try look(world)
    }

    private func look(_ world: World) throws {
        while world.hub.isLooking { _ = try world.hub.lookAnew(3) }
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
            try putBack(world)
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
            #expect(try world.siblings(patient, at: district) == [.text("v3")])
            try world.meet()
            try world.check()
        }
    }

    @Test("A patient who is new to it is loaded by whom held them in a life that it has lost")
    func freshOnceMore() throws {
        try withWorld { world in
            let (a, b) = (world.machines[0], world.machines[1])
            try world.register(a, "v0")
            try world.meet()
            try world.backUpHub()
            let patient = try world.share(a, b)
            try world.edit(b, patient, "v2")
            try world.meet()
            try a.clinic.loadAnew([.patient(patient)], feed: .own)
            try world.catchUp(a)
            try world.edit(a, patient, "v3")
            try putBack(world)
            try world.meet()
            #expect(try world.siblings(patient, at: a) == [.text("v3")])
            #expect(a.isEqual && b.isEqual)
            try world.check()
        }
    }

    @Test("So is one whom the district's feed had brought, where the scope is narrowed meanwhile")
    func freshOutOfTheDistrict() throws {
        try withWorld { world in
            let b = world.machines[1]
            let district = try world.enrol("district", .district)
            try world.meet()
            try world.backUpHub()
            let patient = try world.share(district, b)
            try world.edit(b, patient, "v2")
            try world.meet()
            try district.clinic.loadAnew([.patient(patient)], feed: .district)
            try world.catchUp(district)
            try world.edit(district, patient, "v3")
            try world.restoreHub()
            _ = try world.hub.setScope("district", .own)
            try look(world)
            // Before anybody else, so that the patient is new to the hub.
            try world.catchUp(district)
            try world.meet()
            #expect(try world.siblings(patient, at: district) == [.text("v3")])
            #expect(district.isEqual && b.isEqual)
            try world.check()
        }
    }

    @Test("Who is given the district's feed again takes what the hub had lost and gets once more")
    func widenedAgain() throws {
        try withWorld { world in
            let a = world.machines[0]
            let patient = try world.register(a, "v1")
            try world.meet()
            try world.backUpHub()
            let district = try world.enrol("district", .district)
            try world.meet()
            try world.edit(a, patient, "v2")
            try world.meet()
            // What is not backed up keeps the patient here.
            try world.edit(district, patient, "v3", unit: 2)
            try world.restoreHub()
            // While the hub looks at who holds what, the feed is not offered.
            try world.talk(district)
            try look(world)
            for _ in 0..<2 { try world.catchUp(district) }
            try world.meet()
            #expect(try world.siblings(patient, at: district) == [.text("v2")])
            #expect(district.isEqual)
            try world.check()
        }
    }

    @Test("A hub that is put back to a copy before its newest backup is brought what it lost")
    func olderCopy() throws {
        try withWorld { world in
            let (a, b) = (world.machines[0], world.machines[1])
            let patient = try world.share(a, b)
            try world.backUpHub()
            let older = world.backup
            try world.edit(a, patient, "v2")
            try world.meet()
            try world.backUpHub()
            try world.meet()
            #expect(try a.clinic.standing(at: world.clock(a)).backedUp == 2)
            try world.edit(a, patient, "v3")
            world.backup = older
            try putBack(world)
            try world.meet()
            for machine in [a, b] {
                #expect(try world.siblings(patient, at: machine) == [.text("v3")])
                #expect(machine.isEqual)
            }
            #expect(try a.clinic.standing(at: world.clock(a)).backedUp == 1)
            try world.check()
        }
    }

    @Test(
        "Where a frame of the own log is gone that the hub has lost, what follows comes all the same"
    )
    func lostFrame() throws {
        try withWorld { world in
            let (a, b) = (world.machines[0], world.machines[1])
            let patient = try world.share(a, b)
            try world.backUpHub()
            try world.takeSnapshot(a)
            // The hub takes its place in the log, and no more of it.
            try world.pay(a, "another clinic's", of: b.clinic.node)
            try world.meet()
            try world.putBack(a, sameIdentity: false)
            // So it comes back to who was put back before it.
            try world.catchUp(a)
            try world.edit(a, patient, "v2")
            try world.meet()
            try putBack(world)
            try world.edit(a, patient, "v3", unit: 2)
            try world.meet()
            for machine in [a, b] {
                #expect(try world.siblings(patient, at: machine) == [.text("v2")])
                #expect(try world.shown(patient, 2, at: machine) == .text("v3"))
                #expect(machine.isEqual)
            }
            #expect(try a.clinic.standing(at: world.clock(a)).addsUp)
            try world.check()
        }
    }

    @Test("What is issued again before it is loaded is not taken to have been replaced")
    func issuedBeforeItIsLoaded() throws {
        try withWorld { world in
            let b = world.machines[0]
            let a = try world.enrol("district", .district)
            try world.meet()
            try world.backUpHub()
            try world.takeSnapshot(a)
            try world.pay(a, "another clinic's", of: b.clinic.node)
            let patient = try world.share(a, b)
            try world.putBack(a, sameIdentity: false)
            // The log has it again, but the record has yet to be loaded.
            try a.clinic.loadAnew([.patient(patient)], feed: .district)
            try world.talk(a)
            #expect(try a.clinic.chunkRequest(limit: 1) != nil)
            try putBack(world)
            try world.meet()
            for machine in [a, b] {
                #expect(try world.siblings(patient, at: machine) == [.text("v1")])
                #expect(machine.isEqual)
            }
            try world.check()
        }
    }

    @Test("What is loaded for a frame that was taken after all comes once more from others too")
    func retaken() throws {
        try withWorld(clinics: 0) { world in
            let (a, b, patient) = try world.refuseToken()
            try world.backUpHub()
            try world.edit(b, patient, "v2")
            try world.meet()
            try putBack(world)
            let taken = try world.hub.retryLetters([.refused], at: world.clock(nil))
            #expect(taken.map(\.outcome) == [.applied])
            // First it is told that its cursor doesn't fit.
            for _ in 0..<2 { try world.catchUp(a) }
            #expect(try world.siblings(patient, at: a) == [.text("v1")])
            try world.meet()
            #expect(try world.siblings(patient, at: a) == [.text("v2")])
            #expect(a.isEqual && b.isEqual)
            world.machines = []
        }
    }
}
