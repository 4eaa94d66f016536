import Settings
import Sync

/// This machine's clocks. Nothing below this target reads one.
enum SystemClock {
    static func reading() -> ClockReading {
        ClockReading(wall: Clocks.wall, monotonic: Clocks.monotonic)
    }
}
