import Foundation

/// Why a command of `syncctl` is not done: what happened, and what to do next.
package struct ControlRefusal: Error, Equatable, Sendable {
    /// As HTTP has it.
    package var status: Int
    /// A clause without a full stop.
    package var message: String
    /// A clause without a full stop; empty where the message says it.
    package var remedy: String

    package init(_ status: Int, _ message: String, remedy: String = "") {
        self.status = status
        self.message = message
        self.remedy = remedy
    }

    /// `{"error": {"message", "remedy"}}`.
    package var answer: ControlService.Answer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Two strings can always be encoded.
        let json = try? encoder.encode(["error": ["message": message, "remedy": remedy]])
        return (status, json.map(Array.init) ?? Array("{}".utf8))
    }
}
