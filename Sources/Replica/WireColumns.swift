import Records

/// Values on their way between the wire and columns, without a `Value` in between.
extension EntityTable {
    /// Binds units' values as they lie in `bytes`, which must stay where they are until the
    /// statement has run.
    ///
    /// - Parameters:
    ///   - mask: the units to bind; each must be known.
    ///   - written: the units whose values `values` holds, ascending.
    ///   - column: the first parameter; afterwards the one behind the last.
    func bind(
        _ mask: UInt64, of written: UInt64, _ values: ContiguousArray<Range<Int>>,
        _ bytes: UnsafeRawBufferPointer, to statement: Statement, _ column: inout Int32
    ) throws {
        var rest = written
        var index = 0
        while rest != 0 {
            let unit = rest.trailingZeroBitCount
            rest &= rest - 1
            defer { index += 1 }
            guard mask >> UInt64(unit) & 1 == 1 else { continue }
            var value = ByteReader(bytes, values[index])
            let first = firstField[unit]
            let end = firstField[unit + 1]
            if end - first == 1 {
                try statement.bind(column, try WireValue.view(&value), fieldTypes[first], bytes)
                column += 1
                try value.finish()
                continue
            }
            guard case .group(let range) = try WireValue.view(&value) else {
                throw Malformed.invalid("value of a group")
            }
            try value.finish()
            var content = ByteReader(bytes, range)
            for field in first..<end {
                try statement.bind(column, try WireValue.view(&content), fieldTypes[field], bytes)
                column += 1
            }
            try content.finish()
        }
    }

    /// Writes the wire form of a unit whose fields stand in a row from `column` on.
    func writeWire(
        _ unit: Int, of statement: Statement, from column: Int32, to out: inout ByteWriter
    ) {
        let first = firstField[unit]
        let end = firstField[unit + 1]
        if end - first == 1 {
            statement.writeWire(column, fieldTypes[first], to: &out)
            return
        }
        var content = ByteWriter(capacity: 64)
        for field in first..<end {
            statement.writeWire(column + Int32(field - first), fieldTypes[field], to: &content)
        }
        WireValue.writeGroup(content.bytes, to: &out)
    }
}

extension Statement {
    @inline(__always)
    fileprivate func bind(
        _ column: Int32, _ value: WireValue.View, _ type: FieldType, _ bytes: UnsafeRawBufferPointer
    ) throws {
        switch value {
        case .null: bindNull(column)
        case .integer(let n):
            switch type {
            case .integer, .boolean, .money: bind(column, n)
            default: throw Malformed.invalid("number where text belongs")
            }
        case .bytes(let range):
            let slice = UnsafeRawBufferPointer(rebasing: bytes[range])
            switch type {
            case .integer, .boolean, .money: throw Malformed.invalid("text where a number belongs")
            case .hash: bindBlob(column, static: slice)
            default:
                guard slice.isUTF8 else { throw Malformed.invalid("text that is not UTF-8") }
                bindText(column, static: slice)
            }
        case .group: throw Malformed.invalid("group where a field belongs")
        }
    }

    @inline(__always)
    fileprivate func writeWire(_ column: Int32, _ type: FieldType, to out: inout ByteWriter) {
        if isNull(column) {
            WireValue.writeNull(to: &out)
            return
        }
        switch type {
        case .integer, .boolean, .money: WireValue.write(integer(column), to: &out)
        default: WireValue.write(buffer(column), to: &out)
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes are UTF-8; plain ASCII, as nearly all is, is told eight at a time.
    fileprivate var isUTF8: Bool {
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
