import Causality
import Sync
import Synchronization

/// Trusted time for whoever may not wait for the database's thread: certificates are judged by
/// it. The node tells it what it knows after each exchange and each write.
package final class TrustedClock: Sendable {
    private let time: Mutex<TrustedTime>

    init(_ time: TrustedTime) { self.time = Mutex(time) }

    func update(_ newer: TrustedTime) { time.withLock { $0 = newer } }

    /// Milliseconds since 1970, and how far they can be believed.
    func reading() -> (now: UInt64, quality: ClockQuality) {
        let machine = MachineClock.now()
        return time.withLock { $0.reading(wall: machine.wall, monotonic: machine.monotonic) }
    }

    /// Seconds since 1970.
    var seconds: Int64 { Int64(reading().now / 1000) }
}
