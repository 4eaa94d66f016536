import Foundation

/// Any JSON, for the parts of an answer whose shape depends on the record.
enum JSONValue: Codable, Equatable {
    case null
    case boolean(Bool)
    case number(Decimal)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Decimal.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .boolean(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }

    /// A few facts for a person, in one phrase: `at 2026-11-24T07:00:00Z, succeeded yes`.
    var phrase: String {
        switch self {
        case .object(let members):
            members.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.phrase)" }
                .joined(separator: ", ")
        case .array(let items): items.map(\.phrase).joined(separator: ", ")
        default: brief
        }
    }

    /// The value for a person: texts and numbers bare, the rest as JSON with its names in order.
    var brief: String {
        switch self {
        case .null: "–"
        case .boolean(let value): value ? "yes" : "no"
        case .number(let value): "\(value)"
        case .string(let value): value
        case .array, .object: String(decoding: JSONText.encode(self), as: UTF8.self)
        }
    }
}
