import Foundation
import Simulator

/// What is sent, and what people are asked.
extension ReportPage {
    var links: Section {
        var uses: [UInt64: Figures.LinkUse] = [:]
        for use in outcomes.flatMap(\.figures.links) {
            var sum = uses[use.bandwidth] ?? Figures.LinkUse(bandwidth: use.bandwidth)
            sum.bytesUp += use.bytesUp
            sum.bytesDown += use.bytesDown
            sum.presence += use.presence
            uses[use.bandwidth] = sum
        }
        let all = uses.values.filter { $0.presence > 0 }.sorted { $0.bandwidth < $1.bandwidth }
        let names = all.map { "\(Text.number(Double($0.bandwidth))) bytes/s" }
        func daily(_ bytes: Int, _ use: Figures.LinkUse) -> Double {
            Double(bytes) / use.clinicDays
        }
        var chart = Chart(
            id: "links", x: .names("bandwidth of the link", names),
            y: .linear(
                "bytes a clinic-day",
                all.flatMap { [daily($0.bytesUp, $0), daily($0.bytesDown, $0)] }))
        chart.addLegend("one", "up, to the hub")
        chart.addLegend("two", "down, to the clinic")
        let width = 1 / Double(max(1, all.count))
        for (index, use) in all.enumerated() {
            let start = Double(index) * width
            chart.addBar(
                "\(use.bandwidth) up", daily(use.bytesUp, use), "one", from: start + 0.14 * width,
                to: start + 0.48 * width, title: "\(names[index]), up")
            chart.addBar(
                "\(use.bandwidth) down", daily(use.bytesDown, use), "two",
                from: start + 0.52 * width, to: start + 0.86 * width,
                title: "\(names[index]), down")
        }
        let days = all.reduce(0) { $0 + $1.clinicDays }
        return Section(
            title: "Bytes a clinic-day, by kind of link",
            sentence: "What bodies of requests and answers come to for one clinic in one day while "
                + "faults came, compressed, what was lost and repeated included: "
                + "\(Text.number(days)) days of machines, clones and late ones included, \(seeds). "
                + "Short histories write more a day than long ones, so kinds of links compare "
                + "better than days do.",
            chart: chart)
    }

    var reviews: Section {
        var counts: [String: Int] = [:]
        for review in outcomes.flatMap(\.figures.reviews) {
            counts[review.kind, default: 0] += review.items
        }
        let kinds = counts.keys.sorted()
        var chart = Chart(
            id: "reviews", x: .names("kind of item", kinds),
            y: .linear("items open in the end", counts.values.map(Double.init)))
        let width = 1 / Double(max(1, kinds.count))
        for (index, kind) in kinds.enumerated() {
            let count = Double(counts[kind] ?? 0)
            chart.addBar(
                kind, count, "one", from: (Double(index) + 0.25) * width,
                to: (Double(index) + 0.75) * width, title: "\(kind): \(Text.number(count))")
        }
        let writes = outcomes.reduce(0) { $0 + $1.writes }
        let total = counts.values.reduce(0, +)
        let rate = writes == 0 ? 0 : 1000 * Double(total) / Double(writes)
        return Section(
            title: "Review items, by kind",
            sentence: "What a person still has to look at when a history ends, since nobody "
                + "settles anything in it: \(Text.number(Double(total))) items, "
                + "\(Text.number(rate)) for each 1,000 writes, \(seeds).",
            chart: chart)
    }
}
