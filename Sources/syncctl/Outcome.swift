import ArgumentParser

/// What a command's exit status tells a monitor, as monitoring plug-ins do.
enum Outcome: Int32 {
    case well = 0
    case warning = 1
    case critical = 2
    /// The daemon can't be reached, or what it says can't be read.
    case unknown = 3

    /// The outcome that a daemon's `state` stands for.
    init(state: String?) {
        switch state {
        case "well": self = .well
        case "warning": self = .warning
        case "critical": self = .critical
        default: self = .unknown
        }
    }

    /// Ends the command with this exit status, where it isn't 0.
    func finish() throws {
        if self != .well { throw ExitCode(rawValue) }
    }
}
