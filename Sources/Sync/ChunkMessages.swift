import Causality
import Records
import Replica

/// Asks for the state of a span, from where the last chunk ended.
package struct ChunkRequest: Sendable, Equatable {
    package var feed: FeedKind
    package var span: Span
    /// Where the last chunk ended, in the hub's own terms; 0 at the beginning.
    package var after: UInt64
    /// Bytes that the answer should not exceed by much.
    package var limit: UInt64
    /// The newest place of the feed that the clinic knows: it has read up to there, or loaded what
    /// was read there. What it loads next must come later in the same history of the feed.
    package var known: Cursor

    static let kind: UInt8 = 3

    package init(
        feed: FeedKind, span: Span, after: UInt64, limit: UInt64, known: Cursor = .start
    ) {
        self.feed = feed
        self.span = span
        self.after = after
        self.limit = limit
        self.known = known
    }

    package func encoded() -> [UInt8] {
        var out = MessageWriter()
        out.plain.byte(ChunkRequest.kind)
        out.plain.byte(feed.rawValue)
        out.plain.span(span)
        out.plain.varint(after)
        out.plain.varint(limit)
        out.cursor(known)
        return out.sealed()
    }

    init(_ reader: inout MessageReader) throws(Malformed) {
        feed = try reader.plain.feed()
        span = try reader.plain.span()
        after = try reader.plain.varint()
        limit = try reader.plain.varint()
        known = try reader.cursor()
        guard after < 1 << 60 else { throw .invalid("place of a chunk") }
    }
}

/// The state of whole compartments of a span: what it says replaces all that the clinic holds of
/// them. The snapshot itself follows the head in the message.
package struct ChunkHead: Sendable, Equatable {
    package var feed: FeedKind
    package var span: Span
    package var after: UInt64
    /// Where this chunk ends; the next begins after it.
    package var last: UInt64
    package var reachedEnd: Bool
    /// The place in the feed at which the state was read.
    package var cursor: Cursor
    /// What the hub had then of the clinic's own logs: these are in the state.
    package var heads: [Origin: LogHead]
    /// The hub's orders for stamps.
    package var ranks: [Stamp: HLC]
    package var epoch: UInt64

    /// Whether the clinic holds the span at all. When not, the feed's next entries say so, and
    /// nothing follows.
    package var isHeld = true
    /// Whether the feed never had the place that the clinic knows: the hub was put back, and what
    /// was loaded of the feed before is loaded anew. Nothing follows.
    package var mustReload = false

    package static let kind: UInt8 = 4

    package init(
        feed: FeedKind, span: Span, after: UInt64, last: UInt64, reachedEnd: Bool, cursor: Cursor,
        heads: [Origin: LogHead], ranks: [Stamp: HLC], epoch: UInt64
    ) {
        self.feed = feed
        self.span = span
        self.after = after
        self.last = last
        self.reachedEnd = reachedEnd
        self.cursor = cursor
        self.heads = heads
        self.ranks = ranks
        self.epoch = epoch
    }

    package func write(to out: inout MessageWriter) {
        out.plain.byte(ChunkHead.kind)
        out.plain.byte(feed.rawValue)
        out.plain.span(span)
        out.plain.varint(after)
        out.plain.varint(last)
        out.plain.byte(flags)
        out.cursor(cursor)
        out.plain.fixed64(epoch)
        out.plain.heads(heads)
        out.plain.varint(ranks.count)
        for (stamp, rank) in ranks.sorted(by: { $0.key < $1.key }) {
            out.plain.origin(stamp.origin)
            out.plain.fixed64(stamp.hlc.rawValue)
            out.plain.fixed64(rank.rawValue)
        }
    }

    package init(_ reader: inout MessageReader) throws(Malformed) {
        feed = try reader.plain.feed()
        span = try reader.plain.span()
        after = try reader.plain.varint()
        last = try reader.plain.varint()
        guard last < 1 << 60 else { throw .invalid("place of a chunk") }
        let flags = try reader.plain.byte()
        reachedEnd = flags == Flag.reachedEnd
        isHeld = flags != Flag.isNotHeld
        mustReload = flags == Flag.mustReload
        cursor = try reader.cursor()
        epoch = try reader.plain.fixed64()
        heads = try reader.plain.heads()
        ranks = [:]
        for _ in 0..<(try reader.plain.count("ranks", atMost: 1 << 20, each: 33)) {
            let origin = try reader.plain.origin()
            let stamp = Stamp(hlc: HLC(rawValue: try reader.plain.fixed64()), origin: origin)
            ranks[stamp] = HLC(rawValue: try reader.plain.fixed64())
        }
        guard flags == self.flags else { throw .invalid("flags of a chunk") }
    }

    /// One of them at the most: only what is held and follows has an end.
    private enum Flag {
        static let reachedEnd: UInt8 = 1
        static let isNotHeld: UInt8 = 2
        static let mustReload: UInt8 = 4
    }

    private var flags: UInt8 {
        if !isHeld { return Flag.isNotHeld }
        if mustReload { return Flag.mustReload }
        return reachedEnd ? Flag.reachedEnd : 0
    }
}

/// How far a log goes, and the first 64 bits of the hash there.
package struct LogHead: Hashable, Sendable {
    package var sequence: UInt64
    package var hash: UInt64

    package init(sequence: UInt64, hash: UInt64) {
        self.sequence = sequence
        self.hash = hash
    }
}

extension ByteWriter {
    package mutating func heads(_ heads: [Origin: LogHead]) {
        varint(heads.count)
        for (origin, head) in heads.sorted(by: { $0.key < $1.key }) {
            self.origin(origin)
            varint(head.sequence)
            fixed64(head.hash)
        }
    }
}

extension ByteReader {
    package mutating func heads() throws(Malformed) -> [Origin: LogHead] {
        var heads: [Origin: LogHead] = [:]
        for _ in 0..<(try count("heads", atMost: 1 << 20, each: 26)) {
            let origin = try origin()
            let sequence = try varint()
            heads[origin] = LogHead(sequence: sequence, hash: try fixed64())
        }
        return heads
    }
}
