/// Bytes as text that people copy: Crockford's base 32 in groups, each with a check character, so
/// that a typing error is not only noticed but found.
///
/// A group is 6 characters of data and a check character, a linear code over GF(32): with the
/// generator g, check = g^1·d1 + … + g^6·d6 + the group's number. The factors differ and none is
/// zero, so one wrong character, or two that are swapped, are always found; so are swapped groups.
///
/// Source of the alphabet: Douglas Crockford, "Base 32" (crockford.com/base32.html).
enum CheckedGroups {
    static let dataCharacters = 6
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    static func text(_ bytes: [UInt8]) -> String {
        let groups = values(of: bytes).chunked(by: dataCharacters)
        return groups.enumerated().map { number, group in
            let characters = (group + [check(group, number: number)]).map { alphabet[Int($0)] }
            return String(decoding: characters, as: UTF8.self)
        }.joined(separator: "-")
    }

    /// - Parameter count: how many bytes the text must hold.
    static func bytes(_ text: String, count: Int) throws(EnrolmentCodeError) -> [UInt8] {
        let characters = text.filter { !$0.isWhitespace && $0 != "-" && $0 != "_" }
        let groupCount = (count * 8 + 5 * dataCharacters - 1) / (5 * dataCharacters)
        let expected = groupCount * (dataCharacters + 1)
        // Looked at before the length: a stray character says more than a count.
        var read: [UInt8] = []
        for (index, character) in characters.enumerated() {
            guard let value = value(of: character) else {
                throw .unexpectedCharacter(character, group: index / (dataCharacters + 1) + 1)
            }
            read.append(value)
        }
        guard read.count == expected else {
            throw .wrongLength(characters: read.count, expected: expected)
        }
        var data: [UInt8] = []
        for (number, group) in read.chunked(by: dataCharacters + 1).enumerated() {
            let values = Array(group.prefix(dataCharacters))
            guard group.last == check(values, number: number) else {
                let typed = group.map { alphabet[Int($0)] }
                throw .mistyped(group: number + 1, text: String(decoding: typed, as: UTF8.self))
            }
            data += values
        }
        return bytes(of: data, count: count)
    }

    /// Five bits each, most significant first, zeros at the end.
    private static func values(of bytes: [UInt8]) -> [UInt8] {
        let groupBits = 5 * dataCharacters
        let bits = (bytes.count * 8 + groupBits - 1) / groupBits * groupBits
        return (0..<bits / 5).map { part(of: bytes, width: 8, index: $0, size: 5) }
    }

    private static func bytes(of values: [UInt8], count: Int) -> [UInt8] {
        (0..<count).map { part(of: values, width: 5, index: $0, size: 8) }
    }

    /// The `index`-th run of `size` bits, where each unit holds `width` of them.
    private static func part(of units: [UInt8], width: Int, index: Int, size: Int) -> UInt8 {
        var part: UInt8 = 0
        for bit in index * size..<(index + 1) * size {
            let unit = bit / width < units.count ? units[bit / width] : 0
            part = part << 1 | (unit >> UInt8(width - 1 - bit % width)) & 1
        }
        return part
    }

    private static func value(of character: Character) -> UInt8? {
        guard let ascii = character.uppercased().utf8.first, character.isASCII else { return nil }
        switch ascii {
        case UInt8(ascii: "O"): return 0
        case UInt8(ascii: "I"), UInt8(ascii: "L"): return 1
        default: return alphabet.firstIndex(of: ascii).map { UInt8($0) }
        }
    }

    private static func check(_ group: [UInt8], number: Int) -> UInt8 {
        var factor: UInt8 = 1
        var sum = UInt8(number & 31)
        for value in group {
            factor = product(factor, 2)
            sum ^= product(factor, value)
        }
        return sum
    }

    /// In GF(32) with x^5 + x^2 + 1, of which x is a generator.
    private static func product(_ a: UInt8, _ b: UInt8) -> UInt8 {
        var (a, b, result) = (a, b, UInt8(0))
        while b != 0 {
            if b & 1 != 0 { result ^= a }
            a = a & 16 != 0 ? (a << 1) ^ 0b100101 : a << 1
            b >>= 1
        }
        return result
    }
}

extension Array {
    fileprivate func chunked(by count: Int) -> [[Element]] {
        stride(from: 0, to: self.count, by: count).map {
            Array(self[$0..<Swift.min($0 + count, self.count)])
        }
    }
}
