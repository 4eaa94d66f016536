/// Whether a connection keeps a reasonable pace. A value without I/O: it is told what happens and
/// when, and says when the connection must go.
package struct ConnectionPace: Equatable, Sendable {
    package enum Phase: Equatable, Sendable {
        case handshaking
        /// Between the handshake or the first byte of a head and the end of that head.
        case head
        /// A body is coming in: bytes since the window began.
        case body(bytes: Int)
        /// The hub's turn: it may take as long as it needs.
        case answering
        /// No request; the connection is kept for the next.
        case idle
        /// Refused before all of its body was read; the rest is thrown away.
        case lingering
    }

    package enum Verdict: String, Equatable, Sendable {
        case fine
        case handshakeTooSlow, headTooSlow, bodyTooSlow, silent, notReading, refused
    }

    package private(set) var phase = Phase.handshaking
    /// When the phase, or the window of a body, began.
    private(set) var since: ContinuousClock.Instant
    private var unsent = 0
    private var unsentSince: ContinuousClock.Instant

    package init(at now: ContinuousClock.Instant) {
        since = now
        unsentSince = now
    }

    package mutating func handshakeCompleted(at now: ContinuousClock.Instant) { enter(.head, now) }

    /// Bytes from the peer, decrypted. Returns whether they count: a refused rest doesn't.
    package mutating func received(_ count: Int, at now: ContinuousClock.Instant) -> Bool {
        switch phase {
        case .idle: enter(.head, now)
        case .body(let bytes): phase = .body(bytes: bytes + count)
        case .lingering: return false
        case .handshaking, .head, .answering: break
        }
        return true
    }

    package mutating func headReceived(at now: ContinuousClock.Instant) {
        enter(.body(bytes: 0), now)
    }

    package mutating func bodyReceived(at now: ContinuousClock.Instant) { enter(.answering, now) }

    /// All of an answer was handed on for sending.
    ///
    /// - Parameter isWhole: whether the request had been read to its end.
    package mutating func answered(isWhole: Bool, at now: ContinuousClock.Instant) {
        enter(isWhole ? .idle : .lingering, now)
    }

    /// - Parameter unsent: bytes of answers that the kernel has not taken yet.
    package mutating func check(
        at now: ContinuousClock.Instant, unsent: Int, limits: HubLimits
    ) -> Verdict {
        if unsent != self.unsent {
            self.unsent = unsent
            unsentSince = now
        }
        if unsent > 0 {
            guard now - unsentSince < limits.unsent else { return .notReading }
            // The peer is still busy with the last answer: its next request isn't due.
            if phase == .idle { since = now }
        }
        let time = now - since
        switch phase {
        case .handshaking: return time < limits.handshake ? .fine : .handshakeTooSlow
        case .head: return time < limits.head ? .fine : .headTooSlow
        case .idle: return time < limits.silence ? .fine : .silent
        case .lingering: return time < limits.lingering ? .fine : .refused
        case .answering: return .fine
        case .body(let bytes):
            guard time >= limits.bodyWindow else { return .fine }
            enter(.body(bytes: 0), now)
            return bytes >= limits.leastBodyBytes ? .fine : .bodyTooSlow
        }
    }

    private mutating func enter(_ phase: Phase, _ now: ContinuousClock.Instant) {
        self.phase = phase
        since = now
    }
}
