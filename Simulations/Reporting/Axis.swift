import Foundation

/// One axis of a chart: what it measures, in which unit, and where a value stands on it.
struct Axis {
    struct Tick {
        var value: Double
        var label: String
    }

    /// What is measured, and its unit.
    var title: String
    /// Ascending; the first and the last are the ends of the axis.
    var ticks: [Tick]
    private(set) var isLogarithmic: Bool

    /// Where a value stands, from 0 to 1. What lies beyond an end stands there.
    func place(_ value: Double) -> Double {
        guard let first = ticks.first?.value, let last = ticks.last?.value, first < last else {
            return 0
        }
        func measure(_ value: Double) -> Double { isLogarithmic ? log(max(value, first)) : value }
        let share = (measure(value) - measure(first)) / (measure(last) - measure(first))
        return min(1, max(0, share))
    }

    // MARK: Kinds

    /// From 0 to a round number that is not below any of the values.
    static func linear(_ title: String, _ values: [Double]) -> Axis {
        let most = max(values.max() ?? 0, 1e-9)
        let step = roundStep(most / wantedSteps)
        let count = max(1, Int((most / step).rounded(.up)))
        let ticks = (0...count).map { index in
            Tick(value: Double(index) * step, label: Text.number(Double(index) * step))
        }
        return Axis(title: title, ticks: ticks, isLogarithmic: false)
    }

    private static let wantedSteps = 5.0

    /// 1, 2 or 5 times a power of ten, not below `step`.
    private static func roundStep(_ step: Double) -> Double {
        let power = pow(10, floor(log10(step)))
        return [1, 2, 5, 10].map { $0 * power }.first { $0 >= step } ?? 10 * power
    }

    /// Durations from milliseconds to years, logarithmic: as many ticks as the values need.
    ///
    /// - Parameter values: milliseconds.
    static func time(_ title: String, _ values: [Double]) -> Axis {
        let (least, most) = (values.min() ?? durations[6].value, values.max() ?? 0)
        let first = durations.lastIndex { $0.value <= least } ?? 0
        let last = durations.firstIndex { $0.value >= most } ?? durations.count - 1
        let end = min(durations.count - 1, max(last, first + 1))
        return Axis(
            title: title, ticks: Array(durations[min(first, end - 1)...end]), isLogarithmic: true)
    }

    private static let durations: [Tick] = [
        (1, "1 ms"), (10, "10 ms"), (100, "100 ms"), (1000, "1 s"), (10_000, "10 s"),
        (60_000, "1 min"), (600_000, "10 min"), (3_600_000, "1 h"), (21_600_000, "6 h"),
        (86_400_000, "1 day"), (604_800_000, "1 week"), (2_592_000_000, "30 days"),
        (31_536_000_000, "1 year"), (315_360_000_000, "10 years"),
    ].map { Tick(value: $0.0, label: $0.1) }
}
