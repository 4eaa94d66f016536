import Causality
import GRDBSQLite
import Records

/// The database of a node, clinic or hub alike: records, log, origins, ranks. It merges, and it
/// knows nothing of who exchanges what with whom.
///
/// Invariants: one transaction commits records, log, sums and clock together; a frame is in the
/// log exactly when its change sets that are held here have been applied. Confined to one thread.
package final class NodeStore {
    package let store: Store
    package let schema: Schema
    package let tables: Tables
    package let log: FrameLog
    package let ranks: RankTable
    let origins: OriginTable
    let arrivals: Arrivals
    let merger: Merger
    package let snapshots: SnapshotStore
    package let reader: RecordReader
    package let reviews: ReviewItems

    /// Called for each change set that was applied, inside its transaction: who holds the
    /// compartment adds the change of content to a sum.
    package var account: (Applied, Compartment) throws -> Void = { _, _ in }
    /// Called after a transaction was undone: what is in memory is read anew.
    package var recover: () throws -> Void = {}
    /// Whether a frame of the log waits to be applied: to be set by who parks frames, so that what
    /// replaces their stamps is remembered.
    package var isParked: (Origin, UInt64) throws -> Bool {
        get { arrivals.isParked }
        set { arrivals.isParked = newValue }
    }

    /// Opens or makes the database, and brings its tables up to the schema.
    package convenience init(
        path: String, schema: Schema, durability: Store.Durability = .full, cacheMegabytes: Int = 64
    ) throws {
        let store = try Store(path: path, durability: durability, cacheMegabytes: cacheMegabytes)
        let parts = try store.transaction {
            for sql in Tables.ownTables + FrameLog.tables { try store.execute(sql) }
            return try Parts(store, schema)
        }
        try self.init(store, schema, parts)
        try store.transaction {
            for (table, units) in try tables.create() { try snapshots.moveIn(table, units) }
        }
    }

    /// Opens a database that another connection writes, to read it beside that one: see
    /// ``Store/init(reading:)``. What it says is of one moment only within ``atOneMoment(_:)``.
    package convenience init(reading path: String, schema: Schema) throws {
        let store = try Store(reading: path)
        try self.init(store, schema, store.reading { try Parts(store, schema) })
    }

    /// What is read of a database before anything else can stand on it.
    private struct Parts {
        let tables: Tables
        let origins: OriginTable
        let ranks: RankTable
        let arrivals: Arrivals

        init(_ store: Store, _ schema: Schema) throws {
            origins = try OriginTable(store)
            tables = try Tables(store, schema)
            ranks = try RankTable(store, origins)
            arrivals = try Arrivals(store, origins)
        }
    }

    private init(_ store: Store, _ schema: Schema, _ parts: Parts) throws {
        self.store = store
        self.schema = schema
        (tables, origins) = (parts.tables, parts.origins)
        (ranks, arrivals) = (parts.ranks, parts.arrivals)
        log = FrameLog(store, origins, arrivals)
        merger = try Merger(store, tables, origins, ranks, arrivals)
        reader = RecordReader(store, tables, merger.registers)
        reviews = ReviewItems(store, tables, reader, ranks)
        snapshots = SnapshotStore(
            store, tables, origins, ranks, merger.registers, merger.visibility, arrivals)
    }

    /// Runs `body` on the database as it stands at one moment, whatever is written meanwhile.
    package func atOneMoment<T>(_ body: () throws -> T) throws -> T {
        try store.reading {
            try reload()
            return try body()
        }
    }

    /// Runs `body` in one transaction; when it throws, nothing of it remains, in memory either.
    package func transaction<T>(_ body: () throws -> T) throws -> T {
        do {
            return try store.transaction(body)
        } catch {
            #if PLANTED
                if Planted.is(.rollbackKeepsMemory) { throw error }
            #endif
            store.undone { [unowned self] in
                try reload()
                try recover()
            }
            throw error
        }
    }

    /// Reads anew what is kept in memory, after something was undone.
    func reload() throws {
        tables.forgetUnknown()
        try origins.load()
        try ranks.load()
        try arrivals.load()
        try tables.loadUnknown()
    }

    package func close() throws {
        tables.forget()
        try store.close()
    }

    // MARK: Origins

    package func head(_ origin: Origin) -> Head? {
        origins.head(origin).map { Head($0) }
    }

    package struct Head: Sendable, Equatable {
        package var sequence: UInt64
        package var hlc: HLC
        package var hash: FrameHash
        package var acknowledged: UInt64
        package var backedUp: UInt64

        init(_ head: OriginTable.Head) {
            sequence = head.sequence
            hlc = head.hlc
            hash = head.hash
            acknowledged = head.acknowledged
            backedUp = head.backedUp
        }
    }

    /// The origins of a node that have frames or a head here, ascending.
    package func origins(of node: NodeID) -> [Origin] { origins.origins(of: node) }

    package var allOrigins: [Origin] { origins.origins }

    /// Whether the hub lacks frames of a node that are here.
    package func hasUnacknowledged(of node: NodeID) -> Bool { origins.hasUnacknowledged(of: node) }

    /// Records how far the hub has an origin's frames.
    package func setAcknowledged(_ origin: Origin, _ sequence: UInt64, backedUp: UInt64) throws {
        guard let number = origins.known(origin) else { return }
        var head = origins.head(number)
        guard head.acknowledged != sequence || head.backedUp != backedUp else { return }
        head.acknowledged = sequence
        head.backedUp = backedUp
        try origins.setHead(number, head)
    }

    // MARK: Frames

    /// Appends a frame to the log, after the head of its origin or, with `previous`, beyond a gap.
    ///
    /// - Returns: its position and its hash.
    package func append(_ frame: Frame, previous: FrameHash? = nil) throws -> (Int64, FrameHash) {
        let number = try origins.number(frame.header.origin)
        var head = origins.head(number)
        let follows = head.sequence + 1 == frame.header.sequence
        let hash = frame.hash(after: previous ?? head.hash)
        let position = try log.append(
            frame, number, hash: hash, previous: follows ? nil : previous)
        if frame.header.sequence > head.sequence {
            head.sequence = frame.header.sequence
            head.hlc = max(head.hlc, frame.header.hlc)
            head.hash = hash
            try origins.setHead(number, head)
        }
        return (position, hash)
    }

    /// Applies the change sets of a frame that are here and that `takes` names.
    ///
    /// - Throws: ``Malformed`` when one of them breaks the schema: the transaction is to be undone.
    package func apply(
        _ frame: Frame, where takes: (Int, Compartment) throws -> Bool = { _, _ in true }
    )
        throws
    {
        try frame.forEachChangeSet { index, reader in
            let compartment = reader.compartment
            guard try takes(index, compartment) else { return }
            let applied = try merger.apply(&reader)
            try account(applied, compartment)
        }
    }

    /// Takes the hub's order for a stamp, or its absence, and looks anew at what shows.
    /// Returns whether it changed anything.
    @discardableResult
    package func setRank(_ stamp: Stamp, _ rank: HLC?, epoch: UInt64) throws -> Bool {
        guard ranks.order(for: stamp) != rank, try ranks.set(stamp, rank: rank, epoch: epoch) else {
            return false
        }
        try snapshots.resolveAnew()
        return true
    }

    /// Forgets the orders for the stamps that `forgets` names, and looks anew at what shows.
    /// Returns whether there were any.
    package func forgetRanks(where forgets: (Stamp) -> Bool) throws -> Bool {
        let stamps = ranks.all.keys.filter(forgets).sorted()
        guard !stamps.isEmpty else { return false }
        try ranks.forget(stamps)
        try snapshots.resolveAnew()
        return true
    }
}
