import Causality
import Hub
import Records
import Replica
import Sync
import Testing

@Suite("What a clinic may not do harms nobody else")
struct HostileTests {
    /// A forger, and two clinics that go on exchanging whatever it does.
    private func withForger(_ body: (World, inout Forger) throws -> Void) throws {
        try withWorld(clinics: 3) { world in
            let (a, b) = (world.machines[0], world.machines[1])
            let patient = try world.register(a, "v1")
            try world.hold(b, patient)
            try world.meet()
            var forger = Forger(world, world.machines.removeLast())
            try body(world, &forger)
            try world.edit(a, patient, "v-after")
            try world.meet()
            #expect(try world.shown(patient, at: b) == .text("v-after"))
            #expect(try world.hub.node.store.reading { try world.hub.node.damagedFrames() }.isEmpty)
            #expect(try world.hub.node.store.reading { try world.hub.node.damagedFeeds() }.isEmpty)
            for machine in world.machines {
                #expect(machine.isEqual)
            }
        }
    }

    @Test("Frames under another node's name are refused as a whole")
    func wrongOrigin() throws {
        try withForger { world, forger in
            let victim = world.machines[0].clinic
            let origin = Origin(
                node: victim.node, incarnation: victim.incarnation, lane: .care)
            let good = forger.frame([Forger.note(RecordID("p1"), "x")])
            let bad = forger.frame(
                [Forger.note(world.patients[0], "forged")], origin: origin, sequence: 2)
            let before = try world.dump(world.hub.node)
            #expect(throws: HubRefusal.wrongOrigin) {
                try world.answer(forger.request([good, bad]).encoded(), to: forger.machine)
            }
            #expect(try world.dump(world.hub.node) == before)
        }
    }

    @Test("A frame with a gap before it is not taken, and the answer says where the log ends")
    func gap() throws {
        try withForger { world, forger in
            let first = forger.frame([Forger.note(RecordID("p1"), "x")])
            try forger.push([first], to: world)
            let later = forger.frame([Forger.note(RecordID("p1"), "y")], sequence: 3)
            _ = try world.answer(forger.request([later]).encoded(), to: forger.machine)
            #expect(world.hub.node.head(forger.origin)?.sequence == 1)
            let second = forger.frame([Forger.note(RecordID("p1"), "z")])
            let end1 = try forger.push([second], to: world)
            #expect(end1 == 2)
        }
    }

    @Test("A second frame of one sequence is not taken, nor what follows it")
    func fork() throws {
        try withForger { world, forger in
            let first = forger.frame([Forger.note(RecordID("p1"), "x")])
            try forger.push([first], to: world)
            let hash = world.hub.node.head(forger.origin)?.hash
            var other = Forger(world, forger.machine)
            let fork = other.frame([Forger.note(RecordID("p1"), "other")])
            other.follow(fork)
            let next = other.frame([Forger.note(RecordID("p1"), "more")])
            let base = ExchangeRequest.Head.Base(sequence: 0, hash: 0)
            _ = try world.answer(
                other.request([fork, next], base: base).encoded(), to: forger.machine)
            // Under the fork's own head the frame that would follow is not taken either.
            _ = try world.answer(other.request([next]).encoded(), to: forger.machine)
            #expect(world.hub.node.head(forger.origin)?.sequence == 1)
            #expect(world.hub.node.head(forger.origin)?.hash == hash)
        }
    }

    @Test("What was sent before is taken once, however often it comes")
    func replay() throws {
        try withForger { world, forger in
            let frame = forger.frame([Forger.note(RecordID("p1"), "x")])
            let bytes = forger.request([frame]).encoded()
            _ = try world.answer(bytes, to: forger.machine)
            let before = try world.dump(world.hub.node, except: ["_clinic"])
            for _ in 0..<5 { _ = try world.answer(bytes, to: forger.machine) }
            #expect(try world.dump(world.hub.node, except: ["_clinic"]) == before)
        }
    }

    @Test("Another clinic's own affairs are refused, kept on both sides, and the chain goes on")
    func wrongScope() throws {
        try withWorld { world in
            let (a, b) = (world.machines[0], world.machines[1])
            try world.pay(b, "v1")
            let patient = try world.register(a, "v2")
            try world.meet()
            try world.pay(a, "forged", of: b.clinic.node)
            try world.pay(a, "v3")
            try world.edit(a, patient, "v4")
            try world.meet()
            try expectLetter(world, a, .refused, RefusalReason.wrongScope)
            try world.backUpHub()
            try world.meet()
            let standing = try a.clinic.standing(at: world.clock(a))
            #expect(standing.refused == 1 && standing.addsUp)
            #expect(
                try a.clinic.replica.store.reading {
                    try a.clinic.replica.tables.root(.clinic(b.clinic.node))
                        .map { try a.clinic.replica.reader.records(of: $0).count } ?? 0
                } == 0)
            try world.check()
        }
    }

    @Test("A change set that breaks the schema is refused, and what comes after it is taken")
    func malformedSet() throws {
        try withWorld { world in
            let a = world.machines[0]
            // A version gone wrong keeps names among the reference data.
            let wrong = try world.enrol("wrong", .own, schema: World.misplaced)
            let patient = try world.register(wrong, "v1")
            try world.hold(a, patient)
            try world.meet()
            try wrong.clinic.write(at: world.clock(wrong)) { transaction in
                try transaction.put(
                    RecordKey(entity: 2, id: RecordID("n")), in: .reference, [(1, .text("bad"))])
            }
            try world.edit(wrong, patient, "v2")
            try world.meet()
            try expectLetter(world, wrong, .refused, .malformed)
            #expect(try world.shown(patient, at: a) == .text("v2"))
            #expect(wrong.isEqual)
            #expect(try wrong.clinic.standing(at: world.clock(wrong)).addsUp)
        }
    }

    private func expectLetter(
        _ world: World, _ machine: World.Machine, _ kind: Letter.Kind, _ reason: RefusalReason
    ) throws {
        let atHub = try world.hub.node.store.reading { try world.hub.letters.all() }
        let store = machine.clinic.replica.store
        let here = try store.reading { try machine.clinic.letters.all() }
        try #require(atHub.count == 1 && here.count == 1)
        for letter in [atHub[0], here[0]] {
            #expect(letter.kind == kind && letter.reason == reason.description)
            #expect(letter.origin.node == machine.clinic.node)
        }
        // Both keep the very bytes.
        let bytes = try store.reading { try machine.clinic.letters.bytes(here[0].id) }
        let hubs = try world.hub.node.store.reading { try world.hub.letters.bytes(atHub[0].id) }
        #expect(bytes == hubs && bytes != nil)
        let damaged = try store.reading { try machine.clinic.replica.damagedFrames() }
        #expect(damaged.isEmpty)
        #expect(try world.hub.node.store.reading { try world.hub.node.damagedFrames() }.isEmpty)
    }

    @Test("Bytes that are no change set are refused, and the next frame is taken")
    func garbage() throws {
        try withForger { world, forger in
            let id = RecordID("p1")
            for (index, change) in Self.damages.enumerated() {
                let bad = forger.frame([Forger.note(id, "x")], change: change)
                let end2 = try forger.push([bad], to: world)
                #expect(end2 == UInt64(2 * index + 1))
                let good = forger.frame([Forger.note(id, "good \(index)")])
                let end3 = try forger.push([good], to: world)
                #expect(end3 == UInt64(2 * index + 2))
            }
            let letters = try world.hub.node.store.reading { try world.hub.letters.all() }
            #expect(letters.count == Self.damages.count)
            #expect(letters.filter { $0.kind == .refused }.count == Self.damages.count - 1)
        }
    }

    /// What is done to the bytes of a valid change set; the last makes it a newer version's.
    private static let damages: [@Sendable ([UInt8]) -> [UInt8]] = [
        { Array($0.dropLast()) }, { $0 + [0] }, { [1] + [UInt8](repeating: 0xFF, count: $0.count) },
        { bytes in
            var bytes = bytes
            bytes[1] = 0x7F
            return bytes
        },
        { _ in [1] + [UInt8](repeating: 0xFF, count: 8) + [0x7F] },
        { _ in [1] },
        { bytes in [2] + bytes.dropFirst() },
    ]

    @Test("A small message that would grow to gigabytes is refused before it grows")
    func bomb() throws {
        try withForger { world, forger in
            let zeros = [UInt8](repeating: 0, count: Limits.messageBytes + 1)
            for level in [Int32(1), 19] {
                let message = sealed([1, 0] + Zstandard.compressed(zeros, level: level))
                #expect(message.count < 100_000)
                #expect(
                    throws: Malformed.tooLarge(
                        what: "decompressed bytes", limit: Limits.messageBytes)
                ) { try world.answer(message, to: forger.machine) }
            }
            // One that says that it is small, and is not.
            var lying = Zstandard.compressed([UInt8](repeating: 0, count: 100_000))
            lying[lying.count / 2] ^= 0xFF
            #expect(throws: Malformed.self) {
                try world.answer(sealed([1, 0] + lying), to: forger.machine)
            }
            #expect(throws: Malformed.self) {
                try world.answer(
                    [UInt8](repeating: 7, count: Limits.messageBytes + 1), to: forger.machine)
            }
        }
    }

    /// The bytes of a message under a seal that fits.
    private func sealed(_ bytes: [UInt8]) -> [UInt8] {
        var hash = Hash()
        hash.add(bytes)
        return bytes + hash.finish().bytes[..<4]
    }

    @Test("A valid message with any byte changed and sealed anew stops nobody")
    func sealedAnew() throws {
        try withForger { world, forger in
            let frame = forger.frame([Forger.note(RecordID("p1"), "x")])
            let pulls = FeedKind.allCases.map {
                ExchangeRequest.Pull(feed: $0, cursors: [.start], loading: .start)
            }
            let messages = [
                forger.request([frame], pulls: pulls).encoded(),
                ChunkRequest(feed: .reference, span: .all(.reference), after: 0, limit: 9)
                    .encoded(),
                ProbeRequest(
                    incarnation: forger.origin.incarnation, lane: .care, samples: [(1, 1)]
                ).encoded(),
                SumsRequest(feed: .own, buckets: [1, 2]).encoded(),
            ]
            for message in messages {
                let body = Array(message.dropLast(4))
                for at in body.indices {
                    for byte in [body[at] ^ 1, body[at] ^ 0x80, 0, 0x7F, 0xFF] {
                        var changed = body
                        changed[at] = byte
                        _ = try? world.answer(sealed(changed), to: forger.machine)
                    }
                }
            }
        }
    }

    @Test(
        "Numbers at the end of their range are refused or bounded",
        arguments: [
            UInt64(1) << 63 - 1, 1 << 63, .max, 1 << 62, 1 << 48 - 1, 1 << 32,
        ])
    func numbers(number: UInt64) throws {
        try withForger { world, forger in
            let own = forger.origin.incarnation
            func head(_ sequence: UInt64, _ backedUp: UInt64, _ base: UInt64?)
                -> ExchangeRequest.Head
            {
                ExchangeRequest.Head(
                    incarnation: own, lane: .care, sequence: sequence, hash: number,
                    backedUp: backedUp, base: base.map { .init(sequence: $0, hash: number) })
            }
            let cursor = Cursor(position: number, hash: number)
            let pulls = FeedKind.allCases.map {
                ExchangeRequest.Pull(feed: $0, cursors: [cursor], loading: cursor)
            }
            let frame = forger.frame([Forger.note(RecordID("p1"), "x")])
            for request in [
                forger.request([], wall: number),
                forger.request([], limit: number),
                forger.request([], heads: [head(number, 0, nil)]),
                forger.request([], heads: [head(1, number, nil)]),
                forger.request([], heads: [head(1, 0, number)]),
                forger.request([], pulls: pulls),
                forger.request([frame], heads: [head(number, number, number)], wall: number),
            ] {
                _ = try? world.answer(request.encoded(), to: forger.machine)
            }
            for request in [
                ChunkRequest(feed: .reference, span: .all(.reference), after: number, limit: 1),
                ChunkRequest(feed: .reference, span: .all(.reference), after: 0, limit: number),
                ChunkRequest(feed: .own, span: .all(.district), after: number, limit: number),
            ] {
                _ = try? world.answer(request.encoded(), to: forger.machine)
            }
            let probe = ProbeRequest(
                incarnation: own, lane: .care, samples: [(number, number)])
            _ = try? world.answer(probe.encoded(), to: forger.machine)
            let far = forger.frame(
                [Forger.note(RecordID("p1"), "x")], sequence: min(number, 1 << 62 - 1))
            _ = try? world.answer(forger.request([far]).encoded(), to: forger.machine)
            #expect(world.hub.node.head(forger.origin)?.sequence ?? 0 == 0)
            let end4 = try forger.push([frame], to: world)
            #expect(end4 == 1)
        }
    }

    @Test("Heads of origins that the hub has never seen are answered, and change nothing")
    func unknownHeads() throws {
        try withForger { world, forger in
            var random = SplitMix64(seed: 5)
            let heads = (0..<2000).map { index in
                ExchangeRequest.Head(
                    incarnation: Incarnation(rawValue: random.next()), lane: .bulk,
                    sequence: random.next() >> 2, hash: random.next(), backedUp: 1, base: nil)
            }
            let before = try world.dump(world.hub.node, except: ["_clinic"])
            _ = try world.answer(
                forger.request([], heads: heads).encoded(), to: forger.machine)
            #expect(try world.dump(world.hub.node, except: ["_clinic"]) == before)
        }
    }

    @Test("State and sums of what a clinic does not hold are not given")
    func notHeld() throws {
        try withForger { world, forger in
            let patient = Compartment.patient(world.patients[0])
            let other = Compartment.clinic(world.machines[0].clinic.node)
            try world.pay(world.machines[0], "v-secret")
            try world.meet()
            let spans: [(FeedKind, Span)] = [
                (.own, .compartment(patient)), (.reference, .compartment(patient)),
                (.own, .compartment(other)), (.reference, .compartment(other)),
                (.own, .all(.own)), (.own, .all(.district)), (.reference, .all(.district)),
                (.own, .all(.reference)), (.own, .compartment(.reference)),
                (.own, .compartment(.patient(RecordID("nobody")))),
            ]
            for (feed, span) in spans {
                let request = ChunkRequest(feed: feed, span: span, after: 0, limit: 1 << 20)
                let answer = try world.answer(request.encoded(), to: forger.machine)
                let plain = try MessageParts(sealed: answer)
                #expect(plain.plain.count < 64, "\(feed) \(span)")
            }
            for (feed, span) in [
                (FeedKind.district, Span.all(.district)), (.district, .compartment(patient)),
            ] {
                let request = ChunkRequest(feed: feed, span: span, after: 0, limit: 1 << 20)
                #expect(throws: HubRefusal.notHeld) {
                    try world.answer(request.encoded(), to: forger.machine)
                }
            }
            #expect(throws: HubRefusal.notHeld) {
                try world.answer(
                    SumsRequest(feed: .district, buckets: []).encoded(), to: forger.machine)
            }
            let buckets = (0..<UInt16(SumsRequest.bucketCount)).map { $0 }
            let sums = try world.answer(
                SumsRequest(feed: .own, buckets: buckets).encoded(), to: forger.machine)
            #expect(try MessageParts(sealed: sums).plain.count < 64)
        }
    }

    @Test("A revoked clinic is refused from its next request on")
    func revoked() throws {
        try withForger { world, forger in
            #expect(try world.hub.revoke(forger.machine.name, certificatesFrom: 1))
            let frame = forger.frame([Forger.note(RecordID("p1"), "x")])
            let before = try world.dump(world.hub.node)
            for bytes in [
                forger.request([frame]).encoded(), forger.request([]).encoded(),
                ChunkRequest(feed: .reference, span: .all(.reference), after: 0, limit: 9)
                    .encoded(),
                SumsRequest(feed: .own, buckets: []).encoded(), [],
            ] {
                #expect(throws: HubRefusal.revoked) {
                    try world.answer(bytes, to: forger.machine)
                }
            }
            #expect(try world.dump(world.hub.node) == before)
        }
    }

    @Test("A node that the hub has never enrolled is refused")
    func unknown() throws {
        try withForger { world, forger in
            let bytes = forger.request([]).encoded()
            #expect(throws: HubRefusal.unknownClinic) {
                try world.hub.answer(
                    bytes, from: NodeID(rawValue: 1), at: world.clock(nil), mayWait: false)
            }
        }
    }
}

extension World {
    /// The schema of a version gone wrong: names are reference data.
    static let misplaced = Schema(
        schema.entities.filter { $0.number != 2 }
            + [Entity(2, "name", in: .reference, [Unit(1, "text", .text)])],
        holders: schema.holders)
}
