import Foundation
import Logging

/// Writes each log statement as a line for people: time (UTC), level, logger, message, and the
/// metadata as `name=value`.
package struct TextLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let output: @Sendable (String) -> Void
    private let now: @Sendable () -> Date

    package init(
        label: String, level: Logger.Level,
        output: @escaping @Sendable (String) -> Void = { LogOutput.standardError($0) },
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.label = label
        self.logLevel = level
        self.output = output
        self.now = now
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let level = event.level.rawValue
        let padding = String(repeating: " ", count: max(0, "critical".count - level.count))
        var line = "\(now().logTime) \(level)\(padding) \(label): "
        line += Self.oneLine(event.message.description)
        for field in logFields(metadata, metadataProvider?.get(), event) {
            line += " \(field.name)=\(Self.shown("\(field.value)"))"
        }
        output(line)
    }

    /// A value, in quotes where it would read as several words.
    private static func shown(_ text: String) -> String {
        let plain = !text.isEmpty && !text.contains { $0.isWhitespace || $0 == "\"" }
        return plain ? oneLine(text) : "\"\(oneLine(text.replacing("\"", with: "\\\"")))\""
    }

    /// The text without line breaks and control characters, so that nobody can forge a line.
    private static func oneLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        return text.unicodeScalars.reduce(into: "") { result, scalar in
            result += isControl(scalar) ? scalar.escaped(asASCII: true) : String(scalar)
        }
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control || scalar == "\u{2028}"
            || scalar == "\u{2029}"
    }
}
