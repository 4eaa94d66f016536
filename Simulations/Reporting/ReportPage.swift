// What many simulated districts measured, as one page that a browser shows without a network.
//
// Invariants: everything is in one file; what a chart shows it also says in words, with the seeds
// that it is made of; a figure on the page is a figure of an outcome, never a guess.

import Foundation
import Simulator

/// The page of a run of seeds.
package struct ReportPage {
    let range: ClosedRange<UInt64>
    let outcomes: [Outcome]

    package init(range: ClosedRange<UInt64>, outcomes: [Outcome]) {
        self.range = range
        self.outcomes = outcomes
    }

    package static let fileName = "index.html"

    package var html: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Simulated districts, \(seeds)</title>
        <style>
        \(ReportPage.style)
        </style>
        </head>
        <body>
        <header>
        <h1>Simulated districts</h1>
        <p>\(opening)</p>
        </header>
        \(sections.map(section).joined(separator: "\n"))
        \(failures)
        </body>
        </html>

        """
    }

    var seeds: String {
        range.count == 1
            ? "seed \(range.lowerBound)" : "seeds \(range.lowerBound)..\(range.upperBound)"
    }

    private var opening: String {
        let days = outcomes.reduce(0) { $0 + $1.clinicDays }
        let writes = outcomes.reduce(0) { $0 + $1.writes }
        let failed = outcomes.filter { $0.failure != nil }.count
        return "\(Text.number(Double(outcomes.count))) histories, \(seeds): "
            + "\(Text.number(Double(days))) clinic-days, \(Text.number(Double(writes))) writes. "
            + (failed == 0
                ? "Every one of them kept all promises." : "<strong>\(failed) failed.</strong>")
    }

    /// One chart with what it shows.
    struct Section {
        var title: String
        var sentence: String
        var chart: Chart
    }

    private var sections: [Section] { [outages, rest, links, reviews] }

    private func section(_ section: Section) -> String {
        """
        <section>
        <h2>\(section.title)</h2>
        <figure>
        <div class="chart">\(section.chart.svg(section.sentence))</div>
        <figcaption>\(Text.escaped(section.sentence))</figcaption>
        </figure>
        </section>
        """
    }

    private var failures: String {
        let failed = outcomes.filter { $0.failure != nil }
        if failed.isEmpty { return "" }
        let rows = failed.map { outcome in
            let replay = "\(Replay(seed: outcome.seed, cuts: outcome.cuts))"
            return "<tr><td><code>simulate --replay '\(Text.escaped(replay))'</code></td>"
                + "<td>\(Text.escaped(outcome.failure?.description ?? ""))</td></tr>"
        }
        return """
            <section>
            <h2>Histories that failed</h2>
            <table>
            <tr><th>to see it again</th><th>what was found</th></tr>
            \(rows.joined(separator: "\n"))
            </table>
            </section>
            """
    }
}
