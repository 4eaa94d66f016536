import Causality
import Hub
import Records
import Replica
import Sync

/// The hub's side of the wire: what its daemon does with a request.
extension World {
    /// A request's bytes reach the hub.
    func reachHub(_ call: Call, _ bytes: [UInt8], isIntact: Bool, isFirst: Bool) throws {
        let store = hub.store
        let mayWait = isFirst && call.message.wait > 0
        let before = heads(of: call.machine.node)
        let now = store.reading(hubReading).now
        var answer: HubAnswer?
        do {
            // Who holds what is looked at anew in steps, where a clinic was let in again.
            if store.isLooking { try lookAnew() }
            // The power may have gone as it looked; then this request is gone with it.
            guard hub.store === store else { return }
            try attemptAtHub {
                answer = try store.answer(
                    bytes, from: call.machine.node, at: hubReading, mayWait: mayWait)
            }
        } catch is Malformed {
            if isIntact { throw Failure(.error, "the hub can't read \(call.what)") }
            return refuse(call, isFirst, "cut")
        } catch let refusal as HubRefusal {
            switch refusal {
            case .notHeld, .revoked, .unknownClinic: return refuse(call, isFirst, "\(refusal)")
            default: throw Failure(.error, "the hub refuses \(call.what): \(refusal)")
            }
        }
        if !isIntact { throw Failure(.error, "the hub takes a broken request") }
        // What was committed as the power went is in the log, though nobody was told.
        try noteCommitted(since: before, by: call.machine.node, at: now)
        switch answer {
        case nil: return
        case .nothingNew(let feeds, let wait):
            hub.waiting.append(HubMachine.Wait(call: call, feeds: feeds, since: time))
            plan(after: wait * Period.second) { [unowned self] in try endWait(call) }
        case .answer(let bytes, let woken):
            wakeWaiting(woken)
            try give(bytes, to: call, isFirst)
        }
    }

    private func lookAnew() throws {
        var woken: Set<FeedName> = []
        try attemptAtHub { woken = try hub.store.lookAnew(3) }
        hubChangedAt = time
        wakeWaiting(woken)
    }

    private func refuse(_ call: Call, _ isFirst: Bool, _ why: String) {
        say("the hub refuses #\(call.number): \(why)")
        guard isFirst else { return }
        plan(after: delay(call.machine, 100)) { [unowned self] in try fail(call) }
    }

    /// The answer sets out for the clinic.
    private func give(_ bytes: [UInt8], to call: Call, _ isFirst: Bool) throws {
        try checkScope(bytes, of: call.machine)
        call.answeredAt = time
        let parts = try MessageParts(sealed: bytes)
        let size = parts.plain.count + parts.raw.count
        let hash = Trace.hash(parts.plain) ^ Trace.hash(parts.raw)
        say(
            "the hub answers #\(call.number)\(isFirst ? "" : " once more"), \(size) bytes "
                + String(hash, radix: 16))
        let machine = call.machine
        if call.channel == .courier { return carryBack(bytes, call) }
        meter.carry(machine.link.options.bandwidth, down: bytes.count)
        let isLost = comes(.loss, machine)
        let isCut = comes(.cut, machine)
        let sent = isCut ? cut(bytes, machine) : bytes
        let delay = delay(machine, size)
        if isLost { return }
        plan(after: delay) { [unowned self] in try receive(call, sent, isIntact: !isCut) }
    }

    // MARK: Long polls

    /// News for some feeds: those who wait for them are answered.
    func wakeWaiting(_ woken: Set<FeedName>) {
        for wait in hub.waiting where !wait.feeds.isDisjoint(with: woken) {
            plan(after: 1) { [unowned self] in try endWait(wait.call) }
        }
    }

    private func endWait(_ call: Call) throws {
        guard let index = hub.waiting.firstIndex(where: { $0.call === call }) else { return }
        let wait = hub.waiting.remove(at: index)
        // Its machine may be gone by now; the hub doesn't know.
        var answer: HubAnswer?
        do {
            try attemptAtHub {
                answer = try hub.store.answer(
                    call.message.bytes, from: call.machine.node, at: hubReading, mayWait: false,
                    waited: time - wait.since)
            }
        } catch HubRefusal.revoked {
            return refuse(call, true, "revoked")
        }
        switch answer {
        case nil: return
        case .nothingNew: throw Failure(.error, "the hub waits although it may not")
        case .answer(let bytes, _): try give(bytes, to: call, true)
        }
    }

    // MARK: What the hub has

    func heads(of node: NodeID) -> [Origin: UInt64] {
        var heads: [Origin: UInt64] = [:]
        for origin in hub.store.node.origins(of: node) {
            heads[origin] = hub.store.node.head(origin)?.sequence ?? 0
        }
        return heads
    }
}
