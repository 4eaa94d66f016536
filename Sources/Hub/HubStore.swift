// The central server's record: all that every clinic has written, merged; feeds of what is new
// for each; the registry of clinics. It does no network I/O.
//
// Invariants: a push is committed before it is acknowledged; feed positions have no gaps and are
// in the order of commits; a clinic's feed carries nothing that the clinic may not hold; each
// clinic's cost is that of what is new for it, however much the hub holds.

import Causality
import Records
import Replica
import Sync

/// The hub's database. Confined to one thread. Its storage is the part that another database would
/// have to give: load and merge record states, append frames, extend feeds, read from a cursor.
package final class HubStore {
    package let node: NodeStore
    package internal(set) var epoch: UInt64 = 0
    package internal(set) var time: TrustedTime
    /// How far ahead of the hub a stamp may be before it is ranked, in milliseconds.
    let bound: UInt64
    var feeds = FeedHeads()
    package internal(set) var clinics: [NodeID: RegisteredClinic] = [:]
    /// Clinics by what a record may call them: their node's number, or their Organization.
    var clinicNames: [String: NodeID] = [:]
    /// Whether any clinic holds single patients: else nobody needs to be asked.
    var hasHolders = false
    /// Clinics of which it is being looked at anew which patients they hold, and the last patient
    /// that was looked at.
    var pendingLooks: [NodeID: UInt64] = [:]
    var random: any RandomNumberGenerator
    package let letters: LetterBox
    /// Bytes of change sets in one answer, and of state in one chunk, at the most.
    package var sliceBytes = Limits.messageBytes / 4
    package var chunkBytes = Limits.messageBytes / 4
    /// How far each clinic is known to have read each feed.
    var readTo: [NodeID: [FeedKind: UInt64]] = [:]
    /// Clinics of which that is not on disk yet.
    var unsavedReaders: Set<NodeID> = []
    /// The change sets of the frame that is being committed, as they were applied.
    var appliedNow: [AppliedSet] = []

    struct AppliedSet {
        var index: Int
        var compartment: Compartment
        var applied: Applied
    }

    package init(
        path: String, schema: Schema, identity: [UInt8], now: ClockReading,
        random: any RandomNumberGenerator, boundMilliseconds: UInt64 = 300_000,
        durability: Store.Durability = .full, cacheMegabytes: Int = 64
    ) throws {
        node = try NodeStore(
            path: path, schema: schema, durability: durability, cacheMegabytes: cacheMegabytes)
        bound = boundMilliseconds
        self.random = random
        time = TrustedTime(highWaterMark: 0, monotonic: now.monotonic)
        letters = LetterBox(node.store)
        node.account = { [unowned self] applied, compartment in
            appliedNow.append(AppliedSet(index: 0, compartment: compartment, applied: applied))
        }
        let letters = letters
        node.isParked = { try letters.contains($0, $1) }
        node.recover = { [unowned self] in try load() }
        try node.transaction {
            for sql in HubStore.tables { try node.store.execute(sql) }
            try letters.makeTable()
            try addMissingColumns()
            if try node.store.meta("identity") != identity {
                // A restored copy is another life of the hub.
                try node.store.setMeta("identity", identity)
                try node.store.setMeta("epoch", self.random.next() as UInt64)
            }
            try makeFeed(FeedName(.reference))
        }
        try node.store.reading {
            time = TrustedTime(
                highWaterMark: try node.store.metaNumber("mark") ?? 0, monotonic: now.monotonic)
            try load()
        }
        _ = try retryLetters([.parked], at: now)
    }

    static let tables = [
        """
        CREATE TABLE IF NOT EXISTS _clinic (
            node INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, organization TEXT NOT NULL,
            scope TEXT NOT NULL, code BLOB NOT NULL UNIQUE, verifier BLOB NOT NULL,
            expires INTEGER NOT NULL, request TEXT, certificate TEXT,
            revoked INTEGER NOT NULL, lastSeen INTEGER NOT NULL, offset INTEGER,
            digestEqual INTEGER, certificatesFrom INTEGER NOT NULL DEFAULT 0)
        """,
        """
        CREATE TABLE IF NOT EXISTS _feed (
            id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, node INTEGER NOT NULL,
            pos INTEGER NOT NULL, hash BLOB NOT NULL, sum BLOB NOT NULL, UNIQUE (kind, node))
        """,
        """
        CREATE TABLE IF NOT EXISTS _entry (
            feed INTEGER, pos INTEGER, kind INTEGER NOT NULL, log INTEGER, parts BLOB, body BLOB,
            nonce INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (feed, pos)) WITHOUT ROWID
        """,
        """
        CREATE TABLE IF NOT EXISTS _holder (
            root INTEGER, node INTEGER, PRIMARY KEY (root, node)) WITHOUT ROWID
        """,
        "CREATE INDEX IF NOT EXISTS _holder_node ON _holder (node)",
        """
        CREATE TABLE IF NOT EXISTS _reader (
            node INTEGER, feed INTEGER, pos INTEGER NOT NULL, PRIMARY KEY (node, feed)) WITHOUT ROWID
        """,
    ]

    /// Brings tables of an older version up to this one.
    private func addMissingColumns() throws {
        let known = try node.store.count(
            "SELECT count(*) FROM pragma_table_info('_clinic') WHERE name = 'certificatesFrom'")
        guard known == 0 else { return }
        try node.store.execute(
            "ALTER TABLE _clinic ADD COLUMN certificatesFrom INTEGER NOT NULL DEFAULT 0")
    }

    func load() throws {
        appliedNow = []
        epoch = try node.store.metaNumber("epoch") ?? 0
        try loadFeeds()
        try loadClinics()
        try loadLooks()
        if readTo.isEmpty { try loadReadPositions() }
        hasHolders = try node.store.count("SELECT EXISTS (SELECT 1 FROM _holder)") == 1
    }

    package func close() throws { try node.close() }

    /// Trusted time now; nothing is given out of a clock that is not believed.
    package func reading(_ now: ClockReading) -> (now: UInt64, quality: ClockQuality) {
        time.reading(wall: now.wall, monotonic: now.monotonic)
    }

    /// An operator says that the wall clock is right, although it jumped.
    package func confirmClock(_ now: ClockReading) throws {
        time.measured(hub: now.wall, wall: now.wall, monotonic: now.monotonic)
        try node.transaction { try node.store.setMeta("mark", time.highWaterMark) }
    }

    /// Moves the high-water mark up to trusted time, in the current transaction.
    package func advanceClock(_ now: ClockReading) throws {
        if time.advance(wall: now.wall, monotonic: now.monotonic) {
            try node.store.setMeta("mark", time.highWaterMark)
        }
    }
}
