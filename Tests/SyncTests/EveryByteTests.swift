import Causality
import Hub
import Records
import Replica
import Sync
import Testing

@Suite("A message that was cut, changed, repeated or late moves nothing")
struct EveryByteTests {
    /// A hub and two clinics; one has an edit to send, which the other will be given.
    private func withEdit(_ body: (World, World.Machine, World.Machine) throws -> Void) throws {
        try withWorld { world in
            let (a, b) = (world.machines[0], world.machines[1])
            let patient = try world.register(a, "v1")
            try world.hold(b, patient)
            try world.meet()
            try world.edit(a, patient, "v2")
            try body(world, a, b)
            // Both go on afterwards.
            try world.meet()
            #expect(try world.shown(patient, at: b) == .text("v2"))
            try world.check()
        }
    }

    /// Each way in which the bytes can be cut short, or have one bit flipped.
    private func damaged(_ bytes: [UInt8]) -> [[UInt8]] {
        var all = (0..<bytes.count).map { Array(bytes[..<$0]) }
        for at in bytes.indices {
            for bit in 0..<8 as Range<UInt8> {
                var flipped = bytes
                flipped[at] ^= 1 << bit
                all.append(flipped)
            }
        }
        return all + [bytes + [0], bytes + bytes]
    }

    @Test("A request with a frame, cut at each byte and with each bit flipped, moves nothing")
    func request() throws {
        try withEdit { world, a, _ in
            let sent = try world.ask(a)
            #expect(sent.request.frames.count == 1)
            let before = try world.dump(world.hub.node)
            for bytes in damaged(sent.bytes) {
                #expect(throws: Malformed.self) { try world.answer(bytes, to: a) }
            }
            #expect(try world.dump(world.hub.node) == before)
        }
    }

    @Test("An answer with a frame, cut at each byte and with each bit flipped, moves nothing")
    func answer() throws {
        try withEdit { world, a, b in
            try world.talk(a)
            let sent = try world.ask(b)
            let answer = try world.answer(sent.bytes, to: b)
            let before = try world.dump(b.clinic.replica)
            for bytes in damaged(answer) {
                #expect(throws: Malformed.self) {
                    try b.clinic.apply(bytes, to: sent, at: world.clock(b))
                }
            }
            #expect(try world.dump(b.clinic.replica) == before)
            let outcome = try b.clinic.apply(answer, to: sent, at: world.clock(b))
            #expect(outcome.received == 1)
        }
    }

    @Test("A chunk, cut at each byte and with each bit flipped, moves nothing")
    func chunk() throws {
        try withWorld { world in
            let (a, b) = (world.machines[0], world.machines[1])
            let patient = try world.register(a, "v1")
            try world.catchUp(a)
            try world.hold(b, patient)
            try world.talk(b)
            while try b.clinic.chunkRequest(limit: 500)?.feed == .reference { try world.load(b) }
            try world.talk(b)
            let request = try #require(try b.clinic.chunkRequest(limit: 500))
            let before = try world.dump(world.hub.node)
            for bytes in damaged(request.encoded()) {
                #expect(throws: Malformed.self) { try world.answer(bytes, to: b) }
            }
            #expect(try world.dump(world.hub.node) == before)
            let answer = try world.answer(request.encoded(), to: b)
            let held = try world.dump(b.clinic.replica)
            for bytes in damaged(answer) {
                #expect(throws: Malformed.self) { try b.clinic.apply(bytes, to: request) }
            }
            #expect(try world.dump(b.clinic.replica) == held)
            try b.clinic.apply(answer, to: request)
            try world.meet()
            #expect(try world.shown(patient, at: b) == .text("v1"))
            try world.check()
        }
    }

    @Test("What is no answer of the hub at all moves nothing")
    func portal() throws {
        try withEdit { world, a, _ in
            let sent = try world.ask(a)
            let chunk = ChunkRequest(feed: .reference, span: .all(.reference), after: 0, limit: 1)
            let html = "<html><head><title>Free WiFi</title></head><body>Sign in</body></html>"
            let before = try world.dump(a.clinic.replica)
            for bytes in [
                [], Array(html.utf8), sent.bytes, chunk.encoded(),
                ProbeRequest(incarnation: a.clinic.incarnation, lane: .care, samples: []).encoded(),
                try world.answer(chunk.encoded(), to: a),
            ] {
                #expect(throws: Malformed.self) {
                    try a.clinic.apply(bytes, to: sent, at: world.clock(a))
                }
            }
            #expect(a.clinic.hasPending)
            #expect(try world.dump(a.clinic.replica) == before)
        }
    }

    @Test("A request that is repeated is committed once, and answered alike")
    func repeatedRequest() throws {
        try withEdit { world, a, _ in
            let sent = try world.ask(a)
            let first = try world.answer(sent.bytes, to: a)
            let before = try world.dump(world.hub.node)
            for _ in 0..<3 { #expect(try world.answer(sent.bytes, to: a) == first) }
            #expect(try world.dump(world.hub.node) == before)
            let outcome = try a.clinic.apply(first, to: sent, at: world.clock(a))
            #expect(outcome.acknowledged == 1)
        }
    }

    @Test("A request that comes after a newer one takes nothing back")
    func lateRequest() throws {
        try withEdit { world, a, _ in
            let old = try world.ask(a)
            try world.edit(a, world.patients[0], "v3", unit: 2)
            try world.talk(a)
            let before = try world.dump(world.hub.node)
            _ = try world.answer(old.bytes, to: a)
            #expect(try world.dump(world.hub.node) == before)
        }
    }

    @Test("An answer that comes twice is taken once")
    func repeatedAnswer() throws {
        try withEdit { world, a, b in
            try world.talk(a)
            let sent = try world.ask(b)
            let answer = try world.answer(sent.bytes, to: b)
            let now = world.clock(b)
            #expect(try b.clinic.apply(answer, to: sent, at: now).received == 1)
            let before = try world.dump(b.clinic.replica)
            #expect(try b.clinic.apply(answer, to: sent, at: now).received == 0)
            #expect(try world.dump(b.clinic.replica) == before)
        }
    }

    @Test("An answer that comes after a newer one takes nothing back")
    func lateAnswer() throws {
        try withEdit { world, a, b in
            try world.talk(a)
            let (sentA, sentB) = (try world.ask(a), try world.ask(b))
            let late = (
                try world.answer(sentA.bytes, to: a), try world.answer(sentB.bytes, to: b)
            )
            let other = try world.register(a, "v3")
            try world.hold(b, other)
            try world.edit(b, world.patients[0], "v4", unit: 2)
            try world.meet(rounds: 2)
            for (machine, sent, answer) in [(a, sentA, late.0), (b, sentB, late.1)] {
                let before = try world.dump(machine.clinic.replica, except: ["_meta"])
                let acknowledged = try machine.clinic.standing(at: world.clock(machine))
                    .acknowledged
                _ = try machine.clinic.apply(answer, to: sent, at: world.clock(machine))
                #expect(try world.dump(machine.clinic.replica, except: ["_meta"]) == before)
                #expect(
                    try machine.clinic.standing(at: world.clock(machine)).acknowledged
                        == acknowledged)
            }
        }
    }
}
