import Causality

/// What stands above a frame's change sets: who wrote it, when, and where in the origin's log.
package struct FrameHeader: Hashable, Sendable {
    package var origin: Origin
    /// 1 for the first frame of the origin, then without a gap.
    package var sequence: UInt64
    package var hlc: HLC
    package var quality: ClockQuality
    /// The person or the service, as a FHIR reference; empty for the node itself.
    package var author: String
    /// A code for why it was written; empty where nothing was said.
    package var purpose: String

    package init(
        origin: Origin, sequence: UInt64, hlc: HLC, quality: ClockQuality, author: String = "",
        purpose: String = ""
    ) {
        self.origin = origin
        self.sequence = sequence
        self.hlc = hlc
        self.quality = quality
        self.author = author
        self.purpose = purpose
    }

    package var stamp: Stamp { Stamp(hlc: hlc, origin: origin) }

    package func write(to out: inout ByteWriter) {
        out.origin(origin)
        out.varint(sequence)
        out.fixed64(hlc.rawValue)
        out.byte(quality.rawValue)
        out.counted(author)
        out.counted(purpose)
    }

    init(reading reader: inout ByteReader) throws(Malformed) {
        origin = try reader.origin()
        sequence = try reader.varint()
        // A sequence leaves room to count on: 2^63-1 where a counter is expected is refused.
        guard sequence > 0, sequence < 1 << 62 else { throw .invalid("sequence of a frame") }
        hlc = HLC(rawValue: try reader.fixed64())
        guard let quality = ClockQuality(rawValue: try reader.byte()) else {
            throw .invalid("clock quality")
        }
        self.quality = quality
        author = try reader.text("author", atMost: Limits.headerTextBytes)
        purpose = try reader.text("purpose", atMost: Limits.headerTextBytes)
    }
}
