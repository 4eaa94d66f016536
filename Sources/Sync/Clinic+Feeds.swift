import Causality
import Records
import Replica

/// Where a clinic stands in one feed.
struct FeedState {
    /// Whether the hub has ever answered for this feed.
    var isStarted = false
    var cursor = Cursor.start
    /// The sum of what is held by this feed, as it is now: ahead of the cursor by what is pending.
    var sum = ContentSum()
    /// Where the feed stood when all of it had been loaded as state; 0 if it never was.
    var joinedAt: UInt64 = 0
    /// Whether `sum` has changed since it was written down.
    var isDirty = false
}

/// A span that is being loaded as state.
struct Join {
    var id: Int64
    var feed: FeedKind
    /// `nil`: all of the feed.
    var root: RootReference?
    /// Where the last chunk ended, in the hub's own terms.
    var last: UInt64
    /// Whether the last chunk reached the end; the span is whole once the cursor has passed it.
    var isFull: Bool
    /// The newest cursor at which a chunk was read.
    var newest: Cursor?
}

/// Origins whose log and the hub's have parted.
struct Fork {
    var origin: Origin
    /// The highest sequence known to be alike, and the lowest known to differ.
    var alike: UInt64
    var different: UInt64
}

extension Clinic {
    func insertFeed(_ kind: FeedKind) throws {
        try replica.store.run(
            "INSERT OR IGNORE INTO _feed VALUES (?, 0, 0, ?, zeroblob(16), 0)",
            [.integer(Int64(kind.rawValue)), .integer(kind == .own ? 1 : 0)])
    }

    func loadFeeds() throws {
        feeds = [:]
        let rows = try replica.store.rows(
            "SELECT kind, pos, hash, started, sum, joinedAt FROM _feed"
        ) { row in
            (
                FeedKind(rawValue: UInt8(row.integer(0))),
                FeedState(
                    isStarted: row.integer(3) == 1,
                    cursor: Cursor(position: row.unsigned(1), hash: row.unsigned(2)),
                    sum: ContentSum(bytes: row.bytes(4)) ?? ContentSum(),
                    joinedAt: row.unsigned(5))
            )
        }
        for (kind, state) in rows { if let kind { feeds[kind] = state } }
    }

    func loadJoins() throws {
        joins = try replica.store.rows("SELECT id, feed, root, last, isFull FROM _join") { row in
            Join(
                id: row.integer(0), feed: FeedKind(rawValue: UInt8(row.integer(1))) ?? .own,
                root: row.integer(2) == 0 ? nil : RootReference(rawValue: row.integer(2)),
                last: row.unsigned(3), isFull: row.integer(4) == 1, newest: nil)
        }
        for index in joins.indices {
            joins[index].newest = try replica.store.row(
                "SELECT pos, hash FROM _chunk WHERE joining = ? ORDER BY pos DESC LIMIT 1",
                [.integer(joins[index].id)]
            ) { Cursor(position: $0.unsigned(0), hash: $0.unsigned(1)) }
        }
    }

    /// Writes down what changed of the feeds in this transaction.
    func saveFeeds() throws {
        for (kind, state) in feeds.sorted(by: { $0.key < $1.key }) where state.isDirty {
            try replica.store.run(
                "UPDATE _feed SET pos = ?, hash = ?, started = ?, sum = ?, joinedAt = ? WHERE kind = ?",
                [
                    .unsigned(state.cursor.position), .unsigned(state.cursor.hash),
                    .integer(state.isStarted ? 1 : 0), .bytes(state.sum.bytes),
                    .unsigned(state.joinedAt), .integer(Int64(kind.rawValue)),
                ])
            feeds[kind]!.isDirty = false
        }
    }

    // MARK: Cursors

    /// Moves a feed's cursor, and keeps the old one among those to go back to.
    func advance(_ kind: FeedKind, to cursor: Cursor) throws {
        let old = feeds[kind]!.cursor
        guard old != cursor else { return }
        feeds[kind]!.cursor = cursor
        feeds[kind]!.isDirty = true
        try replica.store.run(
            "INSERT OR REPLACE INTO _cursor VALUES (?, ?, ?)",
            [.integer(Int64(kind.rawValue)), .unsigned(cursor.position), .unsigned(cursor.hash)])
        try thin(kind, newest: cursor.position)
    }

    /// Keeps older cursors ever farther apart: of those between 2^n and 2^(n+1) entries back, the
    /// newest and the oldest.
    private func thin(_ kind: FeedKind, newest: UInt64) throws {
        let positions = try replica.store.rows(
            "SELECT pos FROM _cursor WHERE feed = ? ORDER BY pos DESC",
            [.integer(Int64(kind.rawValue))]
        ) { $0.unsigned(0) }
        guard positions.count > 48 else { return }
        var groups: [Int: [UInt64]] = [:]
        for position in positions where position <= newest {
            let distance = newest - position
            groups[UInt64.bitWidth - distance.leadingZeroBitCount, default: []].append(position)
        }
        for group in groups.values where group.count > 2 {
            for position in group[1..<(group.count - 1)] {
                try replica.store.run(
                    "DELETE FROM _cursor WHERE feed = ? AND pos = ?",
                    [.integer(Int64(kind.rawValue)), .unsigned(position)])
            }
        }
    }

    /// The cursors of a feed that are kept, the newest first.
    func keptCursors(_ kind: FeedKind) throws -> [Cursor] {
        let kept = try replica.store.rows(
            "SELECT pos, hash FROM _cursor WHERE feed = ? ORDER BY pos DESC LIMIT 999",
            [.integer(Int64(kind.rawValue))]
        ) { Cursor(position: $0.unsigned(0), hash: $0.unsigned(1)) }
        return kept + [.start]
    }

    /// Goes back to an older cursor: the hub was put back to an older copy.
    func goBack(_ kind: FeedKind, to cursor: Cursor) throws {
        try replica.store.run(
            "DELETE FROM _cursor WHERE feed = ? AND pos > ?",
            [.integer(Int64(kind.rawValue)), .unsigned(cursor.position)])
        feeds[kind]!.cursor = cursor
        feeds[kind]!.isDirty = true
    }

    // MARK: Holding

    /// Holds a compartment by the own feed, of which it knows all that came before `position`.
    func hold(_ root: RootReference, at position: UInt64 = 0) throws {
        try replica.store.run(
            "INSERT OR IGNORE INTO _held VALUES (?, ?)",
            [.integer(root.rawValue), .unsigned(position)])
        let former = feed(of: root)
        guard held.insert(root).inserted else { return }
        for table in ["_reloaded", "_dropped"] {
            try replica.store.run(
                "DELETE FROM \(table) WHERE root = ?", [.integer(root.rawValue)])
        }
        if former == .district {
            feeds[.district]!.sum -= try replica.snapshots.sum(of: root)
            feeds[.district]!.isDirty = true
            // Its state would be of another feed's moment.
            try endJoins { $0.feed == .district && $0.root == root }
        }
        if leaving.remove(root) != nil {
            try replica.store.run(
                "DELETE FROM _leaving WHERE root = ?", [.integer(root.rawValue)])
        }
        guard feeds[.own] != nil else { return }
        feeds[.own]!.sum += try replica.snapshots.sum(of: root)
        feeds[.own]!.isDirty = true
    }

    /// Holds a compartment no longer. Its content goes once all of it is backed up, unless another
    /// feed brings it.
    func release(_ root: RootReference) throws {
        guard held.remove(root) != nil else { return }
        // While it stays here, part of it may be here as state alone.
        try noteState(of: root, by: .own, at: 0)
        try replica.store.run("DELETE FROM _held WHERE root = ?", [.integer(root.rawValue)])
        try endJoins { $0.root == root }
        feeds[.own]!.sum -= try replica.snapshots.sum(of: root)
        feeds[.own]!.isDirty = true
        guard feed(of: root) == .district else { return try leave(root) }
        // What came by the own feed stands at another moment than the district's, and lacks what
        // was skipped while it was being loaded: a former life's own writes among it, which the
        // district's feed passes over.
        feeds[.district]!.sum += try replica.snapshots.sum(of: root)
        feeds[.district]!.isDirty = true
        let isLoadingAll = joins.contains { $0.feed == .district && $0.root == nil }
        try loadAnew([isLoadingAll ? nil : root], .district)
    }

    func leave(_ root: RootReference) throws {
        guard leaving.insert(root).inserted else { return }
        try replica.store.run(
            "INSERT OR IGNORE INTO _leaving VALUES (?)", [.integer(root.rawValue)])
    }

    /// Whether this clinic's own records say that it wants a patient: it registered them, or
    /// asked to hold them. What is wanted is not dropped while the hub hasn't answered yet.
    func isWanted(_ root: RootReference) throws -> Bool {
        guard let compartment = try replica.tables.compartment(root) else { return false }
        // What was written into another clinic's own affairs is refused, and goes.
        if root.kind == .clinic { return compartment == .clinic(node) }
        guard root.kind == .patient, let rule = replica.schema.holders else {
            return root.kind == .reference
        }
        let hold = holdKey(compartment, rule)
        if let asked = try replica.reader.record(hold, in: .clinic(node))?.shown(
            rule.holdWanted, in: replica)
        {
            return asked == .integer(1)
        }
        let record = try replica.reader.record(
            RecordKey(entity: rule.root, id: compartment.id), in: compartment)
        let me = Value.text(node.description)
        return rule.nodeUnits.contains { unit in
            record?.register(unit)?.siblings.contains { $0.value == me } ?? false
        }
    }

    /// The record by which this clinic asks to hold a patient, or to leave.
    package func holdKey(_ compartment: Compartment, _ rule: HolderRule) -> RecordKey {
        RecordKey(entity: rule.holdEntity, id: rule.holdID(compartment.id))
    }

    // MARK: Joining

    /// Begins to load a span. One that loads all of the feed takes the place of all others: what they
    /// have loaded is of a history that it may have been begun to be rid of.
    func beginJoin(_ feed: FeedKind, _ root: RootReference?) throws {
        try endJoins { $0.feed == feed && (root == nil || $0.root == root) }
        try replica.store.run(
            "INSERT INTO _join (feed, root, last, isFull) VALUES (?, ?, 0, 0)",
            [.integer(Int64(feed.rawValue)), .integer(root?.rawValue ?? 0)])
        let id = try replica.store.count("SELECT max(id) FROM _join")
        joins.append(
            Join(id: id, feed: feed, root: root, last: 0, isFull: false, newest: nil))
    }

    func endJoins(where ended: (Join) -> Bool) throws {
        for join in joins where ended(join) {
            try replica.store.run(
                "DELETE FROM _loaded WHERE chunk IN (SELECT id FROM _chunk WHERE joining = ?)",
                [.integer(join.id)])
            try replica.store.run("DELETE FROM _chunk WHERE joining = ?", [.integer(join.id)])
            try replica.store.run("DELETE FROM _join WHERE id = ?", [.integer(join.id)])
        }
        joins.removeAll(where: ended)
    }

    /// The newest cursor of a feed at which what is being loaded was read.
    func loadedUpTo(_ feed: FeedKind) -> Cursor? {
        joins.filter { $0.feed == feed }.compactMap(\.newest).max { $0.position < $1.position }
    }

    /// The newest place of a feed that this replica knows. All the others lie before it in one
    /// history of the feed: whatever moves on, cursor or join, moves on only where the hub was shown
    /// this place and has it in its feed. So no state is taken for the beginning of another history.
    func newestPlace(_ feed: FeedKind) -> Cursor? {
        guard let cursor = feeds[feed]?.cursor else { return nil }
        guard let loaded = loadedUpTo(feed), loaded.position > cursor.position else {
            return cursor
        }
        return loaded
    }

    /// The joins that a compartment is being loaded by: one of all of its feed, one of itself, or
    /// one that was begun while all of the feed was being loaded.
    func joins(of root: RootReference?, by feed: FeedKind) -> [Join] {
        if joins.isEmpty { return [] }
        return joins.filter { $0.feed == feed && ($0.root == nil || $0.root == root) }
    }

    /// Ends the joins that are full and whose chunks the cursor has passed.
    func finishJoins(_ feed: FeedKind) throws {
        let position = feeds[feed]!.cursor.position
        for join in joins where join.feed == feed && join.isFull {
            let newest = join.newest?.position ?? 0
            guard newest <= position else { continue }
            try noteJoined(feed, join.root, at: newest)
        }
        try endJoins {
            $0.feed == feed && $0.isFull && ($0.newest?.position ?? 0) <= position
        }
    }

    /// Remembers as of when a span is here: what came before that lies in its state, and not in the
    /// log, so that a hub which was put back to before must give the state again.
    private func noteJoined(
        _ feed: FeedKind, _ root: RootReference?, at position: UInt64
    ) throws {
        guard let root else {
            feeds[feed]!.joinedAt = position
            feeds[feed]!.isDirty = true
            return try replica.store.run(
                "DELETE FROM _reloaded WHERE feed = ? AND joinedAt <= ?",
                [.integer(Int64(feed.rawValue)), .unsigned(position)])
        }
        guard feed == .own else { return try noteState(of: root, by: feed, at: position) }
        try replica.store.run(
            "UPDATE _held SET joinedAt = ? WHERE root = ?",
            [.unsigned(position), .integer(root.rawValue)])
    }

    /// Remembers of a compartment that the own feed doesn't hold that it is here as state.
    func noteState(of root: RootReference, by feed: FeedKind, at position: UInt64) throws {
        try replica.store.run(
            "INSERT OR REPLACE INTO _reloaded VALUES (?, ?, ?)",
            [
                .integer(root.rawValue), .integer(Int64(feed.rawValue)), .unsigned(position),
            ])
    }
}

extension HolderRule {
    /// The id of the record by which a clinic asks to hold a patient, or to leave.
    package func holdID(_ patient: RecordID) -> RecordID {
        contentID([Array("hold".utf8), Array(patient.description.utf8)])
    }
}
