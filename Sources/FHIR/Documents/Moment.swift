import Foundation

/// Times as answers show them: UTC, after RFC 3339.
package enum Moment {
    /// To the millisecond, as FHIR's `instant`.
    ///
    /// - Parameter milliseconds: since 1970.
    package static func text(_ milliseconds: UInt64) -> String {
        date(milliseconds).formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    package static func date(_ milliseconds: UInt64) -> Date {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000)
    }
}
