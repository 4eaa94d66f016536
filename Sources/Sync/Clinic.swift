// The exchange: messages and their limits, and the clinic's side of it. No I/O but the replica's
// own file: bytes and time come in, bytes go out.
//
// Invariants: a cursor moves in the transaction that applies what it points past; nothing moves
// but by a well-formed answer to the request that is under way; `acknowledged` means committed on
// the hub, `backedUp` that it outlived a backup of the hub, and no compartment is purged before
// all of it is backed up.

import Causality
import Records
import Replica

/// The wall clock and a clock that never goes back, in milliseconds, as they read now.
package struct ClockReading: Sendable {
    package var wall: UInt64
    package var monotonic: UInt64

    package init(wall: UInt64, monotonic: UInt64) {
        self.wall = wall
        self.monotonic = monotonic
    }
}

/// A clinic's replica and its side of the exchange. Confined to one thread.
package final class Clinic {
    package let node: NodeID
    package let replica: NodeStore
    package internal(set) var incarnation: Incarnation
    package internal(set) var hlc: HLC
    /// The highest reading that the clock has adopted from elsewhere.
    var floor: HLC
    package internal(set) var time: TrustedTime
    /// When the last exchange was, in milliseconds since 1970.
    var lastExchange: UInt64?
    var saved = SavedMoments()
    var feeds: [FeedKind: FeedState] = [:]
    /// Compartments of the own feed that are held, by their local names.
    var held: Set<RootReference> = []
    /// Compartments with content here that are neither held nor wanted: dropped once backed up.
    var leaving: Set<RootReference> = []
    var joins: [Join] = []
    package internal(set) var epoch: UInt64
    /// The outcome of the last comparison of each feed with the hub.
    package internal(set) var comparisons: [FeedKind: Comparison] = [:]
    /// Origins whose log and the hub's have parted, still to be probed.
    var forks: [Fork] = []
    /// Where forks were found to begin: what lies after is issued again.
    var cuts: [Origin: UInt64] = [:]
    /// How often the hub was found, in this run, to lack what it had acknowledged.
    var losses = 0
    /// Feeds of which the hub wants to see older cursors.
    var wantsOlderCursors: Set<FeedKind> = []
    /// Feeds whose sums were found unequal, to be bisected and repaired.
    package internal(set) var unequal: Set<FeedKind> = []
    /// Whether this run has heard from the hub if it may read the district's feed.
    var knowsScope = false
    package let letters: LetterBox
    var random: any RandomNumberGenerator

    package struct Comparison: Sendable, Equatable {
        package var cursor: Cursor
        package var ours: ContentSum
        package var hub: ContentSum
        package var isEqual: Bool { ours == hub }
    }

    /// Opens or makes the replica.
    ///
    /// - Parameters:
    ///   - identity: what tells this file on this machine from a copy of it elsewhere. When it is
    ///     not what the database remembers, a new incarnation starts before the next write.
    ///   - random: for incarnations and salts; the system's, but in a simulation.
    package init(
        path: String, schema: Schema, node: NodeID, identity: [UInt8], now: ClockReading,
        random: any RandomNumberGenerator, durability: Store.Durability = .full,
        cacheMegabytes: Int = 64
    ) throws {
        self.node = node
        self.random = random
        replica = try NodeStore(
            path: path, schema: schema, durability: durability, cacheMegabytes: cacheMegabytes)
        letters = LetterBox(replica.store)
        (incarnation, hlc, floor, epoch) = (Incarnation(rawValue: 0), .zero, .zero, 0)
        time = TrustedTime(highWaterMark: 0, monotonic: now.monotonic)
        replica.account = { [unowned self] applied, _ in try account(applied) }
        let letters = letters
        replica.isParked = { try letters.contains($0, $1) }
        replica.recover = { [unowned self] in try load(now: nil) }
        try replica.transaction {
            for sql in Clinic.tables { try replica.store.execute(sql) }
            try bringUpLoaded()
            try letters.makeTable()
            try begin(identity: identity)
        }
        try replica.store.reading { try load(now: now) }
    }

    /// Opens a replica that another connection writes, to read it beside that one. Nothing but
    /// ``atOneMoment(_:)`` and what it is given may be called of it.
    package init(reading path: String, schema: Schema, node: NodeID) throws {
        self.node = node
        random = SystemRandomNumberGenerator()
        replica = try NodeStore(reading: path, schema: schema)
        letters = LetterBox(replica.store)
        (incarnation, hlc, floor, epoch) = (Incarnation(rawValue: 0), .zero, .zero, 0)
        time = TrustedTime(highWaterMark: 0, monotonic: 0)
    }

    /// Runs `body` on the replica as it stands at one moment, whatever is written meanwhile.
    package func atOneMoment<T>(_ body: () throws -> T) throws -> T {
        try replica.atOneMoment {
            try load(now: nil)
            return try body()
        }
    }

    static let tables = [
        """
        CREATE TABLE IF NOT EXISTS _feed (
            kind INTEGER PRIMARY KEY, pos INTEGER NOT NULL, hash INTEGER NOT NULL,
            started INTEGER NOT NULL, sum BLOB NOT NULL,
            joinedAt INTEGER NOT NULL)
        """,
        """
        CREATE TABLE IF NOT EXISTS _cursor (
            feed INTEGER, pos INTEGER, hash INTEGER NOT NULL, PRIMARY KEY (feed, pos)) WITHOUT ROWID
        """,
        "CREATE TABLE IF NOT EXISTS _held (root INTEGER PRIMARY KEY, joinedAt INTEGER NOT NULL)",
        "CREATE TABLE IF NOT EXISTS _leaving (root INTEGER PRIMARY KEY)",
        "CREATE TABLE IF NOT EXISTS _dropped (root INTEGER PRIMARY KEY)",
        """
        CREATE TABLE IF NOT EXISTS _join (
            id INTEGER PRIMARY KEY, feed INTEGER NOT NULL, root INTEGER NOT NULL,
            last INTEGER NOT NULL, isFull INTEGER NOT NULL)
        """,
        """
        CREATE TABLE IF NOT EXISTS _chunk (
            id INTEGER PRIMARY KEY, joining INTEGER NOT NULL, pos INTEGER NOT NULL,
            hash INTEGER NOT NULL, heads BLOB NOT NULL)
        """,
        """
        CREATE TABLE IF NOT EXISTS _reloaded (
            root INTEGER PRIMARY KEY, feed INTEGER NOT NULL, joinedAt INTEGER NOT NULL)
        """,
        loadedTable,
    ]

    private static let loadedTable = """
        CREATE TABLE IF NOT EXISTS _loaded (
            root INTEGER, chunk INTEGER, PRIMARY KEY (root, chunk)) WITHOUT ROWID
        """

    /// Brings up a database of an older version, in which only the last chunk that brought a
    /// compartment is known.
    private func bringUpLoaded() throws {
        let store = replica.store
        let keys = try store.count("SELECT count(*) FROM pragma_table_info('_loaded') WHERE pk > 0")
        guard keys == 1 else { return }
        try store.execute("ALTER TABLE _loaded RENAME TO _loadedOnce")
        try store.execute(Clinic.loadedTable)
        try store.execute("INSERT INTO _loaded SELECT root, chunk FROM _loadedOnce")
        try store.execute("DROP TABLE _loadedOnce")
    }

    /// Starts a new incarnation unless this is the very file that the last one wrote.
    private func begin(identity: [UInt8]) throws {
        let store = replica.store
        if try store.meta("node") == nil {
            try store.setMeta("node", node.rawValue)
            for kind in [FeedKind.own, .reference] { try insertFeed(kind) }
        }
        if try store.metaNumber("node") != node.rawValue {
            throw StorageFailure(code: 1, message: "this folder belongs to another clinic")
        }
        #if PLANTED
            if Planted.is(.clockReused), try store.metaNumber("incarnation") != nil {
                try store.setMeta("identity", identity)
            }
        #endif
        if try store.meta("identity") != identity || store.metaNumber("incarnation") == nil {
            try store.setMeta("identity", identity)
            try store.setMeta("incarnation", random.next() as UInt64)
        }
        if try replica.tables.root(.clinic(node)) == nil {
            let (root, _) = try replica.tables.makeRoot(.clinic(node))
            try hold(root)
        }
    }

    /// Reads everything that is kept in memory; `now` at the opening only.
    private func load(now: ClockReading?) throws {
        let store = replica.store
        incarnation = Incarnation(rawValue: try store.metaNumber("incarnation") ?? 0)
        hlc = HLC(rawValue: try store.metaNumber("hlc") ?? 0)
        for origin in replica.allOrigins
        where origin.node == node && origin.incarnation == incarnation {
            hlc = max(hlc, replica.head(origin)?.hlc ?? .zero)
        }
        #if PLANTED
            if Planted.is(.clockForgotten) { hlc = .zero }
        #endif
        floor = HLC(rawValue: try store.metaNumber("floor") ?? 0)
        epoch = try store.metaNumber("epoch") ?? 0
        saved = try SavedMoments(store)
        if let now {
            time = TrustedTime(
                highWaterMark: saved.mark ?? 0, offset: saved.offset, monotonic: now.monotonic)
            lastExchange = saved.exchange
        }
        try loadFeeds()
        try loadJoins()
        held = try roots("_held")
        leaving = try roots("_leaving")
    }

    private func roots(_ table: String) throws -> Set<RootReference> {
        let roots = try replica.store.rows("SELECT root FROM \(table)") {
            RootReference(rawValue: $0.integer(0))
        }
        return Set(roots)
    }

    package func close() throws { try replica.close() }

    // MARK: Writing

    /// Trusted time now.
    package func reading(_ now: ClockReading) -> (now: UInt64, quality: ClockQuality) {
        time.reading(wall: now.wall, monotonic: now.monotonic)
    }

    /// Commits what `body` writes as one transaction. When this returns it is on disk, and will
    /// reach the hub. It never waits for anything but the disk.
    @discardableResult
    package func write<T>(
        author: String = "", purpose: String = "", at now: ClockReading,
        _ body: (LocalTransaction) throws -> T
    ) throws -> T {
        do {
            return try replica.transaction { try commit(author, purpose, now, body) }
        } catch WriteRefusal.clockExhausted {
            try replica.transaction {
                try startIncarnation(hlc: HLC(milliseconds: reading(now).now))
            }
            return try replica.transaction { try commit(author, purpose, now, body) }
        }
    }

    private func commit<T>(
        _ author: String, _ purpose: String, _ now: ClockReading,
        _ body: (LocalTransaction) throws -> T
    ) throws -> T {
        if time.advance(wall: now.wall, monotonic: now.monotonic) {
            try saved.save(time, in: replica.store)
        }
        let (milliseconds, quality) = reading(now)
        let authorship = Authorship(
            node: node, incarnation: incarnation, hlc: hlc, now: milliseconds, quality: quality,
            author: author, purpose: purpose)
        let (stamp, result) = try replica.write(as: authorship, salts: &random, body)
        if let stamp { hlc = stamp }
        #if PLANTED
            if Planted.is(.sumSavedLater) { return result }
        #endif
        try saveFeeds()
        return result
    }

    /// A new life: its stamps can't be confused with those of any other.
    func startIncarnation(hlc: HLC) throws {
        incarnation = Incarnation(rawValue: random.next())
        self.hlc = hlc
        #if PLANTED
            if Planted.is(.incarnationNotSaved) { return }
        #endif
        try replica.store.setMeta("incarnation", incarnation.rawValue)
        try replica.store.setMeta("hlc", hlc.rawValue)
    }

    /// Adopts a reading from elsewhere.
    func adopt(_ reading: HLC) throws {
        guard reading > hlc || reading > floor else { return }
        hlc = max(hlc, reading)
        floor = max(floor, reading)
        try replica.store.setMeta("hlc", hlc.rawValue)
        try replica.store.setMeta("floor", floor.rawValue)
    }

    // MARK: What is held

    /// The feed that a compartment comes by; `nil` when it isn't held.
    package func feed(of root: RootReference) -> FeedKind? {
        switch root.kind {
        case .reference: .reference
        case .clinic: held.contains(root) ? .own : nil
        case .patient:
            held.contains(root) ? .own : feeds[.district]?.isStarted == true ? .district : nil
        }
    }

    /// The feed that a compartment comes by. What is held by itself has a local name; for one that
    /// has none, a frame's first record makes it, at the cost of one statement.
    func feed(of compartment: Compartment, _ root: RootReference?) -> FeedKind? {
        if let root { return feed(of: root) }
        return switch compartment.kind {
        case .reference: .reference
        case .clinic: nil
        case .patient: feeds[.district]?.isStarted == true ? .district : nil
        }
    }

    private func account(_ applied: Applied) throws {
        for hold in applied.holds { try lookAgain(at: hold) }
        guard let feed = feed(of: applied.root) else {
            if !leaving.contains(applied.root), try !isWanted(applied.root) {
                leaving.insert(applied.root)
                try replica.store.run(
                    "INSERT INTO _leaving VALUES (?)", [.integer(applied.root.rawValue)])
            }
            return
        }
        feeds[feed]!.sum += applied.delta
        feeds[feed]!.isDirty = true
    }

    /// A record that asks to hold a patient, or to leave, has changed. The hub says nothing of one
    /// that it never let this clinic hold: what is no longer wanted then goes by itself.
    private func lookAgain(at hold: RecordID) throws {
        guard let rule = replica.schema.holders else { return }
        let key = RecordKey(entity: rule.holdEntity, id: hold)
        let record = try replica.reader.record(key, in: .clinic(node))
        guard case .text(let target) = record?.shown(rule.holdTarget, in: replica),
            let root = try replica.tables.root(.patient(RecordID(target)))
        else { return }
        if try feed(of: root) == nil && !isWanted(root) { try leave(root) }
    }
}
