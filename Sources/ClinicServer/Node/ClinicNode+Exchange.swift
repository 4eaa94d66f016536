import Causality
import Records
import Replica
import Sync
import Trust

/// How the exchange stands, for people.
struct ExchangeState: Sendable {
    /// Exchanges that the hub has answered since the start.
    var answered: UInt64 = 0
    /// Failures since the start, and why the last one was, unless an answer came after it.
    var failed: UInt64 = 0
    var failure: String?
    /// What the hub refuses this clinic for, until it takes it again.
    var refusal: Problem?
    /// Entries that wait at the hub, as the last answer to a pull said.
    var behind: UInt64 = 0
    var acknowledged: UInt64 = 0
    var received: UInt64 = 0
    var storageFailure: StorageFailure?
    /// When the last comparison by value ended, and what came of it.
    var verifiedAt: UInt64?
    var damagedFrames = 0
}

extension ClinicNode {
    /// What a channel is to do now.
    enum Step: Sendable {
        case send(ClinicSession.Request)
        /// Milliseconds; `nil` until something happens.
        case wait(UInt64?)
    }

    func next(_ channel: ClinicSession.Channel) throws -> Step {
        let now = MachineClock.now()
        switch try session.next(channel, of: clinic, at: now) {
        case .send(let request): return .send(request)
        case .wait(let until):
            return .wait(until == .max ? nil : until > now.monotonic ? until - now.monotonic : 1)
        }
    }

    /// Takes in what the hub answered.
    ///
    /// - Throws: `Malformed` when it is no answer of a hub, `StorageFailure`. Nothing has moved
    ///   then, and the request is to be reported as failed.
    func received(
        _ bytes: [UInt8], for request: ClinicSession.Request,
        on channel: ClinicSession.Channel
    ) throws {
        var random = SystemRandomNumberGenerator()
        let outcome: ExchangeOutcome
        do {
            outcome = try session.received(
                bytes, for: request, on: channel, by: clinic, at: MachineClock.now(),
                using: &random)
        } catch {
            noteStorage(error)
            throw error
        }
        noteStorage(nil)
        clock.update(clinic.time)
        exchange.answered += 1
        exchange.acknowledged += outcome.acknowledged
        exchange.received += UInt64(outcome.received)
        (exchange.failure, exchange.refusal) = (nil, nil)
        if case .exchange(let sent) = request.kind, !sent.request.pulls.isEmpty {
            exchange.behind = outcome.behind
        }
        if !clinic.unequal.isEmpty { repairBell.ring() }
        if outcome.received > 0 || request.isChunk { indexBell.ring() }
        // The other channel may have something to do now.
        (channel == .push ? pullBell : pushBell).ring()
        progress.announce()
    }

    func failed(
        _ request: ClinicSession.Request, on channel: ClinicSession.Channel,
        because reason: ExchangeFailure
    ) {
        var random = SystemRandomNumberGenerator()
        session.failed(request, on: channel, at: MachineClock.now(), using: &random)
        exchange.failed += 1
        if reason.wasCancelled {
            // Given up for what an operator asks: that is to be done now.
            session.hurry()
        } else {
            exchange.failure = reason.description
        }
        if case .refused(let problem) = reason { exchange.refusal = problem }
        progress.announce()
    }

    /// An operator asks for an exchange now: waits are over.
    func hurry() {
        session.hurry()
        wakeExchange()
    }

    /// Whether nothing is under way: all is sent, all that waits is here, nothing is loading.
    var isQuiet: Bool {
        !clinic.hasPending && exchange.behind == 0 && !clinic.isLoading
    }

    var isConnected: Bool { session.isConnected }
    var exchangeState: ExchangeState { exchange }

    func standing() async throws -> ClinicStanding {
        let reviewItems = try await countReviewItems()
        var standing = try clinic.standing(at: MachineClock.now())
        standing.reviewItems = reviewItems
        return standing
    }

    func pendingFrames() throws -> [Lane: Int] {
        var pending: [Lane: Int] = [:]
        try clinic.replica.store.reading {
            for lane in Lane.allCases { pending[lane] = try clinic.pending(lane).frames }
        }
        return pending
    }
}

extension ClinicSession.Request {
    var isChunk: Bool { if case .chunk = kind { true } else { false } }
}
