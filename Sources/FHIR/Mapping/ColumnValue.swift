import Hospital
import Records

/// A column's value as JSON and as it is kept.
extension Column.Format {
    /// - Returns: `nil` where the column can't hold it exactly, and it stays JSON.
    /// - Throws: an issue without a place, where FHIR R4 doesn't allow such a value there.
    func value(of json: JSON) throws(FHIRIssue) -> Value? {
        switch (self, json) {
        case (_, .null): return nil
        case (.string, .string(let text)), (.code, .string(let text)),
            (.uri, .string(let text)), (.reference, .string(let text)):
            return fieldType.accepts(.text(text)) ? .text(text) : nil
        case (.boolean, .bool(let value)): return .integer(value ? 1 : 0)
        case (.decimal, .number(let text)):
            return fieldType.accepts(.text(text)) ? .text(text) : nil
        case (.integer, .number(let text)):
            guard let number = Int64(text) else {
                throw FHIRIssue(.value, "must be a whole number below 2^63")
            }
            return .integer(number)
        case (.date, .string(let text)), (.dateTime, .string(let text)),
            (.instant, .string(let text)):
            guard let precision = DateText.precision(of: text), allows(precision) else {
                throw FHIRIssue(.value, "must be \(expectation)")
            }
            return .text(text)
        case (.lines, .array(let elements)): return try lines(elements)
        default: throw FHIRIssue(.structure, "must be \(expectation)")
        }
    }

    private func lines(_ elements: [JSON]) throws(FHIRIssue) -> Value? {
        var lines: [String] = []
        for element in elements {
            switch element {
            case .string(let line) where !line.utf8.contains(UInt8(ascii: "\n")): lines.append(line)
            case .string, .null: return nil
            default: throw FHIRIssue(.structure, "must be \(expectation)")
            }
        }
        return lines.isEmpty ? nil : .text(lines.joined(separator: "\n"))
    }

    private func allows(_ precision: DateText.Precision) -> Bool {
        switch self {
        case .date: precision != .time
        case .instant: precision == .time
        default: true
        }
    }

    /// What is allowed, for whoever must correct it.
    private var expectation: String {
        switch self {
        case .string, .code, .uri, .reference: "a text in quotes"
        case .boolean: "true or false, without quotes"
        case .integer: "a whole number, without quotes"
        case .decimal: "a number, without quotes"
        case .date: "a date that exists, as \"1974\", \"1974-12\" or \"1974-12-25\""
        case .dateTime:
            "a date that exists, or one with time and zone, as \"2015-02-07T13:28:17+02:00\""
        case .instant: "a point in time with its zone, as \"2015-02-07T13:28:17+02:00\""
        case .lines: "a list of texts"
        }
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
