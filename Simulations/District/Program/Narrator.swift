import Foundation

/// Tells what happens, in lines of at most 92 columns, with the time that has passed.
final class Narrator: Sendable {
    private let start = ContinuousClock.now
    private let isTerminal =
        isatty(STDOUT_FILENO) == 1
        && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
    private static let width = 92

    var elapsed: Duration { start.duration(to: .now) }

    /// A new part of the story.
    func heading(_ text: String) {
        say("")
        say(isTerminal ? "\u{1B}[1m\(text)\u{1B}[0m" : text)
    }

    /// What is done and why, wrapped.
    func tell(_ text: String) {
        var line = "  "
        for word in text.split(separator: " ") {
            if line.count + word.count + 1 > Narrator.width {
                say(line)
                line = "  "
            }
            line += line == "  " ? "\(word)" : " \(word)"
        }
        say(line)
    }

    /// What was found, with the time since the start.
    func result(_ text: String) {
        let seconds = Narrator.seconds(elapsed)
        let space = String(repeating: " ", count: max(1, 7 - seconds.count))
        say("\(space)\(seconds)  \(text)")
    }

    func say(_ line: String) {
        try? FileHandle.standardOutput.write(contentsOf: Data("\(line)\n".utf8))
    }

    func fail(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data("\nFAILED: \(text)\n".utf8))
    }

    /// `1.3 s`.
    static func seconds(_ duration: Duration) -> String {
        let tenths = Int((duration / .milliseconds(100)).rounded())
        return "\(tenths / 10).\(tenths % 10) s"
    }

    /// Rows in aligned columns: the first left, the others right.
    func table(_ rows: [[String]]) {
        guard let first = rows.first else { return }
        let widths = first.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        for row in rows {
            let cells = row.indices.map { column in
                let spaces = String(repeating: " ", count: widths[column] - row[column].count)
                return column == 0 ? row[column] + spaces : spaces + row[column]
            }
            say("  " + cells.joined(separator: "   "))
        }
    }
}
