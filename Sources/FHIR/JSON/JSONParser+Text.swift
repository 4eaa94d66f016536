/// Numbers and texts.
extension JSONParser {
    mutating func number() throws(JSONError) -> String {
        let start = at
        if bytes[at] == UInt8(ascii: "-") { at += 1 }
        if at < bytes.count, bytes[at] == UInt8(ascii: "0") {
            at += 1
            if at < bytes.count, isDigit(bytes[at]) { throw error(.badNumber, at: start) }
        } else {
            try digits(from: start)
        }
        if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
            at += 1
            try digits(from: start)
        }
        if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") {
            at += 1
            if at < bytes.count, bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") {
                at += 1
            }
            try digits(from: start)
        }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }

    @inline(__always)
    private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    private mutating func digits(from start: Int) throws(JSONError) {
        guard at < bytes.count else { throw error(.endsEarly) }
        guard isDigit(bytes[at]) else { throw error(.badNumber, at: start) }
        while at < bytes.count, isDigit(bytes[at]) { at += 1 }
    }

    /// A text, from its opening quote on.
    mutating func string() throws(JSONError) -> String {
        let start = at + 1
        var end = start
        var high: UInt8 = 0
        while end < bytes.count {
            let byte = bytes[end]
            if byte == UInt8(ascii: "\"") {
                at = end + 1
                return try text(bytes[start..<end], isASCII: high < 0x80)
            }
            if byte == UInt8(ascii: "\\") { return try escaped(from: start, to: end) }
            if byte < 0x20 { throw error(.rawControlCharacter, at: end) }
            high |= byte
            end += 1
        }
        throw error(.endsEarly, at: bytes.count)
    }

    @inline(__always)
    private func text(
        _ slice: Slice<UnsafeBufferPointer<UInt8>>, isASCII: Bool
    ) throws(JSONError) -> String {
        let buffer = UnsafeBufferPointer(rebasing: slice)
        if isASCII { return String(decoding: buffer, as: UTF8.self) }
        guard let text = String(validating: buffer, as: UTF8.self) else {
            throw error(.badText, at: slice.startIndex)
        }
        return text
    }

    /// A text with escapes: what is plain of it goes over in runs.
    private mutating func escaped(
        from start: Int, to firstEscape: Int
    ) throws(JSONError) -> String {
        var out: [UInt8] = []
        var run = start
        var end = firstEscape
        while end < bytes.count {
            let byte = bytes[end]
            if byte == UInt8(ascii: "\"") {
                out.append(contentsOf: bytes[run..<end])
                at = end + 1
                guard let text = String(validating: out, as: UTF8.self) else {
                    throw error(.badText, at: start)
                }
                return text
            }
            if byte < 0x20 { throw error(.rawControlCharacter, at: end) }
            if byte == UInt8(ascii: "\\") {
                out.append(contentsOf: bytes[run..<end])
                end = try escape(at: end, to: &out)
                run = end
            } else {
                end += 1
            }
        }
        throw error(.endsEarly, at: bytes.count)
    }

    /// One escape, from its backslash on.
    /// - Returns: where the text goes on.
    private func escape(at place: Int, to out: inout [UInt8]) throws(JSONError) -> Int {
        guard place + 1 < bytes.count else { throw error(.endsEarly, at: bytes.count) }
        switch bytes[place + 1] {
        case UInt8(ascii: "\""): out.append(UInt8(ascii: "\""))
        case UInt8(ascii: "\\"): out.append(UInt8(ascii: "\\"))
        case UInt8(ascii: "/"): out.append(UInt8(ascii: "/"))
        case UInt8(ascii: "b"): out.append(0x08)
        case UInt8(ascii: "f"): out.append(0x0C)
        case UInt8(ascii: "n"): out.append(0x0A)
        case UInt8(ascii: "r"): out.append(0x0D)
        case UInt8(ascii: "t"): out.append(0x09)
        case UInt8(ascii: "u"): return try unicode(at: place, to: &out)
        default: throw error(.badEscape, at: place)
        }
        return place + 2
    }

    private func unicode(at place: Int, to out: inout [UInt8]) throws(JSONError) -> Int {
        var end = place + 6
        var scalar = UInt32(try codeUnit(at: place))
        if scalar == 0 { throw error(.zeroCharacter, at: place) }
        if 0xD800..<0xDC00 ~= scalar {
            guard end < bytes.count else { throw error(.endsEarly, at: bytes.count) }
            guard bytes[end] == UInt8(ascii: "\\") else { throw error(.badEscape, at: place) }
            guard end + 1 < bytes.count else { throw error(.endsEarly, at: bytes.count) }
            guard bytes[end + 1] == UInt8(ascii: "u") else { throw error(.badEscape, at: place) }
            let low = UInt32(try codeUnit(at: end))
            guard 0xDC00..<0xE000 ~= low else { throw error(.badEscape, at: place) }
            scalar = 0x1_0000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
            end += 6
        }
        guard let character = UnicodeScalar(scalar) else { throw error(.badEscape, at: place) }
        out.append(contentsOf: String(Character(character)).utf8)
        return end
    }

    /// The four hexadecimal digits of the `\u` at a place.
    private func codeUnit(at place: Int) throws(JSONError) -> UInt16 {
        var unit: UInt16 = 0
        for i in place + 2..<place + 6 {
            guard i < bytes.count else { throw error(.endsEarly, at: bytes.count) }
            let digit: UInt8
            switch bytes[i] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = bytes[i] - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = bytes[i] - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = bytes[i] - UInt8(ascii: "A") + 10
            default: throw error(.badEscape, at: place)
            }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }
}
