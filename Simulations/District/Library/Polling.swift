/// How this program waits for what happens in daemons, which are other processes: they answer over
/// HTTP when they are asked, and call nobody.
package enum Polling {
    /// Longer than a look takes, and shorter than anybody notices.
    private static let interval = Duration.milliseconds(10)

    /// Looks after each interval, until a condition holds or the time is up.
    ///
    /// - Returns: whether the condition came to hold.
    /// - Throws: what looking throws; `CancellationError`.
    package static func until(
        within limit: Duration, _ holds: () async throws -> Bool
    ) async throws -> Bool {
        let clock = ContinuousClock()
        let deadline = clock.now + limit
        repeat {
            try await Task.sleep(for: interval)
            if try await holds() { return true }
        } while clock.now < deadline
        return false
    }
}
