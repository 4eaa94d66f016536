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
        /// Whether that was at this cursor, and equal: the hub need not say its sum there again.
        package var standsEqual: Bool

        package init(
            feed: FeedKind, cursors: [Cursor], loading: Cursor?, wasEqual: Bool? = nil,
            standsEqual: Bool = false
        ) {
            self.feed = feed
            self.cursors = cursors
            self.loading = loading
            self.wasEqual = wasEqual
            self.standsEqual = standsEqual
        }
    }

    /// Who asks. The certificate says it, not the message.
    package var node: NodeID

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
        for pull in pulls { write(pull, to: &out) }
        out.plain.byte(frames.isEmpty ? 0 : 1)
        if !frames.isEmpty { FramePack.write(frames, after: ends, to: &out) }
        return out.sealed()
    }

    /// The places after which frames of the clinic's own follow.
    private var ends: [FramePack.End] {
        heads.map { head in
            FramePack.End(
                origin: Origin(node: node, incarnation: head.incarnation, lane: head.lane),
                sequence: head.base?.sequence ?? head.sequence)
        }
    }

    /// One byte says which feed, and what follows.
    private enum PullTag {
        static let feed: UInt8 = 3
        static let hasOneCursor: UInt8 = 4
        static let isLoading: UInt8 = 8
        static let standsEqual: UInt8 = 16
        static let wasCompared: UInt8 = 32
        static let wasEqual: UInt8 = 64
        static let all: UInt8 = 127
    }

    private func write(_ pull: Pull, to out: inout MessageWriter) {
        let hasOne = pull.cursors.count == 1
        out.plain.byte(
            pull.feed.rawValue | (hasOne ? PullTag.hasOneCursor : 0)
                | (pull.loading == nil ? 0 : PullTag.isLoading)
                | (pull.standsEqual ? PullTag.standsEqual : 0)
                | (pull.wasEqual == nil ? 0 : PullTag.wasCompared)
                | (pull.wasEqual == true ? PullTag.wasEqual : 0))
        if !hasOne { out.plain.varint(pull.cursors.count) }
        for cursor in pull.cursors { out.cursor(cursor) }
        if let loading = pull.loading { out.cursor(loading) }
    }

    private static func pull(_ reader: inout MessageReader) throws(Malformed) -> Pull {
        let tag = try reader.plain.byte()
        guard tag & ~PullTag.all == 0, let feed = FeedKind(rawValue: tag & PullTag.feed) else {
            throw .invalid("feed")
        }
        let wasEqual: Bool? =
            tag & PullTag.wasCompared != 0 ? tag & PullTag.wasEqual != 0 : nil
        let standsEqual = tag & PullTag.standsEqual != 0
        guard tag & PullTag.wasEqual == 0 || wasEqual == true, !standsEqual || wasEqual == true
        else { throw .invalid("outcome of a comparison") }
        var count = 1
        if tag & PullTag.hasOneCursor == 0 {
            count = try reader.plain.count("cursors", atMost: 1000)
            guard count != 1 else { throw .invalid("number of cursors") }
        }
        var cursors: [Cursor] = []
        for _ in 0..<count { cursors.append(try reader.cursor()) }
        return Pull(
            feed: feed, cursors: cursors,
            loading: tag & PullTag.isLoading != 0 ? try reader.cursor() : nil,
            wasEqual: wasEqual, standsEqual: standsEqual)
    }

    init(_ reader: inout MessageReader, from node: NodeID) throws(Malformed) {
        self.node = node
        wall = try reader.plain.varint()
        epoch = try reader.raw.fixed64()
        wait = try reader.plain.varint()
        limit = try reader.plain.varint()
        heads = []
        for _ in 0..<(try reader.plain.count("heads", atMost: 10_000, each: 3)) {
            heads.append(try ExchangeRequest.head(&reader))
        }
        pulls = []
        for _ in 0..<(try reader.plain.count("feeds", atMost: FeedKind.allCases.count)) {
            let pull = try ExchangeRequest.pull(&reader)
            guard !pulls.contains(where: { $0.feed == pull.feed }) else {
                throw .invalid("feed twice")
            }
            pulls.append(pull)
        }
        frames = []
        if try reader.plain.byte() == 1 { frames = try FramePack.read(&reader, after: ends) }
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
        node: NodeID, wall: UInt64, epoch: UInt64, wait: UInt64 = 0, limit: UInt64, heads: [Head],
        pulls: [Pull], frames: [Frame]
    ) {
        self.node = node
        self.wall = wall
        self.epoch = epoch
        self.wait = wait
        self.limit = limit
        self.heads = heads
        self.pulls = pulls
        self.frames = frames
    }
}
