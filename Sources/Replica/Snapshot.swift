import Causality
import Records

/// The state of compartments on the wire, without history: what a clinic that is new to them
/// loads. Column by column, as ``FramePack`` is, with ids in the raw stream and each unit's
/// values in a column of their own.
///
/// ```
/// compartment = kind, id, number of records
/// record      = entity, flags (1: the id is the compartment's; 2: something stands beside the
///               row), id, mask, base stamp, exceptions, values; then siblings and remembered
///               stamps beside the row
/// ```
struct SnapshotWriter {
    private var columns = [ByteWriter](repeating: ByteWriter(), count: Column.count)
    private var values = ValueColumnsWriter()
    private var valueColumns: ContiguousArray<Int> = []
    private var raw = ByteWriter()
    private var origins: [Int32] = []
    private var originIndex: [Int32: Int] = [:]
    private var lastMilliseconds: Int64 = 0
    private var compartments = 0
    private var records = 0

    enum Column {
        static let heads = 0, records = 1, entities = 2, texts = 3, masks = 4, origins = 5
        static let times = 6, counters = 7, exceptions = 8, beside = 9
        static let count = 10
    }

    var size: Int { columns.reduce(raw.bytes.count + values.size) { $0 + $1.bytes.count } }

    mutating func begin(_ compartment: Compartment) {
        compartments += 1
        records = 0
        columns[Column.heads].byte(compartment.kind.rawValue)
        write(compartment.id, Column.heads)
    }

    mutating func end() { columns[Column.records].varint(records) }

    private mutating func write(_ id: RecordID, _ column: Int) {
        switch id {
        case .uuid(let high, let low):
            columns[column].byte(0)
            raw.fixed64(high)
            raw.fixed64(low)
        case .text(let text):
            columns[column].varint(text.utf8.count + 1)
            for byte in text.utf8 { columns[column].byte(byte) }
        }
    }

    private mutating func index(_ origin: Int32) -> Int {
        if let known = originIndex[origin] { return known }
        originIndex[origin] = origins.count
        origins.append(origin)
        return origins.count - 1
    }

    /// Writes the head of a record; the values of the units in its mask follow, in order, through
    /// ``value(_:)``.
    mutating func record(
        _ entity: UInt16, _ id: RecordID, isCompartment: Bool, _ stamps: borrowing InlineStamps,
        beside: Beside?
    ) {
        records += 1
        columns[Column.entities].varint(UInt64(entity))
        columns[Column.entities].byte((isCompartment ? 1 : 0) | (beside == nil ? 0 : 2))
        if !isCompartment { write(id, Column.texts) }
        columns[Column.masks].varint(stamps.mask)
        if let base = stamps.base {
            columns[Column.origins].varint(index(base.origin))
            columns[Column.times].zigzag(Int64(base.hlc.milliseconds) - lastMilliseconds)
            columns[Column.counters].varint(UInt64(base.hlc.counter))
            lastMilliseconds = Int64(base.hlc.milliseconds)
            let exceptions = stamps.exceptions(from: base)
            columns[Column.exceptions].varint(exceptions.nonzeroBitCount)
            var rest = exceptions
            while rest != 0 {
                let unit = rest.trailingZeroBitCount
                rest &= rest - 1
                columns[Column.exceptions].byte(UInt8(unit))
                stamp(stamps[unit]!, Column.exceptions)
            }
            valueColumns = values.columns(entity, stamps.mask)
        }
        guard let beside else { return }
        columns[Column.beside].varint(beside.siblings.count)
        for sibling in beside.siblings {
            columns[Column.beside].byte(sibling.unit)
            stamp(sibling.stamp, Column.beside)
            columns[Column.beside].counted(sibling.value)
        }
        columns[Column.beside].varint(beside.remembered.count)
        for item in beside.remembered {
            columns[Column.beside].byte(item.unit)
            stamp(item.stamp, Column.beside)
        }
    }

    private mutating func stamp(_ stamp: LocalStamp, _ column: Int) {
        columns[column].varint(index(stamp.origin))
        columns[column].zigzag(Int64(stamp.hlc.milliseconds) - lastMilliseconds)
        columns[column].varint(UInt64(stamp.hlc.counter))
    }

    /// Writes the wire form of the value of the record's n-th unit.
    mutating func value(_ index: Int, _ body: (inout ByteWriter) -> Void) {
        values.add(to: valueColumns[index], body)
    }

    func finish(_ table: OriginTable, to out: inout MessageWriter) {
        out.plain.varint(compartments)
        out.plain.varint(origins.count)
        for origin in origins { out.plain.origin(table.origins[Int(origin)]) }
        for column in columns { out.plain.counted(column.bytes) }
        values.write(to: &out.plain)
        out.raw.raw(raw.bytes)
    }

    /// What stands beside a row.
    struct Beside {
        var siblings: [(unit: UInt8, stamp: LocalStamp, value: [UInt8])] = []
        var remembered: [(unit: UInt8, stamp: LocalStamp)] = []
    }
}

extension InlineStamps {
    /// The stamp of most units.
    var base: LocalStamp? { mask == 0 ? nil : mostCommon() }
}

/// Reads a snapshot record by record.
struct SnapshotReader {
    private(set) var compartmentsLeft: Int
    private var origins: [Int32] = []
    private var columns: [ByteReader] = []
    private var valueColumns: ValueColumnsReader
    private var raw: ByteReader
    private var lastMilliseconds: Int64 = 0
    private(set) var compartment = Compartment.reference
    private(set) var recordsLeft = 0

    private(set) var entity: UInt16 = 0
    private(set) var id = RecordID.text("")
    private(set) var stamps = InlineStamps()
    private(set) var values: ContiguousArray<Range<Int>> = []
    private(set) var beside = SnapshotWriter.Beside()

    let bytes: UnsafeRawBufferPointer

    init(_ reader: inout MessageReader, _ table: OriginTable) throws {
        compartmentsLeft = try reader.plain.count(
            "compartments", atMost: Limits.recordsPerChangeSet)
        let count = try reader.plain.count("origins", atMost: 1 << 24, each: 17)
        for _ in 0..<count { origins.append(try table.number(try reader.plain.origin())) }
        for _ in 0..<SnapshotWriter.Column.count {
            let length = try reader.plain.count("column", atMost: Limits.messageBytes)
            columns.append(ByteReader(reader.plain.bytes, try reader.plain.range(length)))
        }
        valueColumns = try ValueColumnsReader(&reader.plain)
        bytes = reader.plain.bytes
        raw = reader.raw
        reader.raw.at = reader.raw.end
    }

    /// Moves to the next compartment. `false` at the end.
    mutating func nextCompartment() throws -> Bool {
        guard compartmentsLeft > 0 else {
            for column in columns { try column.finish() }
            try valueColumns.finish()
            try raw.finish()
            return false
        }
        compartmentsLeft -= 1
        let heads = SnapshotWriter.Column.heads
        guard let kind = Compartment.Kind(rawValue: try columns[heads].byte()) else {
            throw Malformed.invalid("compartment kind")
        }
        recordsLeft = try columns[SnapshotWriter.Column.records].count(
            "records", atMost: Limits.recordsPerChangeSet, each: 0)
        compartment = Compartment(kind, try readID(heads))
        return true
    }

    private mutating func readID(_ column: Int) throws -> RecordID {
        let tag = try columns[column].count("record id", atMost: Limits.idBytes + 1, each: 0)
        if tag == 0 { return .uuid(high: try raw.fixed64(), low: try raw.fixed64()) }
        let range = try columns[column].range(tag - 1)
        return RecordID(String(decoding: columns[column].bytes[range], as: UTF8.self))
    }

    private mutating func readStamp(_ column: Int) throws -> LocalStamp {
        let origin = try columns[column].varint()
        guard origin < UInt64(origins.count) else { throw Malformed.invalid("origin of a stamp") }
        let ms = lastMilliseconds &+ (try columns[column].zigzag())
        guard ms >= 0, ms <= Int64(HLC.largestMilliseconds),
            let counter = UInt16(exactly: try columns[column].varint())
        else { throw Malformed.invalid("time of a stamp") }
        return LocalStamp(
            hlc: HLC(milliseconds: UInt64(ms), counter: counter), origin: origins[Int(origin)])
    }

    /// Moves to the next record of the compartment.
    mutating func nextRecord() throws {
        typealias Column = SnapshotWriter.Column
        recordsLeft -= 1
        guard let number = UInt16(exactly: try columns[Column.entities].varint()), number > 0 else {
            throw Malformed.invalid("entity number")
        }
        entity = number
        let flags = try columns[Column.entities].byte()
        guard flags <= 3 else { throw Malformed.invalid("flags of a record") }
        id = flags & 1 == 1 ? compartment.id : try readID(Column.texts)
        let mask = try columns[Column.masks].varint()
        guard mask >> 63 == 0, mask & 1 == 0 else { throw Malformed.invalid("mask of units") }
        stamps.clear()
        values.removeAll(keepingCapacity: true)
        if mask != 0 { try readInline(mask) }
        beside = SnapshotWriter.Beside()
        if flags & 2 == 2 { try readBeside() }
    }

    private mutating func readInline(_ mask: UInt64) throws {
        typealias Column = SnapshotWriter.Column
        let origin = try columns[Column.origins].varint()
        guard origin < UInt64(origins.count) else { throw Malformed.invalid("origin of a stamp") }
        let ms = lastMilliseconds &+ (try columns[Column.times].zigzag())
        guard ms >= 0, ms <= Int64(HLC.largestMilliseconds),
            let counter = UInt16(exactly: try columns[Column.counters].varint())
        else { throw Malformed.invalid("time of a stamp") }
        lastMilliseconds = ms
        let base = LocalStamp(
            hlc: HLC(milliseconds: UInt64(ms), counter: counter), origin: origins[Int(origin)])
        var rest = mask
        while rest != 0 {
            stamps.set(rest.trailingZeroBitCount, base)
            rest &= rest - 1
        }
        for column in try valueColumns.columns(entity, mask) {
            values.append(try valueColumns.next(1, of: column))
        }
        for _ in 0..<(try columns[Column.exceptions].count("exceptions", atMost: 63)) {
            let unit = Int(try columns[Column.exceptions].byte())
            guard unit < 63, mask >> UInt64(unit) & 1 == 1 else {
                throw Malformed.invalid("unit of a stamp")
            }
            stamps.set(unit, try readStamp(Column.exceptions))
        }
    }

    private mutating func readBeside() throws {
        let column = SnapshotWriter.Column.beside
        let limit = Limits.replacedStamps
        for _ in 0..<(try columns[column].count("siblings", atMost: limit, each: 5)) {
            let unit = try readUnit()
            let stamp = try readStamp(column)
            let value = try columns[column].counted("value", atMost: Limits.valueBytes + 16)
            beside.siblings.append((unit, stamp, value))
        }
        for _ in 0..<(try columns[column].count("remembered stamps", atMost: limit, each: 4)) {
            let unit = try readUnit()
            beside.remembered.append((unit, try readStamp(column)))
        }
    }

    private mutating func readUnit() throws -> UInt8 {
        let unit = try columns[SnapshotWriter.Column.beside].byte()
        guard unit < 63 else { throw Malformed.invalid("unit of a stamp") }
        return unit
    }
}
