import CCurl
import Synchronization

/// What passes between the callers of a client and its thread: requests in order, cancellations,
/// and the endpoint as it is now.
final class Mailbox: Sendable {
    typealias Outcome = Result<HTTPResponse, TransportFailure>

    struct Job: Sendable {
        let id: UInt64
        let request: HTTPRequest
        let answer: CheckedContinuation<Outcome, Never>
    }

    /// What the thread should do next.
    enum Order: Sendable {
        /// `generation` grows with each change of the endpoint: kept connections of an older one
        /// must not be used.
        case perform(Job, Endpoint, generation: Int)
        case wait
        case close
    }

    private struct State {
        var endpoint: Endpoint
        var generation = 0
        var waiting: [Job] = []
        var running: UInt64?
        var isRunningCancelled = false
        var isClosed = false
        var lastID: UInt64 = 0
        /// Address of the thread's multi handle while it may be woken.
        var multi: UInt?

        func wake() {
            guard let multi, let handle = UnsafeMutableRawPointer(bitPattern: multi) else { return }
            curl_multi_wakeup(handle)
        }
    }

    private let state: Mutex<State>

    init(endpoint: Endpoint) { state = Mutex(State(endpoint: endpoint)) }

    // MARK: Callers

    func nextID() -> UInt64 {
        state.withLock {
            $0.lastID += 1
            return $0.lastID
        }
    }

    func post(_ job: Job, limit: Int) {
        let refusal: TransportFailure? = state.withLock { state in
            if state.isClosed { return .cancelled }
            if state.waiting.count >= limit { return .busy }
            state.waiting.append(job)
            state.wake()
            return nil
        }
        if let refusal { job.answer.resume(returning: .failure(refusal)) }
    }

    func cancel(_ id: UInt64) {
        let job: Job? = state.withLock { state in
            if state.running == id {
                state.isRunningCancelled = true
                state.wake()
                return nil
            }
            guard let index = state.waiting.firstIndex(where: { $0.id == id }) else { return nil }
            return state.waiting.remove(at: index)
        }
        job?.answer.resume(returning: .failure(.cancelled))
    }

    func change(_ change: @Sendable (inout Endpoint) -> Void) {
        state.withLock {
            change(&$0.endpoint)
            $0.generation += 1
        }
    }

    func close() {
        state.withLock {
            $0.isClosed = true
            $0.wake()
        }
    }

    // MARK: The thread

    /// Says where to wake the thread; 0 when it can't be woken any more.
    func listen(at address: UInt) {
        state.withLock { $0.multi = address == 0 ? nil : address }
    }

    func nextOrder() -> Order {
        state.withLock { state in
            if state.isClosed { return .close }
            guard !state.waiting.isEmpty else { return .wait }
            let job = state.waiting.removeFirst()
            state.running = job.id
            state.isRunningCancelled = false
            return .perform(job, state.endpoint, generation: state.generation)
        }
    }

    func isRunningCancelled() -> Bool {
        state.withLock { $0.isRunningCancelled || $0.isClosed }
    }

    func finish(_ job: Job, _ outcome: Outcome) {
        state.withLock { $0.running = nil }
        job.answer.resume(returning: outcome)
    }

    /// Whatever still waits when the thread ends.
    func drain() {
        let left = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for job in left { job.answer.resume(returning: .failure(.cancelled)) }
    }
}
