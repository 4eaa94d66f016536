/// A JSON document (RFC 8259), kept so that it comes out as it went in: numbers as the text they
/// were written in, so that `1.50` keeps its scale, and members in their order.
package enum JSON: Sendable {
    case null
    case bool(Bool)
    /// The exact text of the number.
    case number(String)
    case string(String)
    case array([JSON])
    case object([Member])

    /// A name and its value.
    package struct Member: Sendable {
        package var key: String
        package var value: JSON
        package init(_ key: String, _ value: JSON) {
            self.key = key
            self.value = value
        }
    }

    package static func number(_ integer: some BinaryInteger) -> JSON { .number(String(integer)) }

    /// The value of a member of an object; `nil` where this is no object or has no such member.
    package subscript(key: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// The elements of an array; empty for everything else.
    package var elements: [JSON] {
        if case .array(let elements) = self { elements } else { [] }
    }

    /// The members of an object, in their order; empty for everything else.
    package var members: [Member] {
        if case .object(let members) = self { members } else { [] }
    }

    package var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    package var isEmpty: Bool {
        switch self {
        case .object(let members): members.isEmpty
        case .array(let elements): elements.isEmpty
        default: false
        }
    }

    /// Sets a member, at the end when it is new. What isn't an object becomes one.
    package mutating func set(_ key: String, _ value: JSON) {
        var members = members
        self = .null
        if let at = members.firstIndex(where: { $0.key == key }) {
            members[at].value = value
        } else {
            members.append(Member(key, value))
        }
        self = .object(members)
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral
{
    package init(stringLiteral text: String) { self = .string(text) }
    package init(arrayLiteral elements: JSON...) { self = .array(elements) }
    package init(dictionaryLiteral members: (String, JSON)...) {
        self = .object(members.map { Member($0, $1) })
    }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int) { self = .number(value) }
}
