import Causality
import Records
import Replica

/// What the clinic asks of the hub next, and what the answers mean: decided from the replica's
/// state and the time, without a network. A carrier sends the bytes of ``Request`` on one of two
/// kept connections and gives back what came, or that nothing did.
///
/// The two directions never block each other: at most one push and one pull are under way, each
/// with waits of its own. While there is little to send, it goes with the pull.
package struct ClinicSession {
    package enum Channel: Int, Sendable, CaseIterable {
        case push = 0
        case pull = 1
    }

    package struct Limits: Sendable, Equatable {
        /// Seconds that the hub may keep a request open until there is news; 0 for none.
        package var longPoll: UInt64
        /// Milliseconds between exchanges that bring nothing, where long polls are off.
        package var idle: UInt64
        /// Bytes of change sets in one request or answer.
        package var bytes: Int

        package init(longPoll: UInt64 = 50, idle: UInt64 = 60_000, bytes: Int = 1 << 20) {
            self.longPoll = longPoll
            self.idle = idle
            self.bytes = bytes
        }

        /// What goes along with a pull rather than on a connection of its own, where both
        /// directions of a slow link work at once.
        package static let little = 4 << 10
    }

    package struct Request: Sendable {
        package enum Kind: Sendable {
            case exchange(SentExchange)
            case chunk(ChunkRequest)
            case probe(ProbeRequest)
        }
        package var kind: Kind
        package var bytes: [UInt8]
        /// Seconds that the hub may be silent before it answers.
        package var wait: UInt64
        /// Whether it brings frames.
        package var brings: Bool
    }

    package enum Action: Sendable {
        case send(Request)
        /// Nothing to do before this monotonic time, unless something is written here.
        case wait(until: UInt64)
    }

    package let limits: Limits
    private var backoffs = [Backoff(), Backoff()]
    /// Between pushes that the hub answers, but of which it takes nothing.
    private var stalled = Backoff()
    private var isBusy = [false, false]
    private var pushIsUnderWay = false
    /// Entries that the hub said it holds ready beyond the last answer.
    private var behind: UInt64 = 0
    private var lastWasChunk = false
    /// When a pull is due although the last one brought nothing.
    private var nextPull: UInt64 = 0
    /// Whether an exchange has been answered since the start or the last failure.
    package private(set) var isConnected = false

    package init(limits: Limits) { self.limits = limits }

    package func backoff(_ channel: Channel) -> Backoff { backoffs[channel.rawValue] }

    /// An operator asks for an exchange now: waits are over.
    package mutating func hurry() {
        backoffs = [Backoff(), Backoff()]
        stalled = Backoff()
        nextPull = 0
    }

    /// What a channel is to do now. After ``Action/send(_:)`` the channel is busy until
    /// ``received(_:for:on:by:at:using:)`` or ``failed(_:for:on:at:using:)``.
    package mutating func next(
        _ channel: Channel, of clinic: Clinic, at now: ClockReading
    ) throws -> Action {
        precondition(!isBusy[channel.rawValue], "one request at a time on a channel")
        let notBefore = backoffs[channel.rawValue].notBefore
        if now.monotonic < notBefore { return .wait(until: notBefore) }
        let request =
            channel == .push ? try pushRequest(clinic, now) : try pullRequest(clinic, now)
        guard let request else { return .wait(until: due(channel, clinic, now)) }
        isBusy[channel.rawValue] = true
        if request.brings { pushIsUnderWay = true }
        return .send(request)
    }

    /// When a channel that has nothing to do may have something, if nothing is written here.
    private func due(_ channel: Channel, _ clinic: Clinic, _ now: ClockReading) -> UInt64 {
        let push = isStalled(now) && clinic.hasPending ? stalled.notBefore : .max
        return channel == .push ? push : max(min(nextPull, push), now.monotonic + 1)
    }

    private func isStalled(_ now: ClockReading) -> Bool { stalled.notBefore > now.monotonic }

    private func pushRequest(_ clinic: Clinic, _ now: ClockReading) throws -> Request? {
        guard clinic.hasPending, !pushIsUnderWay, !isStalled(now) else { return nil }
        // A little goes with the pull, which is one round trip for both, unless that waits for
        // news just now, or until it may be tried again.
        let pull = Channel.pull.rawValue
        let pullIsNext = !isBusy[pull] && backoffs[pull].notBefore <= now.monotonic
        if try pullIsNext && !clinic.hasPending(over: Limits.little) { return nil }
        let request = try exchange(clinic, push: limits.bytes, pulls: false, wait: 0, now)
        // What is pending stays here while a fork is probed, and that is for the pull to do.
        return request.brings ? request : nil
    }

    private func pullRequest(_ clinic: Clinic, _ now: ClockReading) throws -> Request? {
        if let probe = try clinic.probe() {
            return Request(kind: .probe(probe), bytes: probe.encoded(), wait: 0, brings: false)
        }
        if !lastWasChunk, let chunk = try clinic.chunkRequest(limit: limits.bytes) {
            return Request(kind: .chunk(chunk), bytes: chunk.encoded(), wait: 0, brings: false)
        }
        let isDue = behind > 0 || lastWasChunk || !isConnected || now.monotonic >= nextPull
        let brings =
            try clinic.hasPending && !pushIsUnderWay && !isStalled(now)
            && !clinic.hasPending(over: Limits.little)
        guard isDue || brings || limits.longPoll > 0 else { return nil }
        let mayWait = isConnected && behind == 0 && !lastWasChunk && !brings
        return try exchange(
            clinic, push: brings ? ClinicSession.Limits.little : 0, pulls: true,
            wait: mayWait ? limits.longPoll : 0, now)
    }

    private func exchange(
        _ clinic: Clinic, push: Int, pulls: Bool, wait: UInt64, _ now: ClockReading
    ) throws -> Request {
        let sent = try clinic.exchange(
            pushBytes: push, pulls: pulls, wait: wait, limit: limits.bytes, at: now)
        return Request(
            kind: .exchange(sent), bytes: sent.bytes, wait: wait,
            brings: !sent.request.frames.isEmpty)
    }

    /// Takes in what the hub answered.
    ///
    /// - Throws: ``Malformed`` when it was no answer of the hub; ``StorageFailure``. The caller
    ///   then says that the request failed. Nothing has moved.
    @discardableResult
    package mutating func received(
        _ bytes: [UInt8], for request: Request, on channel: Channel, by clinic: Clinic,
        at now: ClockReading, using random: inout some RandomNumberGenerator
    ) throws -> ExchangeOutcome {
        var outcome = ExchangeOutcome()
        switch request.kind {
        case .exchange(let sent):
            outcome = try clinic.apply(bytes, to: sent, at: now)
            if clinic.isWhereItWas(sent) {
                stalled.failed(at: now.monotonic, using: &random)
            } else if request.brings {
                stalled.succeeded()
            }
            if !sent.request.pulls.isEmpty {
                behind = outcome.behind
                lastWasChunk = false
                nextPull = now.monotonic + limits.idle
            }
        case .chunk(let chunk):
            try clinic.apply(bytes, to: chunk)
            lastWasChunk = true
        case .probe(let probe):
            try clinic.apply(bytes, to: probe)
        }
        finish(request, channel)
        backoffs[channel.rawValue].succeeded()
        isConnected = true
        return outcome
    }

    /// Nothing usable came back.
    package mutating func failed(
        _ request: Request, on channel: Channel, at now: ClockReading,
        using random: inout some RandomNumberGenerator
    ) {
        finish(request, channel)
        backoffs[channel.rawValue].failed(at: now.monotonic, using: &random)
        isConnected = false
        guard channel == .pull else { return }
        // What can't be loaded must not keep the feed from being read.
        if case .chunk = request.kind { lastWasChunk = true } else { lastWasChunk = false }
    }

    private mutating func finish(_ request: Request, _ channel: Channel) {
        isBusy[channel.rawValue] = false
        if request.brings { pushIsUnderWay = false }
    }
}
