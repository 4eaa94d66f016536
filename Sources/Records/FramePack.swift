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
