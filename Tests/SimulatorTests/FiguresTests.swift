import Foundation
import Reporting
import Simulator
import Synchronization
import Testing

@Suite("What simulated districts measure, and the page that shows it")
struct FiguresTests {
    /// A few histories, run once for all tests.
    private static let outcomes: [Outcome] = (1...12).map { Simulation.run(seed: $0) }
    private static let page = ReportPage(range: 1...12, outcomes: outcomes).html

    private struct Point: Hashable {
        var x: String
        var y: Double
    }

    /// The figures that the marks of a chart say they stand for, in a fixed order.
    private func points(of chart: String) throws -> [Point] {
        let start = try #require(FiguresTests.page.range(of: "<svg id=\"\(chart)\""))
        let end = try #require(
            FiguresTests.page.range(
                of: "</svg>", range: start.upperBound..<FiguresTests.page.endIndex))
        let svg = FiguresTests.page[start.lowerBound..<end.lowerBound]
        return svg.matches(of: /data-x="([^"]*)" data-y="([^"]*)"/).map {
            Point(x: String($0.1), y: Double($0.2) ?? .nan)
        }
    }

    private func sorted(_ points: [Point]) -> [Point] {
        points.sorted { ($0.x, $0.y) < ($1.x, $1.y) }
    }

    @Test("Each outage of each history is a point of its chart")
    func outages() throws {
        let expected = FiguresTests.outcomes.flatMap(\.figures.outages).map {
            Point(x: "\(Double($0.length))", y: Double($0.convergence))
        }
        #expect(expected.count > 20)
        #expect(sorted(try points(of: "outages")) == sorted(expected))
    }

    @Test("Each history that came to rest is a point of its chart")
    func rest() throws {
        let expected = FiguresTests.outcomes.compactMap(\.figures.rest).map { "\(Double($0))" }
        #expect(expected.count == FiguresTests.outcomes.filter { $0.failure == nil }.count)
        let found = try points(of: "rest")
        #expect(found.map(\.x).sorted() == expected.sorted())
        #expect(found.map(\.y).max() == 100)
    }

    @Test("The bars of links are bytes over clinic-days")
    func links() throws {
        let found = try points(of: "links")
        for bandwidth in Set(FiguresTests.outcomes.flatMap(\.figures.links).map(\.bandwidth)) {
            let uses = FiguresTests.outcomes.flatMap(\.figures.links).filter {
                $0.bandwidth == bandwidth
            }
            let days = uses.reduce(0) { $0 + $1.clinicDays }
            let up = Double(uses.reduce(0) { $0 + $1.bytesUp })
            let down = Double(uses.reduce(0) { $0 + $1.bytesDown })
            #expect(up > 0 && down > 0 && days > 0)
            for (name, bytes) in [("up", up), ("down", down)] {
                let bar = try #require(found.first { $0.x == "\(bandwidth) \(name)" })
                #expect(abs(bar.y - bytes / days) < 1e-6 * bar.y)
            }
        }
    }

    @Test("The bars of review items are what is open at the hubs in the end")
    func reviews() throws {
        var expected: [String: Int] = [:]
        for review in FiguresTests.outcomes.flatMap(\.figures.reviews) {
            expected[review.kind, default: 0] += review.items
        }
        #expect(expected.count > 1)
        let found = try points(of: "reviews")
        #expect(found.map(\.x) == expected.keys.sorted())
        #expect(found.map(\.y) == expected.keys.sorted().map { Double(expected[$0] ?? 0) })
    }

    @Test("Outages are as long as the history at the most, and machines were there for all of it")
    func plausible() {
        let day = 86_400_000.0
        for outcome in FiguresTests.outcomes {
            for outage in outcome.figures.outages {
                #expect(Double(outage.length + outage.convergence) <= Double(outcome.days) * day)
            }
            let present = outcome.figures.links.reduce(0) { $0 + $1.clinicDays }
            #expect(present > 0 && present <= 8 * Double(outcome.days))
        }
    }

    @Test("The page needs nothing from elsewhere, and has no script")
    func selfContained() {
        for word in ["http:", "https:", "<script", "<link", "<img", "@import", "url("] {
            #expect(!FiguresTests.page.contains(word), "\(word)")
        }
        #expect(FiguresTests.page.contains("seeds 1..12"))
    }

    @Test("A page without any history says so, and has its charts all the same")
    func empty() {
        let page = ReportPage(range: 3...3, outcomes: []).html
        #expect(page.contains("0 histories, seed 3"))
        #expect(page.components(separatedBy: "<svg ").count == 5)
        #expect(!page.contains("nan") && !page.contains("inf"))
    }
}
