import Foundation

/// A JSON document that is put together, not read.
enum Document: Encodable, Sendable, Equatable {
    case null
    case boolean(Bool)
    case number(Int64)
    case real(Double)
    case text(String)
    case list([Document])
    case object([String: Document])

    static func count(_ value: some BinaryInteger) -> Document { .number(Int64(clamping: value)) }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .boolean(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .real(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .list(let values): try container.encode(values)
        case .object(let members): try container.encode(members)
        }
    }

    /// UTF-8, with names in their order.
    var bytes: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // What a document holds can always be encoded, but for a number that is none.
        return (try? encoder.encode(self)).map(Array.init) ?? Array("null".utf8)
    }
}

extension Document: ExpressibleByDictionaryLiteral {
    init(dictionaryLiteral members: (String, Document)...) {
        self = .object(Dictionary(members) { $1 })
    }
}

extension Document: ExpressibleByStringLiteral {
    init(stringLiteral text: String) { self = .text(text) }
}

extension Optional {
    /// What `body` makes of the value, or JSON's null.
    func document(_ body: (Wrapped) -> Document) -> Document { map(body) ?? .null }
}
