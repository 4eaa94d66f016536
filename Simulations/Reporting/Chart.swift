import Foundation

/// A chart as SVG: two axes with a grid, and the marks that are drawn between them. Each mark that
/// stands for a figure says it in `data-x` and `data-y`.
struct Chart {
    /// What identifies it on the page.
    var id: String
    var x: Axis
    var y: Axis
    private var marks: [String] = []
    private var legend: [(style: String, text: String)] = []

    init(id: String, x: Axis, y: Axis) {
        (self.id, self.x, self.y) = (id, x, y)
    }

    private static let (width, height) = (720.0, 380.0)
    private static let (left, right, top, bottom) = (84.0, 20.0, 34.0, 56.0)
    private static let legendStep = 150.0

    private func across(_ share: Double) -> Double {
        Chart.left + share * (Chart.width - Chart.left - Chart.right)
    }

    private func down(_ share: Double) -> Double {
        Chart.height - Chart.bottom - share * (Chart.height - Chart.top - Chart.bottom)
    }

    // MARK: Marks

    mutating func addLegend(_ style: String, _ text: String) { legend.append((style, text)) }

    mutating func addPoint(_ xValue: Double, _ yValue: Double, _ style: String, title: String) {
        marks.append(
            "<circle class=\"point \(style)\" cx=\"\(at(across(x.place(xValue))))\" "
                + "cy=\"\(at(down(y.place(yValue))))\" r=\"3\" \(data(xValue, yValue))>"
                + "<title>\(Text.escaped(title))</title></circle>")
    }

    mutating func addLine(_ points: [(Double, Double)], _ style: String) {
        let places = points.map { "\(at(across(x.place($0.0)))),\(at(down(y.place($0.1))))" }
        marks.append(
            "<polyline class=\"line \(style)\" points=\"\(places.joined(separator: " "))\"/>")
    }

    /// A bar, between two places along the x axis that it doesn't measure.
    ///
    /// - Parameter name: what it stands for.
    mutating func addBar(
        _ name: String, _ value: Double, _ style: String, from: Double, to: Double, title: String
    ) {
        let (start, end, tip) = (across(from), across(to), down(y.place(value)))
        marks.append(
            "<rect class=\"bar \(style)\" x=\"\(at(start))\" y=\"\(at(tip))\" "
                + "width=\"\(at(end - start))\" height=\"\(at(down(0) - tip))\" "
                + "data-x=\"\(Text.escaped(name))\" data-y=\"\(value)\">"
                + "<title>\(Text.escaped(title))</title></rect>")
        marks.append(
            "<text class=\"value\" x=\"\(at((start + end) / 2))\" y=\"\(at(tip - 5))\" "
                + "text-anchor=\"middle\">\(Text.number(value))</text>")
    }

    private func at(_ place: Double) -> String { String(format: "%.1f", place) }
    private func data(_ x: Double, _ y: Double) -> String { "data-x=\"\(x)\" data-y=\"\(y)\"" }

    // MARK: The whole

    /// - Parameter summary: what it shows, for who can't see it.
    func svg(_ summary: String) -> String {
        var lines = [
            "<svg id=\"\(id)\" role=\"img\" aria-label=\"\(Text.escaped(summary))\" "
                + "viewBox=\"0 0 \(at(Chart.width)) \(at(Chart.height))\">"
        ]
        for tick in y.ticks {
            let place = down(y.place(tick.value))
            lines.append(gridLine(from: (across(0), place), to: (across(1), place)))
            lines.append(
                label(tick.label, "end", across(0) - 8, place, shift: "0.35em"))
        }
        for tick in x.ticks {
            let place = across(x.place(tick.value))
            lines.append(gridLine(from: (place, down(0)), to: (place, down(0) + 5)))
            lines.append(label(tick.label, "middle", place, down(0) + 19))
        }
        lines += titles + legendLines + marks + ["</svg>"]
        return lines.joined(separator: "\n")
    }

    private func gridLine(from: (x: Double, y: Double), to: (x: Double, y: Double)) -> String {
        "<line class=\"grid\" x1=\"\(at(from.x))\" x2=\"\(at(to.x))\" "
            + "y1=\"\(at(from.y))\" y2=\"\(at(to.y))\"/>"
    }

    /// - Parameter anchor: which part of the text is at the place: `start`, `middle` or `end`.
    private func label(
        _ text: String, _ anchor: String, _ x: Double, _ y: Double, shift: String = "0"
    ) -> String {
        "<text x=\"\(at(x))\" y=\"\(at(y))\" dy=\"\(shift)\" text-anchor=\"\(anchor)\">"
            + "\(Text.escaped(text))</text>"
    }

    private var titles: [String] {
        let middle = at((down(0) + down(1)) / 2)
        return [
            "<text class=\"title\" x=\"\(at(across(0.5)))\" y=\"\(at(Chart.height - 10))\" "
                + "text-anchor=\"middle\">\(Text.escaped(x.title))</text>",
            "<text class=\"title\" x=\"16\" y=\"\(middle)\" text-anchor=\"middle\" "
                + "transform=\"rotate(-90 16 \(middle))\">\(Text.escaped(y.title))</text>",
        ]
    }

    private var legendLines: [String] {
        legend.enumerated().flatMap { index, entry in
            let start = across(0) + Double(index) * Chart.legendStep
            return [
                "<rect class=\"key \(entry.style)\" x=\"\(at(start))\" y=\"10\" width=\"12\" "
                    + "height=\"12\"/>",
                "<text x=\"\(at(start + 18))\" y=\"16\" dy=\"0.35em\">"
                    + "\(Text.escaped(entry.text))</text>",
            ]
        }
    }
}

extension Axis {
    /// Names side by side, each in the middle of a place of its own.
    static func names(_ title: String, _ names: [String]) -> Axis {
        let count = Double(max(1, names.count))
        let inner = names.enumerated().map {
            Tick(value: (Double($0) + 0.5) / count, label: $1)
        }
        return Axis(
            title: title, ticks: [Tick(value: 0, label: "")] + inner + [Tick(value: 1, label: "")])
    }

    init(title: String, ticks: [Tick]) {
        self.init(title: title, ticks: ticks, isLogarithmic: false)
    }
}
