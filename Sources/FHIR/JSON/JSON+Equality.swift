/// Equality of meaning: the order of an object's members doesn't count, nor does the way in which
/// a number is written. Strings are equal when their bytes are, which is stricter than `String`'s
/// own equality.
extension JSON: Equatable {
    package static func == (a: JSON, b: JSON) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.number(let a), .number(let b)): a == b || DecimalText(a) == DecimalText(b)
        case (.string(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)): same(a, b)
        default: false
        }
    }

    private static func same(_ a: [Member], _ b: [Member]) -> Bool {
        guard a.count == b.count else { return false }
        let (a, b) = (sorted(a), sorted(b))
        return zip(a, b).allSatisfy {
            $0.key.utf8.elementsEqual($1.key.utf8) && $0.value == $1.value
        }
    }

    /// Members in the order of their names' bytes.
    static func sorted(_ members: [Member]) -> [Member] {
        members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }
}

/// The value of a JSON number, exact at any length: its significant digits and their exponent.
struct DecimalText: Equatable {
    var isNegative = false
    /// Without zeros at either end; empty for zero.
    var digits: [UInt8] = []
    /// The power of ten of the last digit.
    var exponent = 0

    /// - Parameter text: a number as JSON has it. An exponent beyond `Int` counts as the largest.
    init(_ text: String) {
        var seenPoint = false
        var scale = 0
        var bytes = Array(text.utf8)[...]
        if bytes.first == UInt8(ascii: "-") {
            isNegative = true
            bytes = bytes.dropFirst()
        }
        while let byte = bytes.first, byte | 0x20 != UInt8(ascii: "e") {
            bytes = bytes.dropFirst()
            if byte == UInt8(ascii: ".") {
                seenPoint = true
            } else {
                digits.append(byte)
                if seenPoint { scale += 1 }
            }
        }
        exponent = DecimalText.exponent(bytes.dropFirst()) - scale
        while digits.last == UInt8(ascii: "0") {
            digits.removeLast()
            exponent += 1
        }
        digits.removeFirst(digits.prefix { $0 == UInt8(ascii: "0") }.count)
        if digits.isEmpty { (isNegative, exponent) = (false, 0) }
    }

    private static let largestExponent = 1 << 40

    private static func exponent(_ text: ArraySlice<UInt8>) -> Int {
        var size = 0
        for byte in text where byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") {
            size = min(size * 10 + Int(byte - UInt8(ascii: "0")), largestExponent)
        }
        return text.first == UInt8(ascii: "-") ? -size : size
    }
}
