import Causality
import Records

/// One exchange, as the clinic asks for it: what it has, what it brings, what it wants.
package struct ExchangeRequest: Sendable, Equatable {
    /// The head of one of the clinic's own logs, by which the hub compares and swaps.
    package struct Head: Sendable, Equatable {
        package var incarnation: Incarnation
        package var lane: Lane
        package var sequence: UInt64
        /// The first 64 bits of the head's hash.
        package var hash: UInt64
        /// How far the clinic knows its log to have outlived a backup of the hub.
        package var backedUp: UInt64
        /// The place after which the frames of this message follow, and the hash there.
        package var base: Base?

        package struct Base: Sendable, Equatable {
            package var sequence: UInt64
            package var hash: UInt64

            package init(sequence: UInt64, hash: UInt64) {
                self.sequence = sequence
                self.hash = hash
            }
        }

        package init(
            incarnation: Incarnation, lane: Lane, sequence: UInt64, hash: UInt64,
            backedUp: UInt64, base: Base?
        ) {
            self.incarnation = incarnation
            self.lane = lane
            self.sequence = sequence
            self.hash = hash
            self.backedUp = backedUp
            self.base = base
        }
    }

    package struct Pull: Sendable, Equatable {
        package var feed: FeedKind
        /// The newest first. More than one when the hub said that the newest does not fit; none
        /// when the clinic has never read this feed.
        package var cursors: [Cursor]
        /// The newest cursor at which a span that is still being loaded was read.
        package var loading: Cursor?
        /// What came of the clinic's last comparison of this feed with the hub; `nil` when it has
        /// compared nothing since it started.
        package var wasEqual: Bool?

        package init(
            feed: FeedKind, cursors: [Cursor], loading: Cursor?, wasEqual: Bool? = nil
        ) {
            self.feed = feed
            self.cursors = cursors
            self.loading = loading
            self.wasEqual = wasEqual
        }

        /// Bits beside the feed's number, so that the outcome costs no byte.
        private static let comparedBit: UInt8 = 0x40
        private static let unequalBit: UInt8 = 0x80

        var tag: UInt8 {
            let outcome = wasEqual.map {
                $0 ? Pull.comparedBit : Pull.comparedBit | Pull.unequalBit
            }
            return feed.rawValue | (outcome ?? 0)
        }

        static func outcome(_ tag: UInt8) throws(Malformed) -> Bool? {
            switch tag & (comparedBit | unequalBit) {
            case 0: nil
            case comparedBit: true
            case comparedBit | unequalBit: false
            default: throw .invalid("outcome of a comparison")
            }
        }
    }

    /// The clinic's wall clock, in milliseconds since 1970.
    package var wall: UInt64
    /// The epoch of the hub that the clinic last spoke to; 0 for none.
    package var epoch: UInt64
    /// How long the hub may wait for news, in seconds.
    package var wait: UInt64
    /// Bytes that the answer should not exceed by much.
    package var limit: UInt64
    package var heads: [Head]
    package var pulls: [Pull]
    package var frames: [Frame]

    static let kind: UInt8 = 1

    /// Whether all that the clinic has compared was equal; `nil` where it has compared nothing.
    package var wasEqual: Bool? {
        let outcomes = pulls.compactMap(\.wasEqual)
        return outcomes.isEmpty ? nil : outcomes.allSatisfy { $0 }
    }

    /// The newest cursor that a pull presents.
    func newestCursor(_ feed: FeedKind) -> Cursor? {
        pulls.first { $0.feed == feed }?.cursors.first
    }

    package func encoded() -> [UInt8] {
        var out = MessageWriter()
        out.plain.byte(ExchangeRequest.kind)
        out.plain.varint(wall)
        out.raw.fixed64(epoch)
        out.plain.varint(wait)
        out.plain.varint(limit)
        out.plain.varint(heads.count)
        for head in heads {
            out.raw.fixed64(head.incarnation.rawValue)
            out.plain.byte(head.lane.rawValue | (head.base == nil ? 0 : 0x80))
            out.plain.varint(head.sequence)
            out.raw.fixed64(head.hash)
            out.plain.varint(head.backedUp)
            if let base = head.base {
                out.plain.varint(base.sequence)
                out.raw.fixed64(base.hash)
            }
        }
        out.plain.varint(pulls.count)
        for pull in pulls {
            out.plain.byte(pull.tag)
            out.plain.varint(pull.cursors.count)
            for cursor in pull.cursors { out.cursor(cursor) }
            out.plain.byte(pull.loading == nil ? 0 : 1)
            if let loading = pull.loading { out.cursor(loading) }
        }
        out.plain.byte(frames.isEmpty ? 0 : 1)
        if !frames.isEmpty { FramePack.write(frames, to: &out) }
        return out.sealed()
    }

    init(_ reader: inout MessageReader) throws(Malformed) {
        wall = try reader.plain.varint()
        epoch = try reader.raw.fixed64()
        wait = try reader.plain.varint()
        limit = try reader.plain.varint()
        heads = []
        for _ in 0..<(try reader.plain.count("heads", atMost: 10_000, each: 3)) {
            heads.append(try ExchangeRequest.head(&reader))
        }
        pulls = []
        for _ in 0..<(try reader.plain.count("feeds", atMost: FeedKind.allCases.count, each: 2)) {
            let tag = try reader.plain.byte()
            guard let feed = FeedKind(rawValue: tag & 0x3F) else { throw .invalid("feed") }
            let wasEqual = try Pull.outcome(tag)
            guard !pulls.contains(where: { $0.feed == feed }) else { throw .invalid("feed twice") }
            var cursors: [Cursor] = []
            for _ in 0..<(try reader.plain.count("cursors", atMost: 1000)) {
                cursors.append(try reader.cursor())
            }
            let loading = try reader.plain.byte() == 1 ? try reader.cursor() : nil
            pulls.append(
                Pull(feed: feed, cursors: cursors, loading: loading, wasEqual: wasEqual))
        }
        frames = try reader.plain.byte() == 1 ? try FramePack.read(&reader) : []
    }

    private static func head(_ reader: inout MessageReader) throws(Malformed) -> Head {
        let incarnation = Incarnation(rawValue: try reader.raw.fixed64())
        let tag = try reader.plain.byte()
        guard let lane = Lane(rawValue: tag & 0x7F) else { throw .invalid("lane") }
        let sequence = try reader.plain.varint()
        let hash = try reader.raw.fixed64()
        let backedUp = try reader.plain.varint()
        guard sequence < 1 << 62, backedUp < 1 << 62 else { throw .invalid("sequence of a head") }
        var base: Head.Base?
        if tag & 0x80 != 0 {
            let sequence = try reader.plain.varint()
            guard sequence < 1 << 62 else { throw .invalid("sequence of a head") }
            base = Head.Base(sequence: sequence, hash: try reader.raw.fixed64())
        }
        return Head(
            incarnation: incarnation, lane: lane, sequence: sequence, hash: hash,
            backedUp: backedUp, base: base)
    }

    package init(
        wall: UInt64, epoch: UInt64, wait: UInt64 = 0, limit: UInt64, heads: [Head],
        pulls: [Pull], frames: [Frame]
    ) {
        self.wall = wall
        self.epoch = epoch
        self.wait = wait
        self.limit = limit
        self.heads = heads
        self.pulls = pulls
        self.frames = frames
    }
}
