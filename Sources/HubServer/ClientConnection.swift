import Synchronization

/// One connection as its handler on the event loop and the requests on it both see it.
final class ClientConnection: Sendable {
    /// The connection that the current task answers on.
    @TaskLocal static var current: ClientConnection?

    private struct State {
        var pace: ConnectionPace
        var peer = Peer.anonymous
        var isGone = false
        /// Cancels the request that is being answered.
        var cancel: (@Sendable () -> Void)?
    }

    /// The peer's address without its port, or "".
    let remote: String
    private let state: Mutex<State>

    init(remote: String, at now: ContinuousClock.Instant) {
        self.remote = remote
        state = Mutex(State(pace: ConnectionPace(at: now)))
    }

    var peer: Peer { state.withLock { $0.peer } }

    var isLocal: Bool {
        remote == "::1" || remote.hasPrefix("127.") || remote.hasPrefix("::ffff:127.")
    }

    /// Whether the request in hand has been read to its end.
    var hasWholeBody: Bool { state.withLock { $0.pace.phase == .answering } }

    func handshakeCompleted(_ peer: Peer) {
        state.withLock {
            $0.peer = peer
            $0.pace.handshakeCompleted(at: .now)
        }
    }

    /// Changes the pace; see `ConnectionPace`.
    func pace<Result: Sendable>(
        _ change: (inout ConnectionPace, ContinuousClock.Instant) -> Result
    ) -> Result {
        state.withLock { change(&$0.pace, .now) }
    }

    /// The peer has hung up: whoever works for it may stop.
    func hangUp() {
        let cancel = state.withLock { state in
            state.isGone = true
            defer { state.cancel = nil }
            return state.cancel
        }
        cancel?()
    }

    /// Starts `operation` in a task that is cancelled if the peer hangs up before `finished`.
    func untilHangUp<Value: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Value
    ) -> Task<Value, any Error> {
        let task = Task { try await operation() }
        let isGone = state.withLock { state in
            state.cancel = { task.cancel() }
            return state.isGone
        }
        if isGone { task.cancel() }
        return task
    }

    func finished() { state.withLock { $0.cancel = nil } }
}
