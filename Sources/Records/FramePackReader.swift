import Causality

/// Puts the very bytes of frames together again from the columns of a ``FramePack``.
struct FramePackReader {
    private typealias Column = FramePack.Column
    private var origins: [Origin] = []
    private var texts: [String] = []
    private var columns: ContiguousArray<ByteReader> = []
    private var values: ValueColumnsReader
    private var last = FramePack.Last()
    private var set = ByteWriter(capacity: 1024)

    init(_ reader: inout ByteReader) throws(Malformed) {
        for _ in 0..<(try reader.count("origins", atMost: FramePack.limit, each: 17)) {
            origins.append(try reader.origin())
        }
        for _ in 0..<(try reader.count("authors", atMost: 2 * FramePack.limit)) {
            texts.append(try reader.text("author", atMost: Limits.headerTextBytes))
        }
        for _ in 0..<FramePack.Column.count {
            let length = try reader.count("column", atMost: Limits.messageBytes)
            columns.append(ByteReader(reader.bytes, try reader.range(length)))
        }
        values = try ValueColumnsReader(&reader)
    }

    func finish() throws(Malformed) {
        for column in columns { try column.finish() }
        try values.finish()
    }

    mutating func next(_ raw: inout ByteReader) throws(Malformed) -> Frame {
        let header = try readHeader()
        let form = try columns[Column.form].byte()
        guard form <= 1 else { throw .invalid("form of a frame") }
        let count = try columns[Column.parts].varint()
        guard count > 0, count <= UInt64(Limits.changeSetsPerFrame) else {
            throw .tooLarge(what: "change sets", limit: Limits.changeSetsPerFrame)
        }
        let salt = form == 0 ? try raw.salt() : nil
        var builder = FrameBuilder(
            header: header, salt: salt, count: Int(count), capacity: 128 * min(Int(count), 1024))
        for _ in 0..<count {
            guard form == 1 else {
                try readSet(&raw)
                set.bytes.withUnsafeBytes { builder.add($0) }
                continue
            }
            switch try columns[Column.partTag].byte() {
            case 0:
                let place = try raw.range(FrameHash.size)
                builder.add(withheld: FrameHash(raw.bytes, at: place.lowerBound))
            case 1:
                let salt = try raw.salt()
                try readSet(&raw)
                set.bytes.withUnsafeBytes { builder.add($0, salt) }
            default: throw .invalid("tag of a change set")
            }
        }
        guard builder.size <= Limits.frameBytes else {
            throw .tooLarge(what: "frame", limit: Limits.frameBytes)
        }
        return builder.finish()
    }

    private mutating func readHeader() throws(Malformed) -> FrameHeader {
        let origin = try columns[Column.origin].varint()
        guard origin < UInt64(origins.count) else { throw .invalid("origin of a frame") }
        let (sequence, over) = last.sequence(Int(origin)).addingReportingOverflow(
            try columns[Column.sequence].zigzag())
        guard !over, sequence >= 0, sequence < 1 << 62 - 1 else {
            throw .invalid("sequence of a frame")
        }
        let (ms, overflow) = last.milliseconds.addingReportingOverflow(
            try columns[Column.milliseconds].zigzag())
        guard !overflow, ms >= 0, ms <= Int64(HLC.largestMilliseconds) else {
            throw .invalid("time of a frame")
        }
        guard let counter = UInt16(exactly: try columns[Column.counter].varint()) else {
            throw .invalid("counter of a frame")
        }
        guard let quality = ClockQuality(rawValue: try columns[Column.quality].byte()) else {
            throw .invalid("clock quality")
        }
        let author = try columns[Column.author].varint()
        let purpose = try columns[Column.purpose].varint()
        guard max(author, purpose) < UInt64(texts.count) else {
            throw .invalid("author of a frame")
        }
        last.set(Int(origin), sequence + 1, ms)
        return FrameHeader(
            origin: origins[Int(origin)], sequence: UInt64(sequence + 1),
            hlc: HLC(milliseconds: UInt64(ms), counter: counter), quality: quality,
            author: texts[Int(author)], purpose: texts[Int(purpose)])
    }

    /// Puts the bytes of the next change set together, in `set`.
    private mutating func readSet(_ raw: inout ByteReader) throws(Malformed) {
        set.bytes.removeAll(keepingCapacity: true)
        let marker = try columns[Column.set].varint()
        guard marker > 0 else {
            let length = try columns[Column.length].count(
                "change set", atMost: Limits.changeSetBytes, each: 0)
            copyShape(try columns[Column.shapes].range(length))
            return
        }
        guard marker <= UInt64(Limits.recordsPerChangeSet) + 2 else {
            throw .tooLarge(what: "ids", limit: Limits.recordsPerChangeSet)
        }
        let pool = try raw.range(16 * Int(marker - 1))
        set.byte(ChangeSet.version)
        set.varint(marker - 1)
        set.raw(UnsafeRawBufferPointer(rebasing: raw.bytes[pool]))
        var start = columns[Column.shapes].at
        let blocks = try ChangeSetShape.readHead(&columns[Column.shapes])
        for _ in 0..<blocks {
            let block = try ChangeSetShape.readBlock(&columns[Column.shapes])
            copyShape(start..<columns[Column.shapes].at)
            start = columns[Column.shapes].at
            for column in try values.columns(block.entity, block.mask) {
                let range = try values.next(block.count, of: column)
                if block.count != 1 { set.varint(range.count) }
                set.raw(UnsafeRawBufferPointer(rebasing: columns[Column.shapes].bytes[range]))
            }
            guard set.bytes.count <= Limits.changeSetBytes else {
                throw .tooLarge(what: "change set", limit: Limits.changeSetBytes)
            }
        }
        copyShape(start..<columns[Column.shapes].at)
    }

    private mutating func copyShape(_ range: Range<Int>) {
        set.raw(UnsafeRawBufferPointer(rebasing: columns[Column.shapes].bytes[range]))
    }
}
