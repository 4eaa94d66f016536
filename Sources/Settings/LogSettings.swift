import Logging

/// What a daemon logs, and how a line looks.
package struct LogSettings: Equatable, Sendable {
    package enum Format: String, CaseIterable, Sendable {
        /// For people and for journald.
        case text
        /// One JSON object a line, for programs that collect logs.
        case json
    }

    package let level: Logger.Level
    package let format: Format

    init(from reader: inout SettingsReader) {
        level = reader.value("log.level", .word, standard: .info)
        format = reader.value("log.format", .word, standard: .text)
    }

    /// A handler that writes lines of this format to standard error.
    package func handler(label: String) -> any LogHandler {
        switch format {
        case .text: TextLogHandler(label: label, level: level)
        case .json: JSONLinesLogHandler(label: label, level: level)
        }
    }

    /// Makes every `Logger` of this process write as these settings say. Once a process.
    package func bootstrap() {
        LoggingSystem.bootstrap { handler(label: $0) }
    }
}
