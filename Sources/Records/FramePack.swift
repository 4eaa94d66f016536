import Causality

/// A batch of frames on the wire: their bytes, turned column by column so that what is alike lies
/// together, with ids, salts and hashes in the raw stream. Unpacking gives the very bytes that
/// were packed; nothing is encoded again that has been hashed.
///
/// ```
/// pack   = frames (twice their count)  origins  texts  columns of the headers  shapes  values
///        | frames (twice their count, and 1)  length and bytes of each
/// shapes = what stands in the change sets beside UUIDs and values (ChangeSetShape)
/// values = one column for each unit of an entity (ValueColumnsWriter)
/// ```
package enum FramePack {
    /// The most frames in one batch.
    package static let limit = 1 << 20

    /// The columns of the frames' headers and parts.
    enum Column {
        static let origin = 0, sequence = 1, milliseconds = 2, counter = 3, quality = 4
        static let author = 5, purpose = 6, form = 7, parts = 8, partTag = 9, set = 10, length = 11
        /// What is left of the change sets.
        static let shapes = 12
        static let count = 13
    }

    /// Up to so many frames travel as they are: columns of one value each would only cost. So do
    /// those among which one is of a later version, which columns can't hold.
    private static let few = 2

    private static func travelAsTheyAre(_ frames: [Frame]) -> Bool {
        frames.count <= few || frames.contains { $0.version != Frame.version }
    }

    /// The end of a log, as both sides know it: what follows it need not say whose it is.
    package struct End: Sendable {
        var origin: Origin
        var sequence: UInt64

        package init(origin: Origin, sequence: UInt64) {
            self.origin = origin
            self.sequence = sequence
        }
    }

    /// - Parameter ends: the ends of logs that the reader knows too, in the same order.
    package static func write(
        _ frames: [Frame], after ends: [End] = [], to out: inout MessageWriter
    ) {
        if travelAsTheyAre(frames) {
            out.plain.varint(frames.count << 1 | 1)
            var ends = ends
            for frame in frames { write(frame, &ends, &out.plain) }
            return
        }
        var writer = FramePackWriter()
        for frame in frames { writer.add(frame, &out.raw) }
        writer.finish(&out.plain)
    }

    package static func read(
        _ reader: inout MessageReader, after ends: [End] = []
    ) throws(Malformed) -> [Frame] {
        let tag = try reader.plain.varint()
        guard tag >> 1 <= UInt64(limit) else { throw .tooLarge(what: "frames", limit: limit) }
        let count = Int(tag >> 1)
        if tag & 1 == 1 {
            var (frames, ends): ([Frame], [End]) = ([], ends)
            for _ in 0..<count { frames.append(try read(&reader.plain, &ends)) }
            guard travelAsTheyAre(frames) else { throw .tooLarge(what: "frames", limit: few) }
            return frames
        }
        var unpacking = try FramePackReader(&reader.plain)
        var frames: [Frame] = []
        frames.reserveCapacity(min(count, 4096))
        for _ in 0..<count { frames.append(try unpacking.next(&reader.raw)) }
        try unpacking.finish()
        return frames
    }

    /// Which of `ends` a frame follows.
    private static func followed(by header: FrameHeader, _ ends: [End]) -> Int? {
        ends.firstIndex {
            $0.origin == header.origin && $0.sequence &+ 1 == header.sequence
        }
    }

    private static func write(_ frame: Frame, _ ends: inout [End], _ out: inout ByteWriter) {
        guard let end = followed(by: frame.header, ends) else {
            out.varint(0)
            return out.counted(frame.bytes)
        }
        let place = frame.originRange
        out.varint(end + 1)
        out.varint(frame.bytes.count - place.count)
        frame.bytes.withUnsafeBytes { bytes in
            out.raw(UnsafeRawBufferPointer(rebasing: bytes[..<place.lowerBound]))
            out.raw(UnsafeRawBufferPointer(rebasing: bytes[place.upperBound...]))
        }
        ends[end].sequence += 1
    }

    private static func read(
        _ reader: inout ByteReader, _ ends: inout [End]
    ) throws(Malformed) -> Frame {
        let reference = try reader.varint()
        guard reference <= UInt64(ends.count) else { throw .invalid("origin of a frame") }
        let bytes = try reader.counted("frame", atMost: Limits.frameBytes)
        guard reference > 0 else {
            let frame = try Frame(bytes: bytes)
            // One form for one batch.
            guard followed(by: frame.header, ends) == nil else {
                throw .invalid("origin of a frame")
            }
            return frame
        }
        let end = Int(reference - 1)
        guard ends[end].sequence < 1 << 62 - 1, bytes.count >= Frame.originStart else {
            throw .invalid("sequence of a frame")
        }
        ends[end].sequence += 1
        var whole = ByteWriter(capacity: bytes.count + 26)
        bytes.withUnsafeBytes { bytes in
            whole.raw(UnsafeRawBufferPointer(rebasing: bytes[..<Frame.originStart]))
            whole.origin(ends[end].origin)
            whole.varint(ends[end].sequence)
            whole.raw(UnsafeRawBufferPointer(rebasing: bytes[Frame.originStart...]))
        }
        return try Frame(bytes: [UInt8](whole.bytes))
    }

    /// What the sequence and the time of a frame are told from.
    struct Last {
        var milliseconds: Int64 = 0
        private var sequences: [Int64] = []

        func sequence(_ origin: Int) -> Int64 { origin < sequences.count ? sequences[origin] : 0 }

        mutating func set(_ origin: Int, _ sequence: Int64, _ milliseconds: Int64) {
            self.milliseconds = milliseconds
            while sequences.count <= origin { sequences.append(0) }
            sequences[origin] = sequence
        }
    }
}

private struct FramePackWriter {
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

private struct FramePackReader {
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
