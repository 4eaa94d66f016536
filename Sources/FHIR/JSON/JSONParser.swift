extension JSON {
    /// How deep values may lie in one another.
    package static let largestDepth = 64

    /// - Throws: ``JSONError``, also when an object names a member twice.
    package init(parsing bytes: [UInt8]) throws(JSONError) {
        self = try bytes.withUnsafeBufferPointer { buffer throws(JSONError) in
            try JSON(parsing: buffer)
        }
    }

    /// - Parameter bytes: one whole document in UTF-8, with or without a byte order mark.
    package init(parsing bytes: UnsafeBufferPointer<UInt8>) throws(JSONError) {
        var parser = JSONParser(bytes)
        self = try parser.document()
    }

    package init(parsing text: String) throws(JSONError) {
        try self.init(parsing: Array(text.utf8))
    }
}

/// A parser by recursive descent over a buffer; it copies nothing but the texts that it returns.
struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    var at = 0
    private var depth = 0
    /// Hashes of the names in the objects that are open, so that a repeated one is found without
    /// comparing texts. Each object uses the end of the array.
    private var names: [UInt64] = []

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { at = 3 }
        names.reserveCapacity(256)
    }

    mutating func document() throws(JSONError) -> JSON {
        let value = try value()
        skipSpace()
        guard at == bytes.count else { throw error(.trailing) }
        return value
    }

    func error(_ reason: JSONError.Reason, at place: Int? = nil) -> JSONError {
        let place = min(place ?? at, bytes.count)
        let before = bytes[..<place]
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let line = 1 + before.reduce(0) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
        return JSONError(reason: reason, line: line, column: place - lineStart + 1)
    }

    @inline(__always)
    private mutating func skipSpace() {
        while at < bytes.count {
            let byte = bytes[at]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            at += 1
        }
    }

    /// The next byte that is no white space, without moving past it.
    @inline(__always)
    private mutating func next() throws(JSONError) -> UInt8 {
        skipSpace()
        guard at < bytes.count else { throw error(.endsEarly) }
        return bytes[at]
    }

    private mutating func value() throws(JSONError) -> JSON {
        let byte = try next()
        switch byte {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"):
            try open()
            defer { depth -= 1 }
            return try object()
        case UInt8(ascii: "["):
            try open()
            defer { depth -= 1 }
            return try array()
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return .number(try number())
        default: throw error(.unexpected(byte))
        }
    }

    /// Moves past the bracket that opens an array or object.
    private mutating func open() throws(JSONError) {
        guard depth < JSON.largestDepth else { throw error(.tooDeep) }
        depth += 1
        at += 1
    }

    private mutating func array() throws(JSONError) -> JSON {
        var elements: [JSON] = []
        if try next() == UInt8(ascii: "]") {
            at += 1
            return .array(elements)
        }
        while true {
            elements.append(try value())
            if try !more(until: UInt8(ascii: "]")) { return .array(elements) }
        }
    }

    private mutating func object() throws(JSONError) -> JSON {
        var members: [JSON.Member] = []
        if try next() == UInt8(ascii: "}") {
            at += 1
            return .object(members)
        }
        let firstName = names.count
        while true {
            guard try next() == UInt8(ascii: "\"") else { throw error(.unexpected(bytes[at])) }
            let place = at
            let key = try string()
            try note(key, at: place, among: members, since: firstName)
            guard try next() == UInt8(ascii: ":") else { throw error(.unexpected(bytes[at])) }
            at += 1
            members.append(JSON.Member(key, try value()))
            guard try more(until: UInt8(ascii: "}")) else { break }
        }
        names.removeSubrange(firstName...)
        if members.count > JSONParser.fewNames { try refuseRepeated(members) }
        return .object(members)
    }

    /// Moves past a comma, or past the end of the array or object.
    @inline(__always)
    private mutating func more(until end: UInt8) throws(JSONError) -> Bool {
        let byte = try next()
        guard byte == UInt8(ascii: ",") || byte == end else { throw error(.unexpected(byte)) }
        at += 1
        return byte != end
    }

    /// Up to so many names are compared one by one; more are sorted, at the object's end.
    private static let fewNames = 64

    private mutating func note(
        _ key: String, at place: Int, among members: [JSON.Member], since first: Int
    ) throws(JSONError) {
        guard members.count < JSONParser.fewNames else { return }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes[place..<at] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        for i in first..<names.count where names[i] == hash {
            if members[i - first].key.utf8.elementsEqual(key.utf8) {
                throw error(.duplicateKey, at: place)
            }
        }
        // An escape gives one name two spellings, so its hash says nothing: compare the text.
        if bytes[place..<at].contains(UInt8(ascii: "\\")) {
            for member in members where member.key.utf8.elementsEqual(key.utf8) {
                throw error(.duplicateKey, at: place)
            }
            names.append(JSONParser.hash(key))
        } else {
            names.append(hash)
        }
    }

    /// The hash that the name has when it is written without escapes.
    private static func hash(_ key: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        let quote = CollectionOfOne(UInt8(ascii: "\""))
        for byte in Array(quote) + Array(key.utf8) + Array(quote) {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        return hash
    }

    private func refuseRepeated(_ members: [JSON.Member]) throws(JSONError) {
        let sorted = JSON.sorted(members)
        for (one, next) in zip(sorted, sorted.dropFirst())
        where one.key.utf8.elementsEqual(next.key.utf8) {
            throw error(.duplicateKey, at: at - 1)
        }
    }

    private mutating func literal(
        _ word: StaticString, _ value: JSON
    ) throws(JSONError) -> JSON {
        for i in 0..<word.utf8CodeUnitCount {
            guard at + i < bytes.count else { throw error(.endsEarly, at: bytes.count) }
            guard bytes[at + i] == word.utf8Start[i] else {
                throw error(.unexpected(bytes[at + i]), at: at + i)
            }
        }
        at += word.utf8CodeUnitCount
        return value
    }
}
