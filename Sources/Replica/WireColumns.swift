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
    /// - Returns: `false` when a value does not fit its unit; the statement is not to be run then.
    func bind(
        _ mask: UInt64, of written: UInt64, _ values: ContiguousArray<Range<Int>>,
        _ bytes: UnsafeRawBufferPointer, to statement: Statement, _ column: inout Int32
    ) -> Bool {
        do throws(Malformed) {
            try bindAll(mask, of: written, values, bytes, to: statement, &column)
            return true
        } catch {
            return false
        }
    }

    private func bindAll(
        _ mask: UInt64, of written: UInt64, _ values: ContiguousArray<Range<Int>>,
        _ bytes: UnsafeRawBufferPointer, to statement: Statement, _ column: inout Int32
    ) throws(Malformed) {
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

    /// Whether the values of known units that a change wrote all fit these.
    func holds(_ reader: borrowing ChangeSetReader) -> Bool {
        var rest = reader.mask
        var index = 0
        while rest != 0 {
            let unit = rest.trailingZeroBitCount
            rest &= rest - 1
            if let unit = self.unit(unit) {
                var value = ByteReader(reader.bytes, reader.values[index])
                guard (try? WireValue.decoded(&value, as: unit)) != nil else { return false }
            }
            index += 1
        }
        return true
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
    ) throws(Malformed) {
        switch value {
        case .null: bindNull(column)
        case .integer(let n):
            guard type.accepts(n) else { throw .invalid("number of a field") }
            bind(column, n)
        case .bytes(let range):
            let slice = UnsafeRawBufferPointer(rebasing: bytes[range])
            guard type.accepts(slice) else { throw .invalid("text of a field") }
            if type == .hash {
                bindBlob(column, static: slice)
            } else {
                bindText(column, static: slice)
            }
        case .group: throw .invalid("group where a field belongs")
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
