/// A reading of a hybrid logical clock: 48 bits of milliseconds since 1970, 16 bits of counter.
///
/// After Kulkarni, Demirbas, Madappa, Avva and Leone, *Logical Physical Clocks* (2014), figure 5,
/// in the compact 64-bit form of its section 6. Where the paper lets the counter overflow, ours
/// carries into the milliseconds: the value is one 64-bit number and a tick adds one to it.
package struct HLC: Hashable, Comparable, Sendable {
    /// Milliseconds in the upper 48 bits, counter in the lower 16.
    package var rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The reading of a clock at `milliseconds` since 1970, clamped to what 48 bits hold.
    package init(milliseconds: UInt64, counter: UInt16 = 0) {
        rawValue = min(milliseconds, HLC.largestMilliseconds) << 16 | UInt64(counter)
    }

    package static let zero = HLC(rawValue: 0)
    package static let largestMilliseconds: UInt64 = 1 << 48 - 1

    package var milliseconds: UInt64 { rawValue >> 16 }
    package var counter: UInt16 { UInt16(truncatingIfNeeded: rawValue) }

    /// The reading of a local event at wall time `now` (milliseconds since 1970): above every
    /// earlier reading, and as close to the wall as that allows.
    ///
    /// `nil` when the clock has come to the end of its 64 bits. The caller then starts a new
    /// incarnation, whose stamps are told apart by their origin, and resumes from trusted time.
    package func ticked(at now: UInt64) -> HLC? {
        let wall = HLC(milliseconds: now)
        if wall > self { return wall }
        return rawValue == .max ? nil : HLC(rawValue: rawValue + 1)
    }

    package static func < (a: HLC, b: HLC) -> Bool { a.rawValue < b.rawValue }
}
