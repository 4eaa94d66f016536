import Foundation

/// This machine's clocks: what the daemons give to the code below them, which reads none.
package enum Clocks {
    /// Milliseconds since 1970, as the machine has them.
    package static var wall: UInt64 { UInt64(max(0, Date().timeIntervalSince1970 * 1000)) }

    /// Milliseconds since the program first asked. They never go back, and go on while the machine
    /// sleeps.
    package static var monotonic: UInt64 {
        let (seconds, rest) = start.duration(to: .now).components
        return UInt64(seconds) * 1000 + UInt64(rest / 1_000_000_000_000_000)
    }

    private static let start = ContinuousClock.now
}
