import Causality

extension ChangeSet {
    /// The set's bytes: canonical, so that equal sets of equal stamps give equal bytes.
    ///
    /// ```
    /// set    = version  UUIDs (count, 16 bytes each)  compartment kind, id
    ///          foreign origins (count, 17 bytes each, ascending)  blocks (count, …)
    /// block  = entity  mask of units  number of records  ids  replaced stamps  columns
    /// id     = 0 text | 1 (the compartment's own) | 2 (the next of the UUIDs)
    /// stamps = 0 | 1 stamp (each unit replaces this one) | 2 (per unit: count, stamps)
    /// stamp  = origin (0 is the frame's own)  milliseconds before the frame's  counter
    /// column = [its length, if there is more than one record]  values
    /// ```
    ///
    /// Blocks ascend by entity and mask, records by id. UUIDs stand first, because they do not
    /// compress: a batch puts them where they disturb nothing (``FramePack``).
    ///
    /// - Parameter stamp: the frame's, which all changes of the set carry.
    package func encoded(stamp: Stamp) -> [UInt8] {
        var encoder = ChangeSetEncoder(stamp: stamp)
        encoder.encode(compartment, changes[...])
        var out = ByteWriter(capacity: encoder.count)
        encoder.write(to: &out)
        return out.bytes
    }
}

/// Encodes change sets one after another; its buffers are made once.
package struct ChangeSetEncoder {
    private let stamp: Stamp
    private var compartmentID = RecordID.text("")
    private var uuids = ByteWriter()
    private var origins: [Origin] = []
    private var body = ByteWriter(capacity: 1024)
    private var column = ByteWriter()

    /// - Parameter stamp: the frame's, which all changes of its sets carry.
    package init(stamp: Stamp) { self.stamp = stamp }

    /// The bytes of the set that was encoded last.
    package var count: Int {
        1 + ByteWriter.varintSize(UInt64(uuids.bytes.count / 16)) + uuids.bytes.count
            + body.bytes.count
    }

    /// Writes the set that was encoded last.
    package func write(to out: inout ByteWriter) {
        out.byte(ChangeSet.version)
        out.varint(uuids.bytes.count / 16)
        out.raw(uuids.bytes)
        out.raw(body.bytes)
    }

    /// Encodes a set; ``write(to:)`` then gives its bytes.
    package mutating func encode(_ compartment: Compartment, _ changes: ArraySlice<Change>) {
        uuids.bytes.removeAll(keepingCapacity: true)
        body.bytes.removeAll(keepingCapacity: true)
        origins.removeAll(keepingCapacity: true)
        compartmentID = compartment.id
        collectOrigins(changes)
        body.byte(compartment.kind.rawValue)
        write(compartment.id, isCompartment: true)
        body.varint(origins.count)
        for origin in origins { body.origin(origin) }
        writeBlocks(changes)
    }

    private mutating func collectOrigins(_ changes: ArraySlice<Change>) {
        for change in changes {
            for unit in change.units {
                for replaced in unit.replaces
                where replaced.origin != stamp.origin && !origins.contains(replaced.origin) {
                    origins.append(replaced.origin)
                }
            }
        }
        if origins.count > 1 { origins.sort() }
    }

    private mutating func writeBlocks(_ changes: ArraySlice<Change>) {
        if changes.count == 1 {
            body.varint(1)
            writeBlock(changes, mask: changes.first!.mask)
            return
        }
        let sorted = changes.map { (mask: $0.mask, change: $0) }.sorted {
            ($0.change.key.entity, $0.mask, $0.change.key.id)
                < ($1.change.key.entity, $1.mask, $1.change.key.id)
        }
        var blocks: [(mask: UInt64, changes: [Change])] = []
        for (mask, change) in sorted {
            if let last = blocks.last, last.mask == mask,
                last.changes[0].key.entity == change.key.entity
            {
                blocks[blocks.count - 1].changes.append(change)
            } else {
                blocks.append((mask, [change]))
            }
        }
        body.varint(blocks.count)
        for block in blocks { writeBlock(block.changes[...], mask: block.mask) }
    }

    private mutating func writeBlock(_ changes: ArraySlice<Change>, mask: UInt64) {
        body.varint(UInt64(changes.first!.key.entity))
        body.varint(mask)
        body.varint(changes.count)
        for change in changes { write(change.key.id, isCompartment: false) }
        for change in changes { writeReplaced(change.units) }
        if changes.count == 1 {
            for unit in changes.first!.units { ChangeSetEncoder.write(unit, to: &body) }
            return
        }
        for index in changes.first!.units.indices {
            column.bytes.removeAll(keepingCapacity: true)
            for change in changes { ChangeSetEncoder.write(change.units[index], to: &column) }
            body.counted(column.bytes)
        }
    }

    @inline(__always)
    private static func write(_ unit: UnitWrite, to out: inout ByteWriter) {
        if unit.isWire, case .bytes(let wire) = unit.value {
            out.raw(wire)
        } else {
            WireValue.write(unit.value, to: &out)
        }
    }

    private mutating func write(_ id: RecordID, isCompartment: Bool) {
        if !isCompartment, id == compartmentID {
            body.byte(1)
            return
        }
        switch id {
        case .uuid(let high, let low):
            body.byte(2)
            uuids.fixed64(high)
            uuids.fixed64(low)
        case .text(let text):
            body.byte(0)
            body.counted(text)
        }
    }

    private mutating func writeReplaced(_ units: [UnitWrite]) {
        let first = units[0].replaces
        if units.allSatisfy({ $0.replaces.isEmpty }) {
            body.byte(0)
        } else if first.count == 1, units.allSatisfy({ $0.replaces == first }) {
            body.byte(1)
            write(first[0])
        } else {
            body.byte(2)
            for unit in units {
                let sorted = Set(unit.replaces).sorted()
                body.varint(sorted.count)
                for replaced in sorted { write(replaced) }
            }
        }
    }

    private mutating func write(_ replaced: Stamp) {
        if replaced.origin == stamp.origin {
            body.byte(0)
        } else {
            body.varint(origins.firstIndex(of: replaced.origin)! + 1)
        }
        body.zigzag(Int64(stamp.hlc.milliseconds) - Int64(replaced.hlc.milliseconds))
        body.varint(UInt64(replaced.hlc.counter))
    }
}
