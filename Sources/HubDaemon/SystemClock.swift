import Foundation
import Sync

/// This machine's clocks. Nothing below this target reads one.
enum SystemClock {
    /// The monotonic clock counts from here, and goes on while the machine sleeps.
    private static let start = ContinuousClock.now

    static func reading() -> ClockReading {
        // The start is read first: where this is the first reading, it would else lie behind it.
        let spent = start.duration(to: .now).milliseconds
        return ClockReading(
            wall: UInt64(max(0, Date().timeIntervalSince1970 * 1000)), monotonic: UInt64(spent))
    }
}
