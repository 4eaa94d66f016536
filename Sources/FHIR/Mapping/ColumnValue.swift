import Hospital
import Records

/// A column's value as JSON and as it is kept.
extension Column.Format {
    /// - Returns: `nil` where the column can't hold it exactly, and it stays JSON.
    /// - Throws: an issue without a place, where FHIR R4 doesn't allow such a value there.
    func value(of json: JSON) throws(FHIRIssue) -> Value? {
        if case .null = json { return nil }
        guard let primitive else {
            guard case .array(let elements) = json else {
                throw FHIRIssue(.structure, "must be a list of texts")
            }
            return try lines(elements)
        }
        guard primitive.allows(json) else {
            throw FHIRIssue(.value, "must be \(primitive.expectation)")
        }
        switch json {
        case .bool(let value): return .integer(value ? 1 : 0)
        case .number(let text) where self == .integer: return Int64(text).map { .integer($0) }
        case .number(let text), .string(let text):
            return fieldType.accepts(.text(text)) ? .text(text) : nil
        default: return nil
        }
    }

    /// The data type; `nil` for a list of texts.
    var primitive: Primitive? {
        switch self {
        case .string, .reference: .string
        case .code: .code
        case .uri: .uri
        case .boolean: .boolean
        case .integer: .integer
        case .decimal: .decimal
        case .date: .date
        case .dateTime: .dateTime
        case .instant: .instant
        case .lines: nil
        }
    }

    private func lines(_ elements: [JSON]) throws(FHIRIssue) -> Value? {
        var lines: [String] = []
        for element in elements {
            switch element {
            case .string(let line) where !line.utf8.contains(UInt8(ascii: "\n")): lines.append(line)
            case .string, .null: return nil
            default: throw FHIRIssue(.structure, "must be a list of texts")
            }
        }
        return lines.isEmpty ? nil : .text(lines.joined(separator: "\n"))
    }

    /// - Returns: `nil` for a null. What isn't of the column's type comes out as what it is.
    func json(of value: Value) -> JSON? {
        switch (self, value) {
        case (_, .null), (_, .bytes), (_, .group): nil
        case (.boolean, .integer(let n)): .bool(n != 0)
        case (_, .integer(let n)): .number(String(n))
        case (.decimal, .text(let text)):
            FieldType.decimal.accepts(value) ? .number(text) : .string(text)
        case (.lines, .text(let text)):
            .array(
                text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
                    .map { .string(String(Substring($0))) })
        case (_, .text(let text)): .string(text)
        }
    }
}
