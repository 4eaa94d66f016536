import Foundation

/// The results of a run, in the order in which they came.
package struct BenchTable: Sendable {
    package private(set) var rows: [BenchRow] = []

    package init() {}

    package mutating func add(_ row: BenchRow) { rows.append(row) }

    /// The rows that are not within their budgets.
    package var missed: [BenchRow] { rows.filter { $0.isMet == false } }

    /// The table for a terminal: a header, and a line a row that ends with whether its budget was
    /// met. Numbers stand to the right.
    package var text: String {
        let header = ["id", "what", "ours", "plain", "ratio", "unit", "budget", ""]
        let lines = [header] + rows.map(BenchTable.cells)
        let widths = header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        let numbers = 2...4
        return lines.map { cells in
            let padded = cells.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return numbers.contains(column) ? space + cell : cell + space
            }
            var line = padded.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }

    private static func cells(of row: BenchRow) -> [String] {
        var budget = ""
        if let bound = row.budget {
            let name = bound.judged == .ratio ? "ratio" : "ours"
            budget = "\(name) \(bound.bound.sign) \(shown(bound.value))"
        }
        let mark =
            switch row.isMet {
            case true?: "met"
            case false?: "MISSED"
            case nil: ""
            }
        return [
            row.id, row.what, shown(row.ours), row.plain.map(shown) ?? "",
            row.ratio.map(shown) ?? "", row.unit, budget, mark,
        ]
    }

    /// Three significant digits below 1,000, whole numbers in groups of three above.
    static func shown(_ value: Double) -> String {
        guard value.isFinite else { return "-" }
        let size = abs(value)
        if size < 1000 {
            if value == value.rounded() { return String(format: "%.0f", value) }
            let places = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3
            return String(format: "%.\(places)f", value)
        }
        let digits = Array(String(format: "%.0f", size))
        var text = ""
        for (at, digit) in digits.enumerated() {
            if at > 0 && (digits.count - at) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return value < 0 ? "-" + text : text
    }

    /// `bench.json`: a list of `{id, what, ours, plain, ratio, unit, budget, bound, judged, met}`,
    /// with null for what a row has not.
    package var json: String {
        let objects = rows.map { row in
            let fields: [(String, String)] = [
                ("id", BenchTable.quoted(row.id)),
                ("what", BenchTable.quoted(row.what)),
                ("ours", BenchTable.number(row.ours)),
                ("plain", BenchTable.number(row.plain)),
                ("ratio", BenchTable.number(row.ratio)),
                ("unit", BenchTable.quoted(row.unit)),
                ("budget", BenchTable.number(row.budget?.value)),
                ("bound", BenchTable.quoted(row.budget?.bound.rawValue)),
                ("judged", BenchTable.quoted(row.budget?.judged.rawValue)),
                ("met", row.isMet.map(String.init) ?? "null"),
            ]
            return "  {" + fields.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
        }
        return "[\n" + objects.joined(separator: ",\n") + "\n]\n"
    }

    /// Writes ``json`` to a file, whole or not at all.
    package func write(to path: String) throws {
        try Data(json.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    private static func number(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "null" }
        return value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
    }

    /// Ids, descriptions and units are ours: of what JSON escapes they may hold only these.
    private static func quoted(_ text: String?) -> String {
        guard let text else { return "null" }
        let escaped = text.replacingOccurrences(of: "\\", with: "\\\\")
            .replacingOccurrences(of: "\"", with: "\\\"")
        return "\"\(escaped)\""
    }
}
