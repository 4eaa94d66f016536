/// Rows of text in aligned columns.
struct Table {
    enum Alignment { case left, right }

    struct Column {
        let title: String
        let alignment: Alignment
        static func left(_ title: String) -> Column { Column(title: title, alignment: .left) }
        static func right(_ title: String) -> Column { Column(title: title, alignment: .right) }
    }

    let columns: [Column]
    private(set) var rows: [[String]] = []

    init(_ columns: Column...) { self.columns = columns }

    /// Adds a row with a cell for each column.
    mutating func add(_ cells: String...) {
        precondition(cells.count == columns.count, "a row has a cell for each column")
        rows.append(cells.map(\.printable))
    }

    /// The table with its titles, or `empty` where it has no rows.
    func text(orIfEmpty empty: String) -> String {
        guard !rows.isEmpty else { return empty }
        let all = [columns.map(\.title)] + rows
        let widths = columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        let lines = all.map { row in
            let cells = columns.indices.map { column in
                padded(row[column], to: widths[column], columns[column].alignment)
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }
        return lines.joined(separator: "\n")
    }

    private func padded(_ text: String, to width: Int, _ alignment: Alignment) -> String {
        let spaces = String(repeating: " ", count: width - text.count)
        return alignment == .left ? text + spaces : spaces + text
    }
}

/// Names with their values below each other, as in a form.
struct Form {
    private var lines: [(name: String, value: String)] = []

    mutating func add(_ name: String, _ value: String) { lines.append((name, value)) }

    var text: String {
        let width = lines.map(\.name.count).max() ?? 0
        return lines.map { line in
            let spaces = String(repeating: " ", count: width - line.name.count)
            return "  \(line.name)\(spaces)  \(line.value)"
        }.joined(separator: "\n")
    }
}

extension String {
    /// Without what would move the cursor or change colours: a record may hold any character.
    fileprivate var printable: String {
        String(String.UnicodeScalarView(unicodeScalars.map { $0.isControl ? " " : $0 }))
    }
}

extension Unicode.Scalar {
    /// Control characters, and those that turn the direction of writing.
    private static let isolates: [ClosedRange<UInt32>] = [0x202A...0x202E, 0x2066...0x2069]

    fileprivate var isControl: Bool {
        properties.generalCategory == .control
            || Unicode.Scalar.isolates.contains { $0.contains(value) }
    }
}

extension Int {
    /// With commas between thousands: 1,204.
    var grouped: String {
        let digits = String(magnitude)
        var result = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place) % 3 == 0 { result.append(",") }
            result.append(digit)
        }
        return self < 0 ? "-\(result)" : result
    }
}

extension Optional<Int> {
    /// The number, or a dash where the daemon gave none.
    var cell: String { self?.grouped ?? "–" }
}

extension Optional<String> {
    var cell: String { self ?? "–" }
}

extension Optional<Bool> {
    var cell: String { self.map { $0 ? "yes" : "no" } ?? "–" }
}

extension Optional<Double> {
    /// Seconds with a sign: what a clock is off by.
    var secondsCell: String {
        guard let self else { return "–" }
        // Adding zero makes one zero of the two.
        let tenths = (self * 10).rounded() / 10 + 0
        return "\(tenths > 0 ? "+" : "")\(tenths) s"
    }
}
