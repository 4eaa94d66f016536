import Foundation

/// Seeds that nobody has run yet: from the time of day.
enum FreshSeeds {
    /// - Parameter count: how many; 0 for as many as there are.
    static func range(_ count: Int) -> ClosedRange<UInt64> {
        let first = UInt64(max(0, Date().timeIntervalSince1970)) * spread
        return first...(count == 0 ? UInt64.max - 1 : first + UInt64(count) - 1)
    }

    /// No machine runs that many seeds a second.
    private static let spread: UInt64 = 100_000
}
