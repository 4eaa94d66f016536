import Causality

/// Turns frames into the columns of a ``FramePack``.
struct FramePackWriter {
    private typealias Column = FramePack.Column
    private var frames = 0
    private var origins: [Origin] = []
    private var originIndex: [Origin: Int] = [:]
    private var texts: [String] = []
    private var textIndex: [String: Int] = [:]
    private var columns = [ByteWriter](repeating: ByteWriter(), count: FramePack.Column.count)
    private var values = ValueColumnsWriter()
    private var last = FramePack.Last()
    /// Where the values of a change set lie, and where the shape before them ends; all are found
    /// before any is written.
    private var found: ContiguousArray<(shapeEnd: Int, values: Range<Int>, column: Int)> = []

    mutating func add(_ frame: Frame, _ raw: inout ByteWriter) {
        frames += 1
        let header = frame.header
        if originIndex[header.origin] == nil {
            originIndex[header.origin] = origins.count
            origins.append(header.origin)
        }
        let origin = originIndex[header.origin]!
        columns[Column.origin].varint(origin)
        columns[Column.sequence].zigzag(Int64(header.sequence) - last.sequence(origin) - 1)
        columns[Column.milliseconds].zigzag(Int64(header.hlc.milliseconds) - last.milliseconds)
        columns[Column.counter].varint(UInt64(header.hlc.counter))
        columns[Column.quality].byte(header.quality.rawValue)
        columns[Column.author].varint(index(of: header.author))
        columns[Column.purpose].varint(index(of: header.purpose))
        columns[Column.form].byte(frame.isWhole ? 0 : 1)
        columns[Column.parts].varint(frame.places.count)
        last.set(origin, Int64(header.sequence), Int64(header.hlc.milliseconds))
        if let salt = frame.salt { raw.salt(salt) }
        frame.bytes.withUnsafeBytes { bytes in
            for place in frame.places { add(place, isWhole: frame.isWhole, bytes, &raw) }
        }
    }

    private mutating func index(of text: String) -> Int {
        if let known = textIndex[text] { return known }
        textIndex[text] = texts.count
        texts.append(text)
        return texts.count - 1
    }

    private mutating func add(
        _ place: Frame.Place, isWhole: Bool, _ bytes: UnsafeRawBufferPointer,
        _ raw: inout ByteWriter
    ) {
        if place.isWithheld {
            columns[Column.partTag].byte(0)
            raw.raw(UnsafeRawBufferPointer(rebasing: bytes[place.range]))
            return
        }
        if !isWhole {
            columns[Column.partTag].byte(1)
            raw.raw(UnsafeRawBufferPointer(rebasing: bytes[Int(place.salt)..<Int(place.salt) + 16]))
        }
        guard let pool = try? findValues(bytes, place.range) else {
            // A set that this version can't take apart travels whole.
            columns[Column.set].varint(0)
            columns[Column.length].varint(place.range.count)
            columns[Column.shapes].raw(UnsafeRawBufferPointer(rebasing: bytes[place.range]))
            return
        }
        columns[Column.set].varint(pool.count / 16 + 1)
        raw.raw(UnsafeRawBufferPointer(rebasing: bytes[pool]))
        var at = pool.upperBound
        for (shapeEnd, range, column) in found {
            if shapeEnd > at {
                columns[Column.shapes].raw(UnsafeRawBufferPointer(rebasing: bytes[at..<shapeEnd]))
            }
            values.add(UnsafeRawBufferPointer(rebasing: bytes[range]), to: column)
            at = range.upperBound
        }
    }

    /// Finds the values of a change set. Returns where its UUIDs lie.
    private mutating func findValues(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>
    ) throws(Malformed) -> Range<Int> {
        found.removeAll(keepingCapacity: true)
        var reader = ByteReader(bytes, range)
        let version = try reader.byte()
        guard version == ChangeSet.version else { throw .unknownVersion(Int(version)) }
        let count = try reader.count("ids", atMost: Limits.recordsPerChangeSet + 1, each: 16)
        let pool = try reader.range(16 * count)
        let blocks = try ChangeSetShape.readHead(&reader)
        // What stands before the first value goes with it, so there must be one.
        guard blocks > 0 else { throw .invalid("empty change set") }
        for _ in 0..<blocks {
            guard values.hasRoom else {
                throw .tooLarge(what: "columns", limit: ValueColumnsReader.limit)
            }
            let block = try ChangeSetShape.readBlock(&reader)
            for column in values.columns(block.entity, block.mask) {
                let shapeEnd = reader.at
                if block.count == 1 {
                    found.append((shapeEnd, try WireValue.skip(&reader), column))
                    continue
                }
                // The length of several is told by their ends.
                let length = try reader.count("column", atMost: Limits.changeSetBytes)
                var content = ByteReader(bytes, try reader.range(length))
                let start = content.at
                for _ in 0..<block.count { _ = try WireValue.skip(&content) }
                try content.finish()
                found.append((shapeEnd, start..<content.end, column))
            }
        }
        try reader.finish()
        return pool
    }

    func finish(_ out: inout ByteWriter) {
        out.varint(frames << 1)
        out.varint(origins.count)
        for origin in origins { out.origin(origin) }
        out.varint(texts.count)
        for text in texts { out.counted(text) }
        for column in columns { out.counted(column.bytes) }
        values.write(to: &out)
    }
}
