import Foundation
import Logging

/// Writes each log statement as one JSON object on a line: `time` (RFC 3339, UTC), `level`,
/// `logger`, `message`, and `metadata` with what the statement carries.
package struct JSONLinesLogHandler: LogHandler {
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
        var members = [
            ("time", Self.quoted(now().logTime)), ("level", Self.quoted(event.level.rawValue)),
            ("logger", Self.quoted(label)), ("message", Self.quoted(event.message.description)),
        ]
        let fields = logFields(metadata, metadataProvider?.get(), event)
        if !fields.isEmpty {
            members.append(("metadata", Self.object(fields.map { ($0.name, Self.json($0.value)) })))
        }
        output(Self.object(members))
    }

    private static func json(_ value: Logger.MetadataValue) -> String {
        switch value {
        case .string(let text): return quoted(text)
        case .stringConvertible(let item): return quoted(item.description)
        case .array(let items): return "[\(items.map(json).joined(separator: ","))]"
        case .dictionary(let members):
            return object(members.sorted { $0.key < $1.key }.map { ($0.key, json($0.value)) })
        }
    }

    private static func object(_ members: [(String, String)]) -> String {
        "{\(members.map { "\(quoted($0)):\($1)" }.joined(separator: ","))}"
    }

    /// A JSON string (RFC 8259, section 7).
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{0}"..."\u{1F}", "\u{7F}", "\u{2028}", "\u{2029}":
                result += String(format: "\\u%04x", scalar.value)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
