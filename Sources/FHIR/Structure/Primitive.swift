import Records

/// FHIR R4's primitive data types (its section 2.24.0.1).
package enum Primitive: String, Sendable, CaseIterable {
    case boolean, integer, positiveInt, unsignedInt, decimal
    case string, markdown, xhtml, code, id, uri, url, canonical, oid, uuid, base64Binary
    case date, dateTime, instant, time

    /// Whether a JSON value is one that R4 allows.
    func allows(_ json: JSON) -> Bool {
        switch (self, json) {
        case (.boolean, .bool), (.decimal, .number): true
        // `Int32` would also take a sign in front, which JSON doesn't have.
        case (.integer, .number(let text)): Int32(text) != nil
        case (.positiveInt, .number(let text)): Int32(text).map { $0 > 0 } ?? false
        case (.unsignedInt, .number(let text)): Int32(text).map { $0 >= 0 } ?? false
        case (_, .string(let text)): allows(text)
        default: false
        }
    }

    private func allows(_ text: String) -> Bool {
        guard !text.isEmpty else { return false }
        switch self {
        case .boolean, .integer, .positiveInt, .unsignedInt, .decimal: return false
        case .string, .markdown, .xhtml: return true
        case .code: return isCode(text)
        case .id: return ResourceName.isID(text)
        case .uri, .url, .canonical, .oid, .uuid: return !text.utf8.contains(where: isSpace)
        case .base64Binary: return text.utf8.allSatisfy(isBase64)
        case .date: return DateText.precision(of: text).map { $0 != .time } ?? false
        case .dateTime: return DateText.precision(of: text) != nil
        case .instant: return DateText.precision(of: text) == .time
        case .time: return isTime(text)
        }
    }

    /// A time of day has no zone: any will do to read it.
    private func isTime(_ text: String) -> Bool {
        text.utf8.last.map { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } == true
            && !text.utf8.contains(UInt8(ascii: "+")) && !text.utf8.contains(UInt8(ascii: "-"))
            && DateText.precision(of: "2000-01-01T\(text)Z") == .time
    }

    /// One blank at a time, and none at the ends.
    private func isCode(_ text: String) -> Bool {
        var isBlank = true
        for byte in text.utf8 {
            if isSpace(byte), isBlank || byte != UInt8(ascii: " ") { return false }
            isBlank = isSpace(byte)
        }
        return !isBlank
    }

    private func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    private func isBase64(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "+"), UInt8(ascii: "/"),
            UInt8(ascii: "="):
            true
        default: isSpace(byte)
        }
    }

    /// What is allowed, for whoever must correct it.
    var expectation: String {
        switch self {
        case .boolean: "true or false, without quotes"
        case .integer: "a whole number from -2147483648 to 2147483647, without quotes"
        case .positiveInt: "a whole number from 1 to 2147483647, without quotes"
        case .unsignedInt: "a whole number from 0 to 2147483647, without quotes"
        case .decimal: "a number, without quotes"
        case .string, .markdown, .xhtml: "a text in quotes that isn't empty"
        case .code: "a code in quotes, without blanks at its ends"
        case .id: "a text in quotes of 1 to 64 letters, digits, ‘-’ and ‘.’"
        case .uri, .url, .canonical, .oid, .uuid: "a URI in quotes, without blanks"
        case .base64Binary: "base64 in quotes"
        case .date: "a date that exists, as \"1974\", \"1974-12\" or \"1974-12-25\""
        case .dateTime:
            "a date that exists, or one with time and zone, as \"2015-02-07T13:28:17+02:00\""
        case .instant: "a point in time with its zone, as \"2015-02-07T13:28:17+02:00\""
        case .time: "a time of day, as \"13:28:17\""
        }
    }
}
