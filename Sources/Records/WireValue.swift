/// The wire form of values. A header varint carries the class in its two low bits:
///
/// | class | the rest of the header | then |
/// |---|---|---|
/// | 0 | 0: null; 1: a number of 64 bits | nothing; 8 bytes |
/// | 1 | a number, zigzag | |
/// | 2 | a length | that many bytes |
/// | 3 | a length | that many bytes of values, one after another: a group |
///
/// It describes itself, so that a unit of a newer version can be kept and forwarded.
package enum WireValue {
    static let null: UInt64 = 0
    static let wide: UInt64 = 1 << 2

    package static func write(_ value: Value, to out: inout ByteWriter) {
        switch value {
        case .null: writeNull(to: &out)
        case .integer(let n): write(n, to: &out)
        case .text(var text): text.withUTF8 { write(UnsafeRawBufferPointer($0), to: &out) }
        case .bytes(let bytes): bytes.withUnsafeBytes { write($0, to: &out) }
        case .group(let values):
            var content = ByteWriter()
            for value in values { write(value, to: &content) }
            writeGroup(content.bytes, to: &out)
        }
    }

    package static func writeNull(to out: inout ByteWriter) { out.varint(null) }

    package static func write(_ n: Int64, to out: inout ByteWriter) {
        let zigzagged = ByteWriter.zigzagged(n)
        if zigzagged >> 62 == 0 {
            out.varint(zigzagged << 2 | 1)
        } else {
            out.varint(wide)
            out.fixed64(UInt64(bitPattern: n))
        }
    }

    /// Writes a byte string: a text's UTF-8, or bytes.
    package static func write(_ bytes: UnsafeRawBufferPointer, to out: inout ByteWriter) {
        out.varint(UInt64(bytes.count) << 2 | 2)
        out.raw(bytes)
    }

    /// Writes a group, of whose values `content` is the wire form.
    package static func writeGroup(_ content: [UInt8], to out: inout ByteWriter) {
        out.varint(UInt64(content.count) << 2 | 3)
        out.raw(content)
    }

    package static func encoded(_ value: Value) -> [UInt8] {
        var out = ByteWriter()
        write(value, to: &out)
        return out.bytes
    }

    /// One value as it lies in a buffer, without a copy.
    package enum View {
        case null
        case integer(Int64)
        case bytes(Range<Int>)
        case group(Range<Int>)
    }

    @inline(__always)
    package static func view(_ reader: inout ByteReader) throws(Malformed) -> View {
        let header = try reader.varint()
        switch header & 3 {
        case 0:
            if header == null { return .null }
            guard header == wide else { throw .invalid("value tag") }
            let n = Int64(bitPattern: try reader.fixed64())
            guard ByteWriter.zigzagged(n) >> 62 != 0 else {
                throw .invalid("number not in its shortest form")
            }
            return .integer(n)
        case 1:
            return .integer(ByteReader.unzigzagged(header >> 2))
        default:
            let length = header >> 2
            guard length <= UInt64(Limits.valueBytes) else {
                throw .tooLarge(what: "value", limit: Limits.valueBytes)
            }
            let range = try reader.range(Int(length))
            return header & 3 == 2 ? .bytes(range) : .group(range)
        }
    }

    /// Passes over one value and returns the range of its wire form.
    @inline(__always)
    package static func skip(_ reader: inout ByteReader) throws(Malformed) -> Range<Int> {
        let start = reader.at
        _ = try view(&reader)
        return start..<reader.at
    }

    /// The value of a unit of the schema.
    ///
    /// - Throws: ``Malformed`` when it does not fit the unit's fields: their number, their forms,
    ///   or what their types accept.
    package static func decoded(_ reader: inout ByteReader, as unit: Unit) throws(Malformed)
        -> Value
    {
        if unit.fields.count == 1 { return try field(&reader, as: unit.fields[0].type) }
        guard case .group(let range) = try view(&reader) else { throw .invalid("value of a group") }
        var content = ByteReader(reader.bytes, range)
        var values: [Value] = []
        for item in unit.fields { values.append(try field(&content, as: item.type)) }
        try content.finish()
        return .group(values)
    }

    private static func field(_ reader: inout ByteReader, as type: FieldType) throws(Malformed)
        -> Value
    {
        switch try view(&reader) {
        case .null: return .null
        case .integer(let n):
            guard type.isInteger else { throw .invalid("number where text belongs") }
            guard type.accepts(n) else { throw .invalid("number of a field") }
            return .integer(n)
        case .bytes(let range):
            guard !type.isInteger else { throw .invalid("text where a number belongs") }
            let bytes = UnsafeRawBufferPointer(rebasing: reader.bytes[range])
            if type == .hash {
                guard type.accepts(bytes) else { throw .invalid("length of a hash") }
                return .bytes([UInt8](bytes))
            }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw .invalid("text that is not UTF-8")
            }
            guard type.accepts(bytes) else { throw .invalid("text of a field") }
            return .text(text)
        case .group: throw .invalid("group where a field belongs")
        }
    }

    package static func decoded(_ bytes: [UInt8], as unit: Unit) throws(Malformed) -> Value {
        let result: Result<Value, Malformed> = bytes.withUnsafeBytes { raw in
            Result { () throws(Malformed) in
                var reader = ByteReader(raw)
                let value = try decoded(&reader, as: unit)
                try reader.finish()
                return value
            }
        }
        return try result.get()
    }
}
