import Foundation
import Simulator

/// How long it takes until everything is equal again.
extension ReportPage {
    /// Points of one chart at the most: more are a blot.
    private static let mostPoints = 4000

    var outages: Section {
        let all = outcomes.flatMap { outcome in outcome.figures.outages.map { (outcome.seed, $0) } }
        let lengths = all.map { Double($0.1.length) }
        let times = all.map { Double($0.1.convergence) }
        var chart = Chart(
            id: "outages", x: .time("length of the outage", lengths),
            y: .time("from the link’s return until caught up", times))
        chart.addLegend("one", "an outage")
        chart.addLegend("two", "median")
        let step = max(1, (all.count + Self.mostPoints - 1) / Self.mostPoints)
        for index in stride(from: 0, to: all.count, by: step) {
            let (seed, outage) = all[index]
            chart.addPoint(
                lengths[index], times[index], "one",
                title: "seed \(seed), \(outage.clinic): \(Text.duration(lengths[index])) down, "
                    + "\(Text.duration(times[index])) to catch up")
        }
        chart.addLine(medians(Array(zip(lengths, times)), chart.x), "two")
        let sorted = times.sorted()
        var sentence =
            "Each point is one outage of one clinic’s link while faults came, and how long the "
            + "clinic then took to send all and hear all: \(Text.number(Double(all.count))) "
            + "outages, \(seeds)."
        if let half = Text.quantile(0.5, of: sorted), let most = Text.quantile(0.95, of: sorted) {
            sentence +=
                " Half of them were over \(Text.duration(half)) after the link came back, 95 in "
                + "100 after \(Text.duration(most)). The line is the median for outages of about "
                + "one length."
        }
        if step > 1 { sentence += " Every \(step)th point is drawn." }
        return Section(
            title: "Time to catch up, by the length of the outage", sentence: sentence,
            chart: chart)
    }

    private static let bins = 10
    private static let fewestInBin = 3

    /// The middle of each part of an axis that has points.
    private func medians(_ points: [(Double, Double)], _ axis: Axis) -> [(Double, Double)] {
        var bins: [[(Double, Double)]] = Array(repeating: [], count: Self.bins)
        for point in points {
            bins[min(Self.bins - 1, Int(axis.place(point.0) * Double(Self.bins)))].append(point)
        }
        return bins.compactMap { bin in
            // Of one or two points the middle says nothing.
            guard bin.count >= Self.fewestInBin,
                let x = Text.quantile(0.5, of: bin.map(\.0).sorted()),
                let y = Text.quantile(0.5, of: bin.map(\.1).sorted())
            else { return nil }
            return (x, y)
        }
    }

    var rest: Section {
        let all = outcomes.compactMap { outcome in
            outcome.figures.rest.map { (outcome.seed, Double($0)) }
        }.sorted { ($0.1, $0.0) < ($1.1, $1.0) }
        var chart = Chart(
            id: "rest", x: .time("after the last fault", all.map(\.1)),
            y: .linear("histories at rest, of a hundred", [100]))
        var line: [(Double, Double)] = []
        for (index, (seed, time)) in all.enumerated() {
            let share = 100 * Double(index + 1) / Double(all.count)
            line.append((time, line.last?.1 ?? 0))
            line.append((time, share))
            chart.addPoint(
                time, share, "one", title: "seed \(seed): \(Text.duration(time))")
        }
        chart.addLine(line, "one")
        var sentence =
            "When all faults have stopped, how long it takes until every machine is equal to the "
            + "hub and nothing moves any more, each being asked to exchange at once and then every "
            + "minute. Each point is one history, and its height says how many of a hundred were "
            + "at rest by then: \(Text.number(Double(all.count))) "
            + "histories, \(seeds)."
        if let half = Text.quantile(0.5, of: all.map(\.1)), let last = all.last {
            sentence +=
                " Half were at rest after \(Text.duration(half)), the last one, seed "
                + "\(last.0), after \(Text.duration(last.1))."
        }
        return Section(
            title: "Time to convergence after the last fault", sentence: sentence, chart: chart)
    }
}
