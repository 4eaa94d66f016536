import Causality
import Hub
import Records
import Sync

/// The clinic's side of the wire: what production's exchange loops do, without waiting.
extension World {
    /// A bell rings: something may be there to be sent.
    func wakeBoth(_ machine: ClinicMachine, after wait: UInt64 = 1) {
        wake(machine, .push, after: wait)
        wake(machine, .pull, after: wait)
    }

    func wake(_ machine: ClinicMachine, _ channel: ClinicSession.Channel, after wait: UInt64) {
        let index = channel.rawValue
        machine.wakes[index] += 1
        let (mine, boot) = (machine.wakes[index], machine.boot)
        plan(after: wait) { [unowned self] in
            guard mine == machine.wakes[index], boot == machine.boot else { return }
            try attempt(machine) { try look(machine, channel) }
        }
    }

    private func look(_ machine: ClinicMachine, _ channel: ClinicSession.Channel) throws {
        guard !machine.isGone, machine.calls[channel.rawValue] == nil else { return }
        if channel == .pull, machine.calls[Call.Channel.aside.rawValue] != nil { return }
        if !machine.link.isUp, machine.session.backoff(channel).failures >= World.triesWhileDown {
            // All tries until it is up again fail alike.
            guard machine.link.until < .max else { return }
            let wait = machine.link.until - min(time, machine.link.until)
            return wake(machine, channel, after: wait + machine.wire.within(1...Backoff.longest))
        }
        if channel == .pull, try oddCall(machine) { return }
        switch try machine.session.next(channel, of: machine.clinic, at: reading(machine)) {
        case .wait(let until):
            guard until != .max else { return }
            let now = reading(machine).monotonic
            wake(machine, channel, after: until > now ? until - now : 1)
        case .send(let request):
            try send(
                machine, channel == .push ? .push : .pull,
                Call.Message(request))
        }
    }

    private static let triesWhileDown = 2

    /// A request that no session would make now.
    private func oddCall(_ machine: ClinicMachine) throws -> Bool {
        guard !isHealing, draw(.adversary, { $0.comes(options.perMille(.adversary)) }) else {
            return false
        }
        let message: Call.Message
        if let probe = try machine.clinic.probe() {
            message = Call.Message(probe)
        } else if draw(.adversary, { $0.comes(500) }),
            let chunk = try machine.clinic.chunkRequest(
                limit: draw(.adversary) { $0.pick([1, 200, 100_000]) })
        {
            message = Call.Message(chunk)
        } else {
            let (push, pulls, limit) = draw(.adversary) {
                ($0.pick([0, 1, 1, 400, 100_000]), $0.comes(800), $0.pick([1, 300, 100_000]))
            }
            message = Call.Message(
                try machine.clinic.exchange(
                    pushBytes: push, pulls: pulls, wait: 0, limit: limit, at: reading(machine)))
        }
        try send(machine, .aside, message)
        return true
    }

    /// Sends a request, with the fate that chance gives it.
    func send(_ machine: ClinicMachine, _ channel: Call.Channel, _ message: Call.Message) throws {
        calls += 1
        let call = Call(
            number: calls, at: time, machine: machine, channel: channel, message: message)
        machine.calls[channel.rawValue] = call
        machine.exchanges += 1
        let size = try contentSize(message.bytes)
        meter.carry(machine.link.options.bandwidth, up: message.bytes.count)
        say("\(machine.name) \(call.what) #\(call.number), \(size) bytes")
        guard machine.link.isUp else { return plan(after: Period.second) { try self.fail(call) } }
        let delay = delay(machine, size)
        plan(after: delay + message.wait * Period.second + World.patience) { [unowned self] in
            if call.isAwaited { say("#\(call.number) times out") }
            try fail(call)
        }
        if comes(.portal, machine) {
            return plan(after: delay) { [unowned self] in
                try receive(call, World.page, isIntact: false)
            }
        }
        if comes(.loss, machine) { return }
        let isCut = comes(.cut, machine)
        let bytes = isCut ? cut(message.bytes, machine) : message.bytes
        plan(after: delay) { [unowned self] in
            try reachHub(call, bytes, isIntact: !isCut, isFirst: true)
        }
        if comes(.duplicate, machine) {
            let late = machine.wire.pick([1, Period.second, Period.hour, Period.day])
            plan(after: delay + machine.wire.within(1...late)) { [unowned self] in
                try reachHub(call, message.bytes, isIntact: true, isFirst: false)
            }
        }
    }

    /// Milliseconds that a clinic waits for an answer, beside what was agreed.
    private static let patience = 2 * Period.minute
    private static let page = Array("<html>Sign in to the network</html>".utf8)

    func comes(_ fault: Fault, _ machine: ClinicMachine) -> Bool {
        // Drawn in any case, so that leaving a fault out changes nothing else.
        let draw = machine.wire.below(1000)
        return !machine.link.isMended && draw < options.perMille(fault)
    }

    func cut(_ bytes: [UInt8], _ machine: ClinicMachine) -> [UInt8] {
        Array(bytes.prefix(machine.wire.below(bytes.count)))
    }

    /// How long some bytes take one way. Counted before compression, so that it is the same with
    /// every version of zstd.
    func delay(_ machine: ClinicMachine, _ size: Int) -> UInt64 {
        let link = machine.link.options
        let transfer = UInt64(size) * 1000 / max(1, link.bandwidth) / World.compression
        return 1 + link.latency + machine.wire.below(link.jitter + 1) + transfer
    }

    private static let compression: UInt64 = 3

    func contentSize(_ bytes: [UInt8]) throws -> Int {
        let parts = try MessageParts(sealed: bytes)
        return parts.plain.count + parts.raw.count
    }

    // MARK: The answer

    /// Nothing usable came back.
    func fail(_ call: Call) throws {
        guard call.isAwaited else { return }
        end(call)
        let machine = call.machine
        if let request = call.message.request {
            machine.session.failed(
                request, on: call.channel == .push ? .push : .pull, at: reading(machine),
                using: &machine.chance)
        }
        wakeBoth(machine)
    }

    private func end(_ call: Call) {
        call.isOver = true
        if call.channel != .courier { call.machine.calls[call.channel.rawValue] = nil }
    }

    /// Bytes come in as the answer to a call.
    func receive(_ call: Call, _ bytes: [UInt8], isIntact: Bool) throws {
        let machine = call.machine
        guard call.isAwaited, machine.link.isUp || call.channel == .courier else { return }
        end(call)
        let boot = machine.boot
        do {
            guard try attempt(machine, { try take(bytes, call) }) else {
                if boot == machine.boot { try giveUp(call) }
                return
            }
        } catch let error as Malformed {
            if isIntact {
                throw Failure(.error, "\(machine.name) does not take the hub's answer: \(error)")
            }
            say("#\(call.number) brings nothing that can be read")
            return try giveUp(call)
        }
        if !isIntact { throw Failure(.error, "\(machine.name) takes a broken answer") }
        say("#\(call.number) is taken")
        try attempt(machine, isLook: true) { try observe(machine, call) }
        try attempt(machine, isLook: true) { try noteCaughtUp(machine) }
        wakeBoth(machine)
    }

    /// What came can't be taken in.
    private func giveUp(_ call: Call) throws {
        call.isOver = false
        if call.channel != .courier { call.machine.calls[call.channel.rawValue] = call }
        try fail(call)
    }

    private func take(_ bytes: [UInt8], _ call: Call) throws {
        let (machine, now) = (call.machine, reading(call.machine))
        let outcome: ExchangeOutcome
        if let request = call.message.request {
            outcome = try machine.session.received(
                bytes, for: request, on: call.channel == .push ? .push : .pull,
                by: machine.clinic, at: now, using: &machine.chance)
        } else {
            switch call.message.kind {
            case .exchange(let sent):
                outcome = try machine.clinic.apply(bytes, to: sent, at: now)
            case .chunk(let chunk): return try machine.clinic.apply(bytes, to: chunk)
            case .probe(let probe): return try machine.clinic.apply(bytes, to: probe)
            }
        }
        guard case .exchange(let sent) = call.message.kind, !sent.request.pulls.isEmpty else {
            return
        }
        machine.pulledAt = max(machine.pulledAt, call.sentAt)
        machine.behind = outcome.behind
    }
}
