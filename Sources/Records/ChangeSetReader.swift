import Causality

/// A stamp inside a change set: which of the set's origins, and the clock reading.
package struct StampReference: Hashable, Sendable {
    /// 0 for the frame's own, else an index into the foreign ones, plus one.
    package var origin: Int
    package var hlc: HLC
}

/// The stamps that one change replaces.
package enum Replaced: Sendable {
    case none
    /// Every unit replaces this one stamp.
    case all(StampReference)
    /// Per unit, in ascending order of the units.
    case each([[StampReference]])
}

/// Reads a change set record by record, without copying a value: what a change holds are ranges
/// of the buffer, so that a row's columns are bound straight from the bytes that travelled.
///
/// Every step is bounded; bytes that break the format throw ``Malformed``.
package struct ChangeSetReader {
    package let stamp: Stamp
    package private(set) var compartment = Compartment.reference
    /// The origins other than the frame's own that the set names, ascending.
    package private(set) var foreignOrigins: [Origin] = []
    /// The foreign origins that a stamp has named so far, by their index.
    private var named: Set<Int> = []

    /// The record that ``next()`` moved to.
    package private(set) var entity: UInt16 = 0
    package private(set) var id = RecordID.text("")
    /// Bit n is set when unit n was written.
    package private(set) var mask: UInt64 = 0
    package private(set) var replaced = Replaced.none
    /// The wire forms of the written units, in ascending order of the units.
    package private(set) var values: ContiguousArray<Range<Int>> = []

    private var reader: ByteReader
    private var uuids = 0..<0
    private var blocksLeft = 0
    private var block = Block()

    /// The records of a block; their arrays stay empty in a block of one, as nearly all are.
    private struct Block {
        var count = 0
        var index = 0
        var ids: [RecordID] = []
        var replaced: [Replaced] = []
        var columns: ContiguousArray<ByteReader> = []
    }

    package var bytes: UnsafeRawBufferPointer { reader.bytes }

    /// The frame's own origin, then the foreign ones that the set names.
    package var origins: [Origin] { [stamp.origin] + foreignOrigins }

    /// Reads the head of the set in `bytes[range]`.
    package init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, stamp: Stamp)
        throws(Malformed)
    {
        self.stamp = stamp
        reader = ByteReader(bytes)
        try begin(range)
    }

    /// Reads the head of another set of the same frame.
    package mutating func begin(_ range: Range<Int>) throws(Malformed) {
        guard range.count <= Limits.changeSetBytes else {
            throw .tooLarge(what: "change set", limit: Limits.changeSetBytes)
        }
        reader = ByteReader(reader.bytes, range)
        (entity, mask, block.count, block.index) = (0, 0, 0, 0)
        let version = try reader.byte()
        guard version == ChangeSet.version else { throw .unknownVersion(Int(version)) }
        let count = try reader.count("ids", atMost: Limits.recordsPerChangeSet + 1, each: 16)
        uuids = try reader.range(16 * count)
        guard let kind = Compartment.Kind(rawValue: try reader.byte()) else {
            throw .invalid("compartment kind")
        }
        compartment = Compartment(kind, try readID(isCompartment: true))
        let foreign = try reader.count("origins", atMost: Limits.replacedStamps, each: 17)
        foreignOrigins.removeAll(keepingCapacity: true)
        if !named.isEmpty { named.removeAll(keepingCapacity: true) }
        for _ in 0..<foreign {
            let origin = try reader.origin()
            if let last = foreignOrigins.last, last >= origin { throw .invalid("order of origins") }
            guard origin != stamp.origin else {
                throw .invalid("origin of its own as a foreign one")
            }
            foreignOrigins.append(origin)
        }
        blocksLeft = try reader.count("blocks", atMost: Limits.recordsPerChangeSet, each: 5)
        guard blocksLeft > 0 else { throw .invalid("empty change set") }
    }

    /// Moves to the next record. Returns `false` at the end of the set.
    package mutating func next() throws(Malformed) -> Bool {
        if block.index == block.count {
            guard blocksLeft > 0 else {
                guard uuids.isEmpty else { throw .invalid("ids beyond the records") }
                guard named.count == foreignOrigins.count else {
                    throw .invalid("origin that no stamp names")
                }
                try reader.finish()
                return false
            }
            blocksLeft -= 1
            try readBlock()
        }
        values.removeAll(keepingCapacity: true)
        let at = block.index
        block.index += 1
        if block.count == 1 {
            var rest = mask
            while rest != 0 {
                values.append(try WireValue.skip(&reader))
                rest &= rest - 1
            }
            return true
        }
        id = block.ids[at]
        replaced = block.replaced[at]
        for column in block.columns.indices {
            values.append(try WireValue.skip(&block.columns[column]))
            if block.index == block.count { try block.columns[column].finish() }
        }
        return true
    }

    private mutating func readBlock() throws(Malformed) {
        let (lastEntity, lastMask) = (entity, mask)
        let number = try reader.varint()
        guard number > 0, let entity = UInt16(exactly: number) else {
            throw .invalid("entity number")
        }
        self.entity = entity
        mask = try reader.varint()
        guard mask != 0, mask >> 63 == 0 else { throw .invalid("mask of units") }
        guard (lastEntity, lastMask) < (entity, mask) else { throw .invalid("order of blocks") }
        let count = try reader.count("records", atMost: Limits.recordsPerChangeSet, each: 3)
        guard count > 0 else { throw .invalid("empty block") }
        block.count = count
        block.index = 0
        if count == 1 {
            id = try readID(isCompartment: false)
            replaced = try readReplaced()
            return
        }
        block.ids.removeAll(keepingCapacity: true)
        block.replaced.removeAll(keepingCapacity: true)
        for _ in 0..<count {
            let id = try readID(isCompartment: false)
            if let last = block.ids.last, last >= id { throw .invalid("order of records") }
            block.ids.append(id)
        }
        for _ in 0..<count { block.replaced.append(try readReplaced()) }
        block.columns.removeAll(keepingCapacity: true)
        for _ in 0..<mask.nonzeroBitCount {
            let length = try reader.count("column", atMost: Limits.changeSetBytes)
            block.columns.append(ByteReader(reader.bytes, try reader.range(length)))
        }
    }

    private mutating func readID(isCompartment: Bool) throws(Malformed) -> RecordID {
        switch try reader.byte() {
        case 0:
            let text = try reader.text("record id", atMost: Limits.idBytes)
            let id = RecordID(text)
            guard case .text = id else { throw .invalid("UUID in text form") }
            if !isCompartment, id == compartment.id { throw .invalid("id in two forms") }
            return id
        case 1 where !isCompartment:
            return compartment.id
        case 2:
            var pool = ByteReader(reader.bytes, uuids)
            let id = RecordID.uuid(high: try pool.fixed64(), low: try pool.fixed64())
            uuids = pool.at..<pool.end
            if !isCompartment, id == compartment.id { throw .invalid("id in two forms") }
            return id
        default:
            throw .invalid("id tag")
        }
    }

    private mutating func readReplaced() throws(Malformed) -> Replaced {
        switch try reader.byte() {
        case 0: return .none
        case 1: return .all(try readStamp())
        case 2:
            var each: [[StampReference]] = []
            for _ in 0..<mask.nonzeroBitCount {
                let count = try reader.count(
                    "replaced stamps", atMost: Limits.replacedStamps, each: 3)
                var stamps: [StampReference] = []
                for _ in 0..<count {
                    let next = try readStamp()
                    if let last = stamps.last, stamp(last) >= stamp(next) {
                        throw .invalid("order of replaced stamps")
                    }
                    stamps.append(next)
                }
                each.append(stamps)
            }
            // Lists that are all empty, or all one stamp, have forms of their own.
            guard each.contains(where: { $0 != each[0] }) || each[0].count > 1 else {
                throw .invalid("form of replaced stamps")
            }
            return .each(each)
        default: throw .invalid("tag of replaced stamps")
        }
    }

    private mutating func readStamp() throws(Malformed) -> StampReference {
        let origin = try reader.varint()
        guard origin <= UInt64(foreignOrigins.count) else { throw .invalid("origin of a stamp") }
        if origin > 0 { named.insert(Int(origin)) }
        let (ms, overflow) = Int64(stamp.hlc.milliseconds).subtractingReportingOverflow(
            try reader.zigzag())
        guard !overflow, ms >= 0, ms <= Int64(HLC.largestMilliseconds) else {
            throw .invalid("time of a stamp")
        }
        guard let counter = UInt16(exactly: try reader.varint()) else {
            throw .invalid("counter of a stamp")
        }
        return StampReference(
            origin: Int(origin), hlc: HLC(milliseconds: UInt64(ms), counter: counter))
    }
}

extension ChangeSetReader {
    package func stamp(_ reference: StampReference) -> Stamp {
        Stamp(
            hlc: reference.hlc,
            origin: reference.origin == 0 ? stamp.origin : foreignOrigins[reference.origin - 1])
    }

    /// The stamps that the n-th written unit of the current change replaces.
    package func replaced(byUnitAt index: Int) -> [StampReference] {
        switch replaced {
        case .none: []
        case .all(let stamp): [stamp]
        case .each(let lists): lists[index]
        }
    }

    /// The numbers of the units that the current change wrote, ascending.
    package var units: [UInt8] { (0..<63).filter { mask >> UInt64($0) & 1 == 1 }.map { UInt8($0) } }
}
