import Causality
import Records
import Replica
import Sync

/// Which feed: a clinic's own, or one that many read.
package struct FeedName: Hashable, Sendable, Comparable {
    package var kind: FeedKind
    /// 0 for a shared feed.
    package var node: NodeID

    package init(_ kind: FeedKind, _ node: NodeID = NodeID(rawValue: 0)) {
        self.kind = kind
        self.node = node
    }

    package static func < (a: FeedName, b: FeedName) -> Bool {
        (a.kind, a.node) < (b.kind, b.node)
    }
}

/// The end of a feed.
struct FeedHead {
    var id: Int64
    var position: UInt64 = 0
    /// The running hash: 16 bytes.
    var hash = [UInt8](repeating: 0, count: 16)
    /// The sum of the content that the feed carries, as it is now.
    var sum = ContentSum()
    var isDirty = false

    var cursor: Cursor { Cursor(position: position, hash: FeedHead.prefix(hash)) }

    static func prefix(_ hash: [UInt8]) -> UInt64 { hash[..<8].reduce(0) { $0 << 8 | UInt64($1) } }
}

/// What stands at one place of a feed, as it is stored.
struct FeedEntry {
    enum Kind: Int64 {
        case frame = 0
        case growFresh = 1
        case grow = 2
        case shrink = 3
        /// A frame of the reader's own that had been put aside is in the record after all.
        case retaken = 4
        /// The feed begins over what was there before it: a place that brings nothing. Its random
        /// number tells it from the same feed begun over something else in another life of the hub,
        /// which the start of a feed, alike in all, could not.
        case begin = 5
    }

    var kind: Kind
    /// The frame's place in the log, and its hash.
    var log: Int64?
    var frameHash: FrameHash?
    /// The indices of the change sets that this feed carries, as varints; `nil` for all.
    var parts: [UInt8]?
    /// The compartment of a change of scope.
    var compartment: Compartment?
}

extension HubStore {
    func loadFeeds() throws {
        var heads: [FeedName: FeedHead] = [:]
        let rows = try node.store.rows("SELECT id, kind, node, pos, hash, sum FROM _feed") { row in
            (
                FeedKind(rawValue: UInt8(truncatingIfNeeded: row.integer(1))),
                NodeID(rawValue: row.unsigned(2)),
                FeedHead(
                    id: row.integer(0), position: row.unsigned(3), hash: row.bytes(4),
                    sum: ContentSum(bytes: row.bytes(5)) ?? ContentSum())
            )
        }
        for (kind, node, head) in rows { if let kind { heads[FeedName(kind, node)] = head } }
        feeds = FeedHeads(heads)
    }

    func makeFeed(_ name: FeedName) throws {
        guard feeds[name] == nil else { return }
        try node.store.run(
            "INSERT OR IGNORE INTO _feed (kind, node, pos, hash, sum) VALUES (?, ?, 0, ?, ?)",
            [
                .integer(Int64(name.kind.rawValue)), .unsigned(name.node.rawValue),
                .bytes([UInt8](repeating: 0, count: 16)), .bytes(ContentSum().bytes),
            ])
        try loadFeeds()
    }

    func saveFeeds() throws {
        for (_, head) in feeds.takeUnsaved() {
            try node.store.run(
                "UPDATE _feed SET pos = ?, hash = ?, sum = ? WHERE id = ?",
                [
                    .unsigned(head.position), .bytes(head.hash), .bytes(head.sum.bytes),
                    .integer(head.id),
                ])
        }
    }

    /// Appends an entry to a feed. Its running hash takes in a number that is drawn at random for
    /// each commit, so that two lives of one hub never make the same feed.
    func extend(_ name: FeedName, _ entry: FeedEntry, nonce: UInt64) throws {
        var head = feeds[name]!
        head.position += 1
        head.hash = HubStore.hash(head.hash, entry, nonce: nonce)
        head.isDirty = true
        feeds[name] = head
        try node.store.run(
            "INSERT INTO _entry VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                .integer(head.id), .unsigned(head.position), .integer(entry.kind.rawValue),
                entry.log.map { .integer($0) } ?? .null, entry.parts.map { .bytes($0) } ?? .null,
                entry.compartment.map { .bytes(HubStore.encoded($0)) } ?? .null,
                .unsigned(nonce), .bytes(head.hash),
            ])
    }

    static func hash(_ before: [UInt8], _ entry: FeedEntry, nonce: UInt64) -> [UInt8] {
        var hash = Hash()
        hash.add(before)
        hash.add(nonce)
        hash.add(UInt64(entry.kind.rawValue))
        hash.add(entry.frameHash ?? .zero)
        hash.add(entry.parts ?? [0xFF])
        hash.add(entry.compartment.map(encoded) ?? [])
        return [UInt8](hash.finish().bytes[..<16])
    }

    static func encoded(_ compartment: Compartment) -> [UInt8] {
        var out = ByteWriter()
        out.compartment(compartment)
        return out.bytes
    }

    /// Whether a cursor lies in this life of a feed.
    func fits(_ cursor: Cursor, in name: FeedName) throws -> Bool {
        guard let head = feeds[name], cursor.position <= head.position else { return false }
        #if PLANTED
            if Planted.is(.cursorFitsByPosition) { return true }
        #endif
        if cursor == head.cursor { return true }
        return try self.cursor(at: cursor.position, of: head) == cursor
    }

    func cursor(at position: UInt64, of head: FeedHead) throws -> Cursor? {
        if position == 0 { return .start }
        return try node.store.row(
            "SELECT hash FROM _entry WHERE feed = ? AND pos = ?",
            [.integer(head.id), .unsigned(position)]
        ) { Cursor(position: position, hash: FeedHead.prefix($0.bytes(0))) }
    }

    /// What the owner of a feed holds at a place of it, by its entries.
    func holds(at position: UInt64, of head: FeedHead) throws -> [Compartment] {
        try node.holds(feed: head.id, upTo: position)
    }

    static func compartment(_ bytes: [UInt8]) throws -> Compartment {
        try bytes.withUnsafeBytes { raw in
            var reader = ByteReader(raw)
            return try reader.compartment()
        }
    }
}
