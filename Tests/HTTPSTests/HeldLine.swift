import Dispatch

/// Holds a thread until a test lets it go.
final class HeldLine: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    func wait() { semaphore.wait() }

    func release() { semaphore.signal() }
}
