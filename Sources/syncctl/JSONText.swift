import Foundation

/// JSON as text, so that a value which a person typed is sent as it was typed.
struct JSONText: Equatable {
    let text: String

    /// Text that is JSON already; `nil` where it isn't.
    init?(parsing text: String) {
        let value = try? JSONSerialization.jsonObject(
            with: Data(text.utf8), options: .fragmentsAllowed)
        guard value != nil else { return nil }
        self.text = text
    }

    private init(unchecked text: String) { self.text = text }

    /// An object, with its members in this order; those without a value are left out.
    static func object(_ members: [(String, JSONText?)]) -> JSONText {
        let texts = members.compactMap { name, value in
            value.map { "\(string(name).text):\($0.text)" }
        }
        return JSONText(unchecked: "{\(texts.joined(separator: ","))}")
    }

    static func string(_ value: String) -> JSONText {
        JSONText(unchecked: String(decoding: encode(value), as: UTF8.self))
    }

    static func number(_ value: Int) -> JSONText { JSONText(unchecked: "\(value)") }

    /// A value as JSON with its names in order, no slash escaped.
    static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else {
            preconditionFailure("our own answers are plain texts and numbers")
        }
        return Array(data)
    }
}

extension JSONText: ExpressibleByStringLiteral {
    init(stringLiteral value: String) { self = .string(value) }
}
