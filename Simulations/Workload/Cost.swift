import Glibc

/// What a piece of work took: time of the processor, by which things are compared, and of the
/// clock on the wall.
package struct Cost: Sendable, Equatable {
    /// User and system time of this process, all threads, in seconds.
    package var cpuSeconds: Double
    package var wallSeconds: Double

    package init(cpuSeconds: Double = 0, wallSeconds: Double = 0) {
        self.cpuSeconds = cpuSeconds
        self.wallSeconds = wallSeconds
    }

    package static func + (a: Cost, b: Cost) -> Cost {
        Cost(cpuSeconds: a.cpuSeconds + b.cpuSeconds, wallSeconds: a.wallSeconds + b.wallSeconds)
    }
    package static func += (a: inout Cost, b: Cost) { a = a + b }

    /// The one in the middle by time of the processor; the lower of two. There must be one.
    package static func median(of costs: [Cost]) -> Cost {
        precondition(!costs.isEmpty)
        return costs.sorted { $0.cpuSeconds < $1.cpuSeconds }[(costs.count - 1) / 2]
    }
}

/// Reads what this process has used so far.
package struct CPUClock: Sendable {
    private let start: Cost

    /// Starts counting.
    package init() { start = CPUClock.reading() }

    /// What has been used since this clock was started.
    package func elapsed() -> Cost {
        let now = CPUClock.reading()
        return Cost(
            cpuSeconds: now.cpuSeconds - start.cpuSeconds,
            wallSeconds: now.wallSeconds - start.wallSeconds)
    }

    /// What `work` takes.
    package static func measure(_ work: () throws -> Void) rethrows -> Cost {
        let clock = CPUClock()
        try work()
        return clock.elapsed()
    }

    /// What `work` takes, and what it returns.
    package static func measuring<Value>(_ work: () throws -> Value) rethrows -> (Value, Cost) {
        let clock = CPUClock()
        let value = try work()
        return (value, clock.elapsed())
    }

    private static func reading() -> Cost {
        var usage = rusage()
        var now = timespec()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Cost(
            cpuSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime),
            wallSeconds: Double(now.tv_sec) + Double(now.tv_nsec) / 1e9)
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) / 1e6
    }
}
