import Foundation

/// Standard output: what was asked for, and nothing else.
enum StandardOutput {
    /// Writes a text or an answer, and a line break where it ends without one.
    static func write(_ text: String) { write(Array(text.utf8)) }

    static func write(_ bytes: [UInt8]) {
        let newline = UInt8(ascii: "\n")
        // A reader that is gone has seen what it wanted.
        try? FileHandle.standardOutput.write(
            contentsOf: Data(bytes.last == newline ? bytes : bytes + [newline]))
    }
}

/// Standard error: failures and progress.
enum StandardError {
    static func write(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }
}

/// What is at the other end of a standard stream.
enum Terminal {
    static var showsOutput: Bool { isatty(STDOUT_FILENO) == 1 }
    static var showsErrors: Bool { isatty(STDERR_FILENO) == 1 && type != "dumb" }

    /// Whether standard output may be coloured (no-color.org).
    static var hasColour: Bool {
        showsOutput && type != "dumb" && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
    }

    /// Columns of the terminal at standard error, or 80.
    static var width: Int {
        var size = winsize()
        let known = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return known ? Int(size.ws_col) : 80
    }

    private static var type: String? { ProcessInfo.processInfo.environment["TERM"] }

    /// A state in its colour, where colours can be shown.
    static func coloured(state: String) -> String {
        guard hasColour else { return state }
        switch state {
        case "well": return "\u{1B}[32m\(state)\u{1B}[0m"
        case "warning": return "\u{1B}[33m\(state)\u{1B}[0m"
        default: return "\u{1B}[1;31m\(state)\u{1B}[0m"
        }
    }
}
