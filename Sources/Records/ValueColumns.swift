/// The values of many records on the wire, each unit's in a stream of its own: what is alike lies
/// together and compresses well.
package struct ValueColumnsWriter {
    private var columns = ColumnIndex()
    private var streams: [ByteWriter] = []

    package init() {}

    /// Whether the units of one more entity can have columns: the reader takes so many.
    package var hasRoom: Bool { columns.count + 63 <= ValueColumnsReader.limit }

    /// Bytes in all streams.
    package private(set) var size = 0

    /// The columns of an entity's units, ascending; they are made where they are new.
    package mutating func columns(_ entity: UInt16, _ mask: UInt64) -> ContiguousArray<Int> {
        let found = columns.find(entity, mask)
        while streams.count < columns.count { streams.append(ByteWriter()) }
        return found
    }

    /// Adds wire forms to a column.
    package mutating func add(_ bytes: UnsafeRawBufferPointer, to column: Int) {
        streams[column].raw(bytes)
        size += bytes.count
    }

    /// Adds one wire form that `body` writes.
    package mutating func add(to column: Int, _ body: (inout ByteWriter) -> Void) {
        size -= streams[column].bytes.count
        body(&streams[column])
        size += streams[column].bytes.count
    }

    /// ```
    /// columns = count  (entity, unit, length, wire forms; each)
    /// ```
    package func write(to out: inout ByteWriter) {
        out.varint(streams.count)
        for (name, stream) in zip(columns.names, streams) {
            out.varint(UInt64(name.entity))
            out.byte(name.unit)
            out.counted(stream.bytes)
        }
    }
}

/// Reads what ``ValueColumnsWriter`` wrote.
package struct ValueColumnsReader {
    private var columns = ColumnIndex()
    private var streams: ContiguousArray<ByteReader> = []
    private let announced: Int

    /// The most columns of one message.
    static let limit = 1 << 16

    package init(_ reader: inout ByteReader) throws(Malformed) {
        announced = try reader.count("columns", atMost: ValueColumnsReader.limit, each: 3)
        for _ in 0..<announced {
            guard let entity = UInt16(exactly: try reader.varint()) else {
                throw .invalid("entity number")
            }
            let unit = try reader.byte()
            guard unit < 63, columns.add(entity, unit) else { throw .invalid("column of values") }
            let length = try reader.count("column", atMost: Limits.messageBytes)
            streams.append(ByteReader(reader.bytes, try reader.range(length)))
        }
    }

    /// The columns of an entity's units, ascending.
    package mutating func columns(_ entity: UInt16, _ mask: UInt64) throws(Malformed)
        -> ContiguousArray<Int>
    {
        let found = columns.find(entity, mask)
        guard columns.count == announced else { throw .invalid("unit without a column") }
        return found
    }

    /// The ranges of the next `count` wire forms of a column, as one.
    package mutating func next(_ count: Int, of column: Int) throws(Malformed) -> Range<Int> {
        let start = streams[column].at
        for _ in 0..<count { _ = try WireValue.skip(&streams[column]) }
        return start..<streams[column].at
    }

    package func finish() throws(Malformed) {
        for stream in streams { try stream.finish() }
    }
}

/// Which column holds which unit's values.
private struct ColumnIndex {
    private(set) var names: [(entity: UInt16, unit: UInt8)] = []
    private var places: [UInt32: Int] = [:]
    /// The answer given last: neighbours mostly have the same units.
    private var last: (entity: UInt16, mask: UInt64, columns: ContiguousArray<Int>) = (0, 0, [])

    var count: Int { names.count }

    /// `false` when the column is there already.
    mutating func add(_ entity: UInt16, _ unit: UInt8) -> Bool {
        names.append((entity, unit))
        return places.updateValue(names.count - 1, forKey: ColumnIndex.key(entity, unit)) == nil
    }

    mutating func find(_ entity: UInt16, _ mask: UInt64) -> ContiguousArray<Int> {
        if last.entity == entity, last.mask == mask { return last.columns }
        var found: ContiguousArray<Int> = []
        var rest = mask
        while rest != 0 {
            let unit = UInt8(rest.trailingZeroBitCount)
            rest &= rest - 1
            if places[ColumnIndex.key(entity, unit)] == nil { _ = add(entity, unit) }
            found.append(places[ColumnIndex.key(entity, unit)]!)
        }
        last = (entity, mask, found)
        return found
    }

    private static func key(_ entity: UInt16, _ unit: UInt8) -> UInt32 {
        UInt32(entity) << 8 | UInt32(unit)
    }
}
