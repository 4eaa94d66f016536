import Foundation

/// What was done in a light district, and what it took.
package struct LightTally: Sendable, Equatable {
    package var clinicDays = 0
    package var writes = 0
    package var exchanges = 0
    package var requests = 0
    /// Bodies, compressed.
    package var bytesUp = 0
    package var bytesDown = 0
    /// Time of the processor at the hub.
    package var hubSeconds = 0.0
    /// The same, on the last day.
    package var lastDaySeconds = 0.0

    static func - (a: LightTally, b: LightTally) -> LightTally {
        LightTally(
            clinicDays: a.clinicDays - b.clinicDays, writes: a.writes - b.writes,
            exchanges: a.exchanges - b.exchanges, requests: a.requests - b.requests,
            bytesUp: a.bytesUp - b.bytesUp, bytesDown: a.bytesDown - b.bytesDown,
            hubSeconds: a.hubSeconds - b.hubSeconds,
            lastDaySeconds: a.lastDaySeconds - b.lastDaySeconds)
    }
}

/// The time of the processor that this thread uses.
struct ThreadClock {
    private let start = ThreadClock.reading()

    /// Since it was made.
    var seconds: Double { ThreadClock.reading() - start }

    private static func reading() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
