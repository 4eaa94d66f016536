import Foundation
import Sync

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// This machine's clocks: the only place of this target that reads them.
enum MachineClock {
    /// The wall clock, and one that never goes back.
    static func now() -> ClockReading {
        let (seconds, rest) = start.duration(to: .now).components
        let monotonic = UInt64(seconds) * 1000 + UInt64(rest / 1_000_000_000_000_000)
        let wall = max(0, Date().timeIntervalSince1970 * 1000)
        return ClockReading(wall: UInt64(wall), monotonic: monotonic)
    }

    private static let start = ContinuousClock.now
}

/// Moments as texts.
enum MomentText {
    /// RFC 3339, in UTC with milliseconds.
    static func instant(_ milliseconds: UInt64) -> String {
        let date = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
        return date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    /// As HTTP's headers have it (RFC 9110 section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func header(_ milliseconds: UInt64) -> String {
        var seconds = time_t(milliseconds / 1000)
        var parts = tm()
        guard gmtime_r(&seconds, &parts) != nil else { return "" }
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) "
            + "\(parts.tm_year + 1900) \(two(parts.tm_hour)):\(two(parts.tm_min)):"
            + "\(two(parts.tm_sec)) GMT"
    }
}
