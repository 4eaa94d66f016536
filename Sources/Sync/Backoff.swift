/// Waits that double after each failure, up to a bound, each drawn at random below its bound so
/// that clinics that lost the hub together don't come back together (Brooker, *Exponential
/// Backoff and Jitter*, 2015: full jitter). All in milliseconds.
package struct Backoff: Sendable, Equatable {
    package static let first: UInt64 = 1000
    package static let longest: UInt64 = 300_000

    package private(set) var failures = 0
    /// Monotonic time before which nothing is tried.
    package private(set) var notBefore: UInt64 = 0

    package init() {}

    package mutating func failed(
        at monotonic: UInt64, using random: inout some RandomNumberGenerator
    ) {
        failures = min(failures + 1, 32)
        let bound = min(Backoff.first << UInt64(min(failures - 1, 20)), Backoff.longest)
        notBefore = monotonic + bound / 2 + random.next(upperBound: bound / 2 + 1)
    }

    package mutating func succeeded() { self = Backoff() }
}
