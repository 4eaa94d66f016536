/// A JSON value (RFC 8259) that keeps the order of its members and the digits of its numbers, so
/// that the same patient is always the same bytes.
indirect enum JSONText {
    case text(String)
    /// The digits, as they are to be written.
    case number(String)
    case flag(Bool)
    case list([JSONText])
    /// Members whose value is nil are left out.
    case object([(String, JSONText?)])

    static func integer(_ value: Int) -> JSONText { .number(String(value)) }

    /// The value in UTF-8, without spaces.
    var bytes: [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(4096)
        write(to: &out)
        return out
    }

    private func write(to out: inout [UInt8]) {
        switch self {
        case .text(let text): JSONText.writeString(text, to: &out)
        case .number(let digits): out.append(contentsOf: digits.utf8)
        case .flag(let flag): out.append(contentsOf: (flag ? "true" : "false").utf8)
        case .list(let values):
            out.append(UInt8(ascii: "["))
            for (at, value) in values.enumerated() {
                if at > 0 { out.append(UInt8(ascii: ",")) }
                value.write(to: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .object(let members):
            out.append(UInt8(ascii: "{"))
            var isFirst = true
            for (name, value) in members {
                guard let value else { continue }
                if !isFirst { out.append(UInt8(ascii: ",")) }
                isFirst = false
                JSONText.writeString(name, to: &out)
                out.append(UInt8(ascii: ":"))
                value.write(to: &out)
            }
            out.append(UInt8(ascii: "}"))
        }
    }

    private static func writeString(_ text: String, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                out.append(UInt8(ascii: "\\"))
                out.append(byte)
            case 0..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                out.append(contentsOf: "\\u00".utf8)
                out.append(digits[Int(byte >> 4)])
                out.append(digits[Int(byte & 15)])
            default: out.append(byte)
            }
        }
        out.append(UInt8(ascii: "\""))
    }
}
