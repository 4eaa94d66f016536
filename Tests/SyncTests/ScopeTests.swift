import Causality
import Hub
import Records
import Replica
import Sync
import Testing

@Suite("What a clinic holds")
struct ScopeTests {
    private func holders(_ world: World, _ patient: RecordID) throws -> [String] {
        try world.machines.filter {
            try world.holds(of: $0.clinic.node).contains(.patient(patient))
        }.map(\.name)
    }

    @Test("A clinic holds whom it registered, whom the record names it for, and whom it asked for")
    func reasons() throws {
        try withWorld(clinics: 3) { world in
            let (a, b, c) = (world.machines[0], world.machines[1], world.machines[2])
            let patient = try world.register(a, "v1")
            try world.meet()
            #expect(try holders(world, patient) == ["clinic0"])
            try a.clinic.write(at: world.clock(a)) { transaction in
                try transaction.put(
                    RecordKey(entity: 1, id: patient), in: .patient(patient),
                    [(5, .text("Organization/clinic1"))])
            }
            try world.meet()
            #expect(try holders(world, patient) == ["clinic0", "clinic1"])
            try world.hold(c, patient)
            try world.meet()
            #expect(try holders(world, patient) == ["clinic0", "clinic1", "clinic2"])
            for machine in [a, b, c] {
                #expect(try world.shown(patient, at: machine) == .text("v1"))
            }
            // The record names somebody else from now on.
            try a.clinic.write(at: world.clock(a)) { transaction in
                try transaction.put(
                    RecordKey(entity: 1, id: patient), in: .patient(patient),
                    [(5, .text("Organization/elsewhere"))])
            }
            try world.hold(c, patient, false)
            try world.meet()
            #expect(try holders(world, patient) == ["clinic0"])
            try world.check()
        }
    }

    @Test("A compartment that is left is dropped only when all of it is backed up")
    func leaves() throws {
        try withWorld { world in
            let (a, b) = (world.machines[0], world.machines[1])
            let patient = try world.register(a, "v1")
            try world.hold(b, patient)
            try world.meet()
            try world.edit(b, patient, "v2")
            try world.hold(b, patient, false)
            try world.meet()
            #expect(try holders(world, patient) == ["clinic0"])
            // The hub has it, and could still lose it.
            #expect(try world.shown(patient, at: b) == .text("v2"))
            try world.backUpHub()
            try world.meet()
            #expect(try world.shown(patient, at: b) == nil)
            let replica = b.clinic.replica
            #expect(try replica.store.reading { try replica.damagedFrames() }.isEmpty)
            let kept = try world.values(replica)
            #expect(!kept.contains("v1") && !kept.contains("v2"))
            #expect(try world.shown(patient, at: a) == .text("v2"))
            // Asked for again, it comes back whole.
            try world.hold(b, patient)
            try world.meet()
            #expect(try world.shown(patient, at: b) == .text("v2"))
            try world.check()
        }
    }

    @Test("What is written for a patient who is not held reaches the hub, and goes when it is safe")
    func stranger() throws {
        try withWorld { world in
            let (a, b) = (world.machines[0], world.machines[1])
            let patient = try world.register(a, "v1")
            try world.meet()
            try world.edit(b, patient, "v2", unit: 2)
            #expect(try world.shown(patient, 2, at: b) == .text("v2"))
            try world.meet()
            #expect(try world.shown(patient, 2, at: a) == .text("v2"))
            #expect(try world.shown(patient, 2, at: b) == .text("v2"))
            #expect(try world.shown(patient, 1, at: b) == nil)
            try world.backUpHub()
            // Written since the backup: the compartment stays until this is safe too.
            try world.edit(b, patient, "v3", unit: 3)
            try world.meet()
            #expect(try world.shown(patient, 3, at: b) == .text("v3"))
            try world.backUpHub()
            try world.meet()
            #expect(try world.shown(patient, 2, at: b) == nil)
            #expect(try world.shown(patient, 3, at: b) == nil)
            #expect(try world.shown(patient, 3, at: a) == .text("v3"))
            try world.check()
        }
    }

    @Test(
        "A join whose chunks are lost, and whose clinic is started again, goes on to the end",
        arguments: (1...10).map { UInt64($0) })
    func resumes(seed: UInt64) throws {
        try withWorld(seed: seed) { world in
            let (a, b) = (world.machines[0], world.machines[1])
            for index in 0..<60 { try world.register(a, "v-\(index)") }
            try world.meet()
            let c = try world.enrol("district", .district)
            try world.talk(c)
            var chunks = 0
            for step in 0..<2000 {
                world.time += 1000
                // The district goes on writing, in what is loaded and in what isn't yet.
                if step % 3 == 0 {
                    try world.edit(a, world.pick(world.patients), "v-a.\(step)")
                    try world.talk(a)
                }
                if step % 7 == 0 {
                    try world.edit(c, world.pick(world.patients), "v-c.\(step)")
                }
                if step % 11 == 0 { try world.register(b, "v-b.\(step)") }
                guard let request = try c.clinic.chunkRequest(limit: 300) else { break }
                let answer = try world.answer(request.encoded(), to: c)
                // Half of the chunks are lost on the way.
                if world.chance(50) { try c.clinic.apply(answer, to: request) }
                if world.chance(40) { try world.talk(c, limit: 400) }
                if world.chance(10) { try world.reopen(c) }
                chunks += 1
            }
            #expect(chunks > 10)
            #expect(try c.clinic.chunkRequest(limit: 300) == nil)
            try world.meet()
            try world.check()
            try world.lateEdits()
        }
    }

    @Test("A compartment of which one chunk was lost is asked for again, from where it ended")
    func sameChunk() throws {
        try withWorld { world in
            let a = world.machines[0]
            for index in 0..<30 { try world.register(a, "v-\(index)") }
            try world.meet()
            let c = try world.enrol("district", .district)
            try world.talk(c)
            var last: ChunkRequest?
            while let request = try c.clinic.chunkRequest(limit: 300) {
                #expect(request != last)
                #expect(try c.clinic.chunkRequest(limit: 300) == request)
                _ = try world.answer(request.encoded(), to: c)
                #expect(try c.clinic.chunkRequest(limit: 300) == request)
                try world.load(c, limit: 300)
                last = request
            }
            #expect(last?.after ?? 0 > 0)
            try world.meet()
            try world.check()
        }
    }

    @Test("A clinic begins with the district only when it has read what it leaves for it")
    func ownFeedFirst() throws {
        try withWorld { world in
            let (a, b) = (world.machines[0], world.machines[1])
            let patient = try world.register(a, "v1")
            try world.hold(b, patient)
            try world.meet()
            for index in 0..<5 {
                try world.edit(a, patient, "v-\(index)")
                try world.talk(a)
            }
            _ = try world.hub.setScope(b.name, .district)
            while world.hub.isLooking { _ = try world.hub.lookAnew(3) }
            for _ in 0..<3 {
                try world.talk(b, limit: 1)
                try world.load(b)
            }
            // Its own feed is still behind, with the end of what it held.
            #expect(
                try world.ask(b).request.pulls.allSatisfy {
                    $0.feed != .district || $0.cursors.isEmpty
                })
            try world.edit(a, patient, "v-last")
            try world.meet()
            #expect(try world.shown(patient, at: b) == .text("v-last"))
            try world.check()
        }
    }

    @Test("What the district's feed was to load and the own feed holds again is in the right sum")
    func backAmidLoading() throws {
        try withWorld { world in
            let (a, b) = (world.machines[0], world.machines[1])
            let patients = try (0..<3).map { try world.register(a, "v-\($0)") }
            for patient in patients { try world.hold(b, patient) }
            try world.meet()
            func change(_ scope: RegisteredClinic.Scope) throws {
                _ = try world.hub.setScope(b.name, scope)
                while world.hub.isLooking { _ = try world.hub.lookAnew(3) }
            }
            // Its own feed gives them up to the district's, and takes them back before they are
            // loaded; and all that once more.
            try change(.district)
            for _ in 0..<3 { try world.talk(b) }
            for _ in 0..<3 { try world.load(b) }
            for scope in [.own, .district, .own] as [RegisteredClinic.Scope] { try change(scope) }
            for patient in patients { try world.edit(a, patient, "v-later") }
            try world.talk(a)
            for _ in 0..<12 {
                try world.talk(b, limit: 1)
                try world.load(b, limit: 1)
            }
            try world.meet()
            try world.check()
            try change(.district)
            try world.meet()
            try world.check()
        }
    }
}
