/// One line on standard error that is written over as work goes on; nothing where standard error
/// is no terminal.
final class ProgressLine {
    private let isShown: Bool
    private var last = ""

    init(isShown: Bool = Terminal.showsErrors) { self.isShown = isShown }

    /// Shows a bar filled to `fraction` (0 to 1), and `text` behind it.
    func show(fraction: Double, _ text: String) {
        guard isShown else { return }
        let cells = 24
        let share = min(max(fraction, 0), 1)
        let full = Int(share * Double(cells))
        let bar = String(repeating: "█", count: full) + String(repeating: "░", count: cells - full)
        let percent = String(Int(share * 100))
        let padding = String(repeating: " ", count: 3 - percent.count)
        draw("\(bar) \(padding)\(percent) %  \(text)")
    }

    /// Removes the line, so that what follows starts on a clean one.
    func clear() {
        guard isShown, !last.isEmpty else { return }
        StandardError.write("\r\u{1B}[K")
        last = ""
    }

    private func draw(_ line: String) {
        let cut = String(line.prefix(Terminal.width - 1))
        guard cut != last else { return }
        StandardError.write("\r\(cut)\u{1B}[K")
        last = cut
    }
}
