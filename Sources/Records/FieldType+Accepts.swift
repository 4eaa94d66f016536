/// What a field of each type may hold. One rule for what is written here and for what comes from
/// elsewhere, so it is told from the bytes of the wire.
extension FieldType {
    package func accepts(_ value: Value) -> Bool {
        switch value {
        case .null: true
        case .integer(let n): accepts(n)
        case .text(var text): self != .hash && text.withUTF8 { accepts(UnsafeRawBufferPointer($0)) }
        case .bytes(let bytes): self == .hash && bytes.count == 32
        case .group: false
        }
    }

    package func accepts(_ number: Int64) -> Bool {
        switch self {
        case .boolean: number == 0 || number == 1
        case .integer, .money: true
        default: false
        }
    }

    /// Whether a byte string of the wire is a value of this type.
    package func accepts(_ bytes: UnsafeRawBufferPointer) -> Bool {
        switch self {
        case .integer, .boolean, .money: false
        case .text, .json: bytes.isUTF8
        case .code: FieldType.isCode(bytes) && bytes.isUTF8
        case .reference: FieldType.isReference(bytes) && bytes.isUTF8
        case .hash: bytes.count == 32
        case .decimal: FieldType.isDecimal(bytes)
        case .date: DateText.precision(of: bytes) != nil
        case .instant: DateText.precision(of: bytes) == .time
        }
    }

    private static let space = UInt8(ascii: " ")
    private static let delete: UInt8 = 0x7F

    /// FHIR R4's `code`: no control characters, no space at an end, none beside another.
    private static func isCode(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let last = bytes.last, last != space else { return false }
        var before = space
        for byte in bytes {
            if byte < space || byte == delete || byte == space && before == space { return false }
            before = byte
        }
        return true
    }

    /// A URI: no spaces, no control characters.
    private static func isReference(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.allSatisfy { $0 > space && $0 != delete }
    }

    /// FHIR R4's `decimal`: an optional sign, digits without leading zeros, fraction, exponent.
    private static func isDecimal(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var at = 0
        func next(_ either: Unicode.Scalar, or other: Unicode.Scalar) -> Bool {
            guard at < bytes.count else { return false }
            let byte = bytes[at]
            guard byte == UInt8(ascii: either) || byte == UInt8(ascii: other) else { return false }
            at += 1
            return true
        }
        func digits() -> Int {
            let start = at
            while at < bytes.count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[at] { at += 1 }
            return at - start
        }
        _ = next("-", or: "-")
        let leadingZero = at < bytes.count && bytes[at] == UInt8(ascii: "0")
        let whole = digits()
        guard whole > 0, !(leadingZero && whole > 1) else { return false }
        if next(".", or: "."), digits() == 0 { return false }
        if next("e", or: "E") {
            _ = next("+", or: "-")
            if digits() == 0 { return false }
        }
        return at == bytes.count
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes are UTF-8; plain ASCII, as nearly all is, is told eight at a time.
    package var isUTF8: Bool {
        var at = 0
        while at + 8 <= count {
            if loadUnaligned(fromByteOffset: at, as: UInt64.self) & 0x8080_8080_8080_8080 != 0 {
                return String(validating: self, as: UTF8.self) != nil
            }
            at += 8
        }
        while at < count {
            if self[at] >= 0x80 { return String(validating: self, as: UTF8.self) != nil }
            at += 1
        }
        return true
    }
}
