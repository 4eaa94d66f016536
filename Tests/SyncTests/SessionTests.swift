import Causality
import Hub
import Records
import Replica
import Sync
import Testing

/// A session with a carrier that is made up: what comes of each request is the test's to say.
private struct Line {
    let world: World
    let machine: World.Machine
    var session: ClinicSession
    var random = SplitMix64(seed: 12)

    init(_ world: World, _ machine: World.Machine, _ limits: ClinicSession.Limits = .init()) {
        self.world = world
        self.machine = machine
        session = ClinicSession(limits: limits)
    }

    var now: ClockReading { world.clock(machine) }

    /// What a channel is to do now: the request, if there is one.
    mutating func next(_ channel: ClinicSession.Channel) throws -> ClinicSession.Request? {
        guard case .send(let request) = try session.next(channel, of: machine.clinic, at: now)
        else { return nil }
        return request
    }

    mutating func waits(_ channel: ClinicSession.Channel) throws -> UInt64? {
        guard case .wait(let until) = try session.next(channel, of: machine.clinic, at: now)
        else { return nil }
        return until
    }

    /// The request reaches the hub, and its answer comes back.
    @discardableResult
    mutating func succeed(
        _ request: ClinicSession.Request, _ channel: ClinicSession.Channel
    ) throws -> ExchangeOutcome {
        let answer = try world.answer(request.bytes, to: machine)
        return try session.received(
            answer, for: request, on: channel, by: machine.clinic, at: now, using: &random)
    }

    mutating func fail(_ request: ClinicSession.Request, _ channel: ClinicSession.Channel) {
        session.failed(request, on: channel, at: now, using: &random)
    }

    /// Pulls until nothing is left to be fetched.
    mutating func settle() throws {
        for _ in 0..<100 {
            world.time += 1000
            guard let request = try next(.pull) else { return }
            try succeed(request, .pull)
            if request.wait > 0 { return }
        }
    }
}

extension ClinicSession.Request {
    fileprivate var isChunk: Bool { if case .chunk = kind { true } else { false } }
}

@Suite("What a clinic asks of the hub next")
struct SessionTests {
    private func withLine(
        _ limits: ClinicSession.Limits = .init(), _ body: (World, inout Line) throws -> Void
    ) throws {
        try withWorld { world in
            var line = Line(world, world.machines[0], limits)
            try body(world, &line)
        }
    }

    /// More than goes along with a pull.
    private func writeMuch(_ world: World, _ machine: World.Machine) throws {
        let words = String(repeating: "word ", count: 400)
        for index in 0..<40 { try world.register(machine, "v-\(index) \(words)") }
    }

    @Test("Waits grow up to their bound, each drawn below it, and end with the first success")
    func backoff() throws {
        try withLine { world, line in
            var waits: [UInt64] = []
            for failure in 1...20 {
                let request = try #require(try line.next(.pull))
                line.fail(request, .pull)
                let until = try #require(try line.waits(.pull))
                let wait = until - line.now.monotonic
                let bound = min(Backoff.first << UInt64(failure - 1), Backoff.longest)
                #expect(wait >= bound / 2 && wait <= bound)
                waits.append(wait)
                world.time += wait - 1
                #expect(try line.waits(.pull) == until)
                world.time += 1
            }
            #expect(Set(waits.suffix(10)).count > 5)
            let request = try #require(try line.next(.pull))
            try line.succeed(request, .pull)
            #expect(line.session.backoff(.pull) == Backoff())
            #expect(line.session.isConnected)
        }
    }

    @Test("Two clinics that lost the hub together do not come back together")
    func jitter() throws {
        func waits(_ seed: UInt64) -> [UInt64] {
            var (backoff, random) = (Backoff(), SplitMix64(seed: seed))
            return (0..<12).map { _ in
                backoff.failed(at: 0, using: &random)
                return backoff.notBefore
            }
        }
        #expect(Set((0..<50).map { waits($0).last! }).count > 45)
        #expect((0..<50).allSatisfy { waits($0).allSatisfy { $0 <= Backoff.longest } })
    }

    @Test("A push that fails again and again does not stop what others wrote from coming in")
    func failingPush() throws {
        try withLine { world, line in
            try line.settle()
            let patient = try world.register(world.machines[1], "v0")
            try world.hold(line.machine, patient)
            try line.settle()
            try world.catchUp(world.machines[1])
            try line.settle()
            try writeMuch(world, line.machine)
            for round in 1...6 {
                world.time += Backoff.longest
                let push = try #require(try line.next(.push))
                #expect(push.brings)
                line.fail(push, .push)
                try world.edit(world.machines[1], patient, "v-\(round)")
                try world.talk(world.machines[1])
                let pull = try #require(try line.next(.pull))
                try line.succeed(pull, .pull)
                try line.settle()
                #expect(
                    try world.shown(patient, at: line.machine) == .text("v-\(round)"))
                #expect(line.session.backoff(.push).failures == round)
                #expect(line.session.backoff(.pull).failures == 0)
            }
        }
    }

    @Test(
        "A pull that fails again and again does not keep what was written from going out",
        arguments: [true, false])
    func failingPull(isMuch: Bool) throws {
        try withLine { world, line in
            try line.settle()
            for round in 1...6 {
                if isMuch {
                    try writeMuch(world, line.machine)
                } else {
                    try world.register(line.machine, "v-\(round)")
                }
                if line.session.backoff(.pull).failures == 0 {
                    let pull = try #require(try line.next(.pull))
                    line.fail(pull, .pull)
                }
                let push = try #require(try line.next(.push))
                try line.succeed(push, .push)
                #expect(!line.machine.clinic.hasPending)
                #expect(line.session.backoff(.pull).failures == round)
                world.time += Backoff.longest
                let pull = try #require(try line.next(.pull))
                line.fail(pull, .pull)
            }
        }
    }

    @Test("An operator who asks for an exchange does not wait")
    func hurry() throws {
        try withLine { world, line in
            for _ in 0..<10 {
                let request = try #require(try line.next(.pull))
                line.fail(request, .pull)
                world.time += Backoff.longest
            }
            let request = try #require(try line.next(.pull))
            line.fail(request, .pull)
            #expect(try line.waits(.pull) != nil)
            line.session.hurry()
            #expect(try line.next(.pull) != nil)
        }
    }

    @Test("The hub may keep a pull open only when there is nothing to bring, load or fetch")
    func longPoll() throws {
        try withLine(.init(longPoll: 50, bytes: 400)) { world, line in
            let first = try #require(try line.next(.pull))
            #expect(first.wait == 0)
            try line.succeed(first, .pull)
            try line.settle()
            let idle = try #require(try line.next(.pull))
            #expect(idle.wait == 50)
            // Amid the poll something is written: it goes at once, on the other connection.
            let patient = try world.register(line.machine, "v1")
            let push = try #require(try line.next(.push))
            #expect(push.brings && push.wait == 0)
            try line.succeed(push, .push)
            try line.succeed(idle, .pull)
            #expect(!line.machine.clinic.hasPending)
            // With the pull at rest a little goes along with it.
            try world.edit(line.machine, patient, "v2")
            #expect(try line.waits(.push) == .max)
            let both = try #require(try line.next(.pull))
            #expect(both.brings && both.wait == 0)
            try line.succeed(both, .pull)
            try line.settle()
            // More waits at the hub than one answer brings.
            for index in 0..<10 { try world.edit(world.machines[1], patient, "v-\(index)") }
            try world.catchUp(world.machines[1])
            let some = try #require(try line.next(.pull))
            #expect(try line.succeed(some, .pull).behind > 0)
            let more = try #require(try line.next(.pull))
            #expect(more.wait == 0)
        }
    }

    @Test("After a failure the first exchange does not wait")
    func afterFailure() throws {
        try withLine { world, line in
            try line.settle()
            let idle = try #require(try line.next(.pull))
            #expect(idle.wait > 0)
            line.fail(idle, .pull)
            #expect(!line.session.isConnected)
            world.time += Backoff.longest
            #expect(try line.next(.pull)?.wait == 0)
        }
    }

    @Test("Where long polls are off, pulls come at their interval")
    func interval() throws {
        try withLine(.init(longPoll: 0, idle: 60_000)) { world, line in
            try line.settle()
            let until = try #require(try line.waits(.pull))
            let now = line.now.monotonic
            #expect(until > now && until <= now + 60_000)
            world.time += until - now
            #expect(try line.next(.pull)?.wait == 0)
        }
    }

    @Test("Loading never keeps news from coming: no two chunks follow each other")
    func chunksAndPulls() throws {
        try withWorld { world in
            for index in 0..<200 { try world.register(world.machines[1], "v-\(index)") }
            try world.catchUp(world.machines[1])
            let machine = try world.enrol("district", .district)
            var line = Line(world, machine, .init(bytes: 400))
            var kinds: [Bool] = []
            var fails = 0
            for _ in 0..<400 {
                world.time += Backoff.longest
                guard let request = try line.next(.pull), request.wait == 0 else { break }
                kinds.append(request.isChunk)
                // Chunks that are lost don't come before the next pull either.
                if request.isChunk, world.chance(30) {
                    fails += 1
                    line.fail(request, .pull)
                } else {
                    try line.succeed(request, .pull)
                }
            }
            #expect(kinds.filter { $0 }.count > 20 && fails > 3)
            #expect(!zip(kinds, kinds.dropFirst()).contains { $0 && $1 })
            #expect(try machine.clinic.chunkRequest(limit: 1) == nil)
            #expect(try world.shown(world.patients[150], at: machine) == .text("v-150"))
        }
    }

    @Test("What is under way on one connection is not brought again by the other")
    func onceUnderWay() throws {
        try withLine { world, line in
            try line.settle()
            try writeMuch(world, line.machine)
            let push = try #require(try line.next(.push))
            #expect(push.brings)
            let pull = try #require(try line.next(.pull))
            #expect(!pull.brings)
            try line.succeed(pull, .pull)
            #expect(try line.next(.pull)?.brings == false)
            try line.succeed(push, .push)
            #expect(!line.machine.clinic.hasPending)
            #expect(try line.waits(.push) == .max)
        }
    }

    @Test("A push of which the hub takes nothing is brought again only after a growing wait")
    func stalledPush() throws {
        try withLine { world, line in
            try line.settle()
            try world.register(line.machine, "v1")
            /// The hub answers as if the frames had not come with the request.
            func stall(_ request: ClinicSession.Request) throws {
                guard case .exchange(let sent) = request.kind else { return }
                var bare = sent.request
                bare.frames = []
                let answer = try world.answer(bare.encoded(), to: line.machine)
                try line.session.received(
                    answer, for: request, on: .pull, by: line.machine.clinic, at: line.now,
                    using: &line.random)
            }
            for failure in 1...12 {
                let request = try #require(try line.next(.pull))
                #expect(request.brings)
                try stall(request)
                // News still come, and are waited for.
                let pull = try #require(try line.next(.pull))
                #expect(!pull.brings)
                let until = try #require(try line.waits(.push))
                let wait = until - line.now.monotonic
                let bound = min(Backoff.first << UInt64(failure - 1), Backoff.longest)
                #expect(wait >= bound / 2 && wait <= bound)
                try line.succeed(pull, .pull)
                world.time += wait
            }
            try line.settle()
            #expect(!line.machine.clinic.hasPending)
            try world.register(line.machine, "v2")
            #expect(try line.next(.pull)?.brings == true)
        }
    }

    @Test("What waits for a fork to be probed is not asked about again and again meanwhile")
    func forkedPush() throws {
        try withLine { world, line in
            try line.settle()
            try world.takeSnapshot(line.machine)
            try world.register(line.machine, "v1")
            try line.settle()
            try world.putBack(line.machine, sameIdentity: true)
            line.machine.clockError = 0
            let pull = try #require(try line.next(.pull))
            #expect(pull.wait > 0)
            try world.register(line.machine, "v2")
            try line.succeed(#require(try line.next(.push)), .push)
            #expect(try line.machine.clinic.probe() != nil)
            #expect(line.machine.clinic.hasPending)
            #expect(try line.waits(.push) == .max)
            try line.succeed(pull, .pull)
            for _ in 0..<2 { try line.settle() }
            #expect(!line.machine.clinic.hasPending)
            line.machine.isRolledBack = false
            try world.catchUp(line.machine)
            try world.catchUp(world.machines[1])
            try world.check()
        }
    }

    @Test("What is no answer of the hub counts as a failure, and moves nothing")
    func portal() throws {
        try withLine { world, line in
            try line.settle()
            try world.register(line.machine, "v1")
            let request = try #require(try line.next(.pull))
            let html = Array("<html>Sign in to the network</html>".utf8)
            #expect(throws: Malformed.self) {
                try line.session.received(
                    html, for: request, on: .pull, by: line.machine.clinic, at: line.now,
                    using: &line.random)
            }
            line.fail(request, .pull)
            #expect(line.machine.clinic.hasPending)
            #expect(line.session.backoff(.pull).failures == 1)
            world.time += Backoff.longest
            let again = try #require(try line.next(.pull))
            try line.succeed(again, .pull)
            #expect(!line.machine.clinic.hasPending)
        }
    }
}
