import Foundation

/// Times as answers show them: UTC, after RFC 3339.
enum Moment {
    /// - Parameter milliseconds: since 1970.
    static func text(_ milliseconds: UInt64) -> String {
        date(milliseconds).formatted(Date.ISO8601FormatStyle())
    }

    static func date(_ milliseconds: UInt64) -> Date {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000)
    }
}
