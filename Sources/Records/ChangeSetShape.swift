import Causality

/// What stands in a change set beside its values, read only as far as is needed to tell where the
/// values are. Packing and unpacking read it alike, so the set's bytes come back as they were.
struct ChangeSetShape {
    /// One block: its units, and how many records have values for them.
    struct Block {
        var entity: UInt16
        var mask: UInt64
        var count: Int
    }

    /// Reads what stands before the blocks, from the compartment on. Returns their number.
    static func readHead(_ reader: inout ByteReader) throws(Malformed) -> Int {
        _ = try reader.byte()
        try passID(&reader)
        let origins = try reader.count("origins", atMost: Limits.replacedStamps, each: 17)
        _ = try reader.range(17 * origins)
        return try reader.count("blocks", atMost: Limits.recordsPerChangeSet)
    }

    /// Reads a block up to its values.
    static func readBlock(_ reader: inout ByteReader) throws(Malformed) -> Block {
        guard let entity = UInt16(exactly: try reader.varint()) else {
            throw .invalid("entity number")
        }
        let mask = try reader.varint()
        guard mask != 0, mask >> 63 == 0 else { throw .invalid("mask of units") }
        let count = try reader.count("records", atMost: Limits.recordsPerChangeSet)
        for _ in 0..<count { try passID(&reader) }
        for _ in 0..<count { try passReplaced(&reader, mask.nonzeroBitCount) }
        return Block(entity: entity, mask: mask, count: count)
    }

    private static func passID(_ reader: inout ByteReader) throws(Malformed) {
        if try reader.byte() == 0 {
            _ = try reader.range(try reader.count("record id", atMost: Limits.idBytes))
        }
    }

    private static func passReplaced(_ reader: inout ByteReader, _ units: Int) throws(Malformed) {
        switch try reader.byte() {
        case 0: return
        case 1: try passStamps(&reader, 1)
        default:
            for _ in 0..<units {
                try passStamps(
                    &reader, try reader.count("replaced stamps", atMost: Limits.replacedStamps))
            }
        }
    }

    private static func passStamps(_ reader: inout ByteReader, _ count: Int) throws(Malformed) {
        for _ in 0..<count {
            _ = try reader.varint()
            _ = try reader.varint()
            _ = try reader.varint()
        }
    }
}
