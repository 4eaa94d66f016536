import Causality
import Hub
import Records
import Replica
import Sync
import Testing

@Suite("Letters are tried again")
struct LetterTests {
    /// A clinic that holds a patient, and the next frames of another node as its own feed brings
    /// them.
    private struct Delivery {
        let world: World
        let machine: World.Machine
        var forger: Forger

        init(_ world: World) {
            self.world = world
            machine = world.machines[0]
            forger = Forger(world, world.machines[1])
        }

        mutating func bring(_ frames: [(Frame, previous: FrameHash?)], by feed: FeedKind = .own)
            throws
        {
            let sent = try world.ask(machine)
            let pull = try #require(sent.request.pulls.first { $0.feed == feed })
            let from = try #require(pull.cursors.first)
            let end = from.position + UInt64(frames.count)
            var slice = ExchangeAnswer.Slice(
                feed: feed, from: from, to: Cursor(position: end, hash: 7))
            slice.items = frames.map { .frame($0.0, previous: $0.previous, rank: nil) }
            let answer = ExchangeAnswer(
                time: world.time, epoch: world.hub.epoch, slices: [slice])
            _ = try machine.clinic.apply(
                answer.encoded(to: sent.request), to: sent, at: world.clock(machine))
        }

        var letters: [Letter] {
            get throws {
                try machine.clinic.replica.store.reading { try machine.clinic.letters.all() }
            }
        }
    }

    /// Bytes of a change set as a version would write them that this one can't read, and back.
    private func newer(_ set: [UInt8]) -> [UInt8] { [2] + set.dropFirst() }

    /// As an upgrade has it: what is parked can be read.
    private func upgrade(_ delivery: Delivery, _ frame: Frame) throws {
        let clinic = delivery.machine.clinic
        let letter = try #require(try delivery.letters.first)
        try clinic.replica.transaction {
            try clinic.letters.replace(letter.id, bytes: frame.bytes)
        }
    }

    @Test("A parked frame is applied where the frame before it was never here")
    func previous() throws {
        try withWorld { world in
            let patient = try world.register(world.machines[0], "v1")
            try world.meet()
            var delivery = Delivery(world)
            let before = FrameHash.zero
            let readable = delivery.forger.frame([Forger.note(patient, "later")], sequence: 7)
            // The frame before it has no part that this clinic may see.
            let parked = readable
            try delivery.bring([(parked, before)])
            #expect(try delivery.letters.isEmpty)
            var other = Delivery(world)
            other.forger = delivery.forger
            let next = other.forger.frame([Forger.note(patient, "x")], sequence: 12) { newer($0) }
            let hash = FrameHash(bytes: [UInt8](repeating: 5, count: 32))!
            try other.bring([(next, hash)])
            #expect(try other.letters.map(\.previous) == [hash])
            #expect(try world.machines[0].clinic.retryLetters().map(\.outcome) == [.parked])
            // The same frame as the upgrade reads it.
            let header = next.header
            let set = Forger.note(patient, "x").encoded(stamp: header.stamp)
            let read = Frame(header: header, salt: next.salt!, changeSets: [set])
            try upgrade(other, read)
            #expect(try world.machines[0].clinic.retryLetters().map(\.outcome) == [.applied])
            #expect(try other.letters.isEmpty)
            let replica = world.machines[0].clinic.replica
            let record = try world.record(
                RecordKey(entity: 1, id: patient), in: .patient(patient), at: replica)
            #expect(record?.register(1)?.siblings.contains { $0.value == .text("x") } == true)
            #expect(try replica.store.reading { try replica.damagedFrames() }.isEmpty)
        }
    }

    @Test("Of a parked frame only what is held here is applied")
    func held() throws {
        try withWorld { world in
            let a = world.machines[0]
            let (mine, foreign) = (try world.register(a, "v1"), RecordID("foreign"))
            try world.meet()
            var delivery = Delivery(world)
            let sets = [Forger.note(mine, "x"), Forger.note(foreign, "y")]
            let frame = delivery.forger.frame(sets) { newer($0) }
            try delivery.bring([(frame, .zero)])
            let stamp = frame.header.stamp
            try upgrade(
                delivery,
                Frame(
                    header: frame.header, salt: frame.salt!,
                    changeSets: sets.map { $0.encoded(stamp: stamp) }))
            #expect(try a.clinic.retryLetters().map(\.outcome) == [.applied])
            #expect(try world.shown(foreign, at: a) == nil)
            let entry = try a.clinic.replica.store.reading {
                try a.clinic.replica.log.entry(delivery.forger.origin, 1)
            }
            let parts = try #require(entry?.frame.parts)
            #expect(parts.count == 2)
            if case .present = parts[0] {} else { Issue.record("the held part is not in the log") }
            if case .withheld = parts[1] {} else { Issue.record("what isn't held is in the log") }
            // And what is no longer held at all needs nothing.
            let next = delivery.forger.frame([Forger.note(foreign, "z")], sequence: 2) { newer($0) }
            try delivery.bring([(next, frame.hash(after: .zero))])
            let set = Forger.note(foreign, "z").encoded(stamp: next.header.stamp)
            try upgrade(
                delivery, Frame(header: next.header, salt: next.salt!, changeSets: [set]))
            #expect(try a.clinic.retryLetters().map(\.outcome) == [.released])
            #expect(try delivery.letters.isEmpty)
        }
    }

    @Test("Where state was loaded since a frame was parked, it is loaded again, not applied")
    func loaded() throws {
        try withWorld { world in
            let (a, b) = (world.machines[0], world.machines[1])
            let patient = try world.register(a, "v1")
            let other = try world.register(b, "v-other")
            try world.meet()
            var delivery = Delivery(world)
            let frame = delivery.forger.frame([Forger.note(patient, "x")]) { newer($0) }
            try delivery.bring([(frame, .zero)])
            let set = Forger.note(patient, "x").encoded(stamp: frame.header.stamp)
            try upgrade(
                delivery, Frame(header: frame.header, salt: frame.salt!, changeSets: [set]))
            // The feed that was made up is not the hub's: it is found and read again.
            try world.meet()
            try world.hold(a, other)
            try world.meet()
            #expect(try a.clinic.retryLetters().map(\.outcome) == [.loading])
            #expect(try a.clinic.chunkRequest(limit: 1)?.span == .compartment(.patient(patient)))
            try world.meet()
            // The hub has nothing of it.
            #expect(try world.shown(patient, at: a) == .text("v1"))
        }
    }

    @Test("What a later version frames is parked at the hub, and all else of the message is taken")
    func laterFrame() throws {
        try withWorld { world in
            let a = world.machines[0]
            let patient = try world.register(a, "v1")
            try world.meet()
            var forger = Forger(world, world.machines[1])
            let frame = forger.frame([Forger.note(patient, "x")])
            let later = try LetterTests.later(frame)
            let next = forger.frame([Forger.note(patient, "next")], sequence: 2)
            #expect(try forger.push([later, next], to: world) == 2)
            let letters = try world.hub.node.store.reading { try world.hub.letters.all() }
            #expect(letters.map(\.kind) == [.parked] && letters.map(\.sequence) == [1])
            try world.catchUp(a)
            #expect(try world.shown(patient, at: a) == .text("next"))
            let damaged = try world.hub.node.store.reading { try world.hub.node.damagedFrames() }
            #expect(damaged.isEmpty)
        }
    }

    @Test("What a later version framed is parked at a clinic, whoever wrote it")
    func laterFrameAtClinic() throws {
        try withWorld { world in
            let patient = try world.register(world.machines[0], "v1")
            try world.meet()
            var delivery = Delivery(world)
            let later = try LetterTests.later(delivery.forger.frame([Forger.note(patient, "x")]))
            let next = delivery.forger.frame([Forger.note(patient, "next")], sequence: 2)
            // And one of this clinic's own, of a life that a newer version lived.
            let origin = Origin(
                node: delivery.machine.clinic.node, incarnation: Incarnation(rawValue: 9),
                lane: .care)
            let own = try LetterTests.later(
                delivery.forger.frame([Forger.note(patient, "own")], origin: origin, sequence: 1))
            try delivery.bring([(later, .zero), (next, nil), (own, .zero)])
            #expect(try delivery.letters.map(\.origin) == [delivery.forger.origin, origin])
            #expect(try world.shown(patient, at: delivery.machine) == .text("next"))
            let outcomes = try delivery.machine.clinic.retryLetters().map(\.outcome)
            #expect(outcomes == [.parked, .parked])
        }
    }

    /// A frame as a later version would frame it.
    static func later(_ frame: Frame) throws -> Frame {
        var header = ByteWriter()
        frame.header.write(to: &header)
        let head = 2 + header.bytes.count
        return try Frame(bytes: [2] + frame.bytes[1..<head] + [1, 7] + frame.bytes[head...])
    }

    @Test("What the hub refused is looked at again there, and its author learns that it is taken")
    func refusedAgain() throws {
        try withWorld(clinics: 0) { world in
            let (a, b, patient) = try world.refuseToken()
            func standing() throws -> ClinicStanding {
                try a.clinic.standing(at: world.clock(a))
            }
            #expect(try standing().refused == 1)
            #expect(try a.clinic.retryLetters().map(\.outcome) == [.refused])
            let kept = try world.hub.retryLetters([.refused], at: world.clock(nil))
            #expect(kept.map(\.outcome) == [.refused] && kept.map(\.refusal) == [.malformed])
            // A hub that was mistaken, and is put right.
            try world.reopenHub(schema: World.newer)
            let taken = try world.hub.retryLetters([.parked, .refused], at: world.clock(nil))
            #expect(taken.map(\.outcome) == [.applied])
            try world.meet()
            #expect(try standing().refused == 0 && standing().addsUp)
            for replica in [a.clinic.replica, b.clinic.replica, world.hub.node] {
                let record = try world.record(World.token, in: .patient(patient), at: replica)
                #expect(record?.shown(1, in: replica) == .text("seven"))
            }
            #expect(a.isEqual && b.isEqual)
            let damage = try world.hub.node.store.reading { try world.hub.node.damagedFeeds() }
            #expect(damage.isEmpty)
            world.machines = []
        }
    }

    @Test("Another clinic's own affairs stay refused, however often they are looked at")
    func refusedForEver() throws {
        try withWorld { world in
            let (a, b) = (world.machines[0], world.machines[1])
            try world.pay(a, "x", of: b.clinic.node)
            try world.meet()
            let again = try world.hub.retryLetters([.parked, .refused], at: world.clock(nil))
            #expect(again.map(\.outcome) == [.refused] && again.map(\.refusal) == [.wrongScope])
            #expect(try a.clinic.retryLetters().map(\.refusal) == [.wrongScope])
        }
    }

    @Test("A letter box of an older database is brought up to this version")
    func olderTable() throws {
        try withWorld(clinics: 1) { world in
            let a = world.machines[0]
            try world.damage(
                a.clinic.replica,
                "ALTER TABLE _letter DROP COLUMN prev; ALTER TABLE _letter DROP COLUMN loads")
            try world.reopen(a)
            #expect(try a.clinic.retryLetters().isEmpty)
        }
    }
}
