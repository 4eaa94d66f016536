/// How far the clock that stamped a frame could be believed.
package enum ClockQuality: UInt8, Sendable {
    /// Believed, but never measured against the hub.
    case unmeasured = 0
    /// Believed, and corrected by the offset that the hub measured.
    case measured = 1
    /// The wall clock was outside the believable window; time came from the high-water mark.
    case disbelieved = 2
}

/// The time that a node may rely on, although wall clocks lie: 1970 after a power cut, 2099 by a
/// typo, and machines that are off for most of the day.
///
/// The wall clock plus the offset that the hub last measured is believed from the high-water mark
/// up to 400 days beyond it. Outside that window time is the mark plus the monotonic time since
/// the mark was set. All values are milliseconds; wall times count from 1970.
package struct TrustedTime: Sendable, Equatable {
    /// How far beyond the high-water mark a wall clock is believed.
    package static let window: UInt64 = 400 * 24 * 3600 * 1000
    /// No clock of this product has ever been right before this moment (2026-01-01T00:00:00Z).
    package static let earliest: UInt64 = 1_767_225_600_000

    /// The latest time known to have passed. Persisted; never goes back.
    package private(set) var highWaterMark: UInt64
    /// What must be added to the wall clock, as the hub measured it; `nil` until it has.
    package private(set) var offset: Int64?
    private var monotonicAtMark: UInt64

    /// - Parameters:
    ///   - highWaterMark: as persisted, or 0 on a first start.
    ///   - monotonic: milliseconds of a clock that never goes back, now.
    package init(highWaterMark: UInt64, offset: Int64? = nil, monotonic: UInt64) {
        self.highWaterMark = min(max(highWaterMark, TrustedTime.earliest), HLC.largestMilliseconds)
        self.offset = offset
        monotonicAtMark = monotonic
    }

    /// Trusted time now, and how far it can be believed.
    package func reading(wall: UInt64, monotonic: UInt64) -> (now: UInt64, quality: ClockQuality) {
        let corrected = TrustedTime.adding(offset ?? 0, to: wall)
        let (sum, overflow) = highWaterMark.addingReportingOverflow(TrustedTime.window)
        if corrected >= highWaterMark, corrected <= HLC.largestMilliseconds,
            overflow || corrected <= sum
        {
            return (corrected, offset == nil ? .unmeasured : .measured)
        }
        let since = monotonic >= monotonicAtMark ? monotonic - monotonicAtMark : 0
        let room = HLC.largestMilliseconds - highWaterMark
        return (highWaterMark + min(since, room), .disbelieved)
    }

    /// Moves the mark up to trusted time. Returns whether it moved by more than a second, which is
    /// when it is worth persisting.
    package mutating func advance(wall: UInt64, monotonic: UInt64) -> Bool {
        let (now, _) = reading(wall: wall, monotonic: monotonic)
        guard now > highWaterMark else { return false }
        let moved = now - highWaterMark > 1000
        highWaterMark = now
        monotonicAtMark = monotonic
        return moved
    }

    /// Takes over what an authenticated hub says the time is. The hub outranks our window.
    package mutating func measured(hub: UInt64, wall: UInt64, monotonic: UInt64) {
        let hub = min(hub, HLC.largestMilliseconds)
        offset = Int64(hub) - Int64(min(wall, UInt64(Int64.max)))
        // A mark set by a clock that ran ahead would otherwise disbelieve the hub for ever.
        highWaterMark = max(hub, TrustedTime.earliest)
        monotonicAtMark = monotonic
    }

    private static func adding(_ offset: Int64, to wall: UInt64) -> UInt64 {
        if offset < 0 { return wall > offset.magnitude ? wall - offset.magnitude : 0 }
        let (sum, overflow) = wall.addingReportingOverflow(UInt64(offset))
        return overflow ? .max : sum
    }
}
