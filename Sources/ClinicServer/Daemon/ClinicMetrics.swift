import Synchronization

/// Counts since the start, for `/metrics`.
final class ClinicMetrics: Sendable {
    struct Counts: Sendable {
        var exchanges = 0
        var failures = 0
        var bytesSent = 0
        var bytesReceived = 0
        /// Answers of the FHIR service, by the first digit of their status.
        var answers: [Int: Int] = [:]
    }
    private let counts = Mutex(Counts())

    var now: Counts { counts.withLock { $0 } }

    func exchanged(sent: Int, received: Int) {
        counts.withLock {
            $0.exchanges += 1
            $0.bytesSent += sent
            $0.bytesReceived += received
        }
    }

    func failed() { counts.withLock { $0.failures += 1 } }
    func answered(_ status: Int) { counts.withLock { $0.answers[status / 100, default: 0] += 1 } }
}
