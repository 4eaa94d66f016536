import GRDB
import GRDBSQLite
import Records

#if PLANTED
    import Causality
#endif

/// The SQLite file of a node: its connections, its transactions, its prepared statements.
///
/// GRDB opens, checkpoints and closes; transactions and statements go through SQLite's own calls,
/// since a queue and an authorizer at each would cost more than what a small one does. One
/// connection writes and checkpoints, because SQLite before 3.51.3 can corrupt a WAL that two
/// connections reset. Confined to one thread.
package final class Store {
    package enum Durability: String, Sendable {
        /// A confirmed write is on disk.
        case full = "FULL"
        /// For measurements beside other engines that don't sync, and nothing else.
        case normal = "NORMAL"
    }

    package let path: String
    private let pool: any DatabaseWriter
    /// Whether this is a connection beside the one that writes.
    private let isReader: Bool
    private var isClosed = false
    private var statements: [StatementText: Statement] = [:]
    private var connection: OpaquePointer?
    package private(set) var isInTransaction = false
    /// What has yet to be done since a transaction was undone: the disk failed then, too.
    private var aftermath: (() throws -> Void)?

    /// Opens or makes the file.
    package init(path: String, durability: Durability = .full, cacheMegabytes: Int = 64) throws {
        self.path = path
        isReader = false
        var configuration = Configuration()
        configuration.label = "clinicsync"
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { db in
            // 8 KB pages measured best for rows of this size; it only counts for a new file.
            try db.execute(sql: "PRAGMA page_size = 8192")
            try db.execute(sql: "PRAGMA cache_size = \(-1024 * cacheMegabytes)")
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 8000")
            try db.execute(sql: "PRAGMA temp_store = MEMORY")
        }
        do {
            pool = try DatabasePool(path: path, configuration: configuration)
            // The pool sets NORMAL after prepareDatabase has run.
            try pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA synchronous = \(durability.rawValue)")
                let level = try Int.fetchOne(db, sql: "PRAGMA synchronous")
                precondition(level == (durability == .full ? 2 : 1), "synchronous did not take")
                // Until now nothing was synced. Linux drops what a failed sync leaves unwritten, and
                // SQLite writes again only the transaction that failed, not what came before it.
                if durability == .full { _ = try db.checkpoint(.passive) }
                #if PLANTED
                    if Planted.is(.commitUnsynced) {
                        try db.execute(sql: "PRAGMA synchronous = NORMAL")
                    }
                #endif
            }
            connection = Store.connection(of: pool)
        } catch let error as DatabaseError {
            throw StorageFailure(error)
        }
    }

    /// Memory that a connection which only reads keeps pages in: it reads everything once.
    private static let readerCacheMegabytes = 8
    /// Seconds that it waits for the connection that writes.
    private static let readerPatience = 10.0

    /// Opens a file that another connection writes, to read it beside that one, from another thread
    /// and at length: in WAL mode a reader sees one moment and holds up nobody. It never writes or
    /// checkpoints; while it reads, the WAL only grows.
    package init(reading path: String) throws {
        self.path = path
        isReader = true
        var configuration = Configuration()
        configuration.label = "clinicsync reader"
        configuration.readonly = true
        // The writer may just be about to begin its WAL anew.
        configuration.busyMode = .timeout(Store.readerPatience)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA cache_size = \(-1024 * Store.readerCacheMegabytes)")
            try db.execute(sql: "PRAGMA temp_store = MEMORY")
        }
        do {
            pool = try DatabaseQueue(path: path, configuration: configuration)
            connection = Store.connection(of: pool)
        } catch let error as DatabaseError { throw StorageFailure(error) }
    }

    /// The connection that writes, or the only one, for as long as the file is open.
    private static func connection(of pool: some DatabaseWriter) -> OpaquePointer? {
        pool.writeWithoutTransaction { db in
            // GRDB listens to what SQLite compiles and commits, and notes for its observers what
            // was written: there are none, and the notes would grow with each statement.
            sqlite3_set_authorizer(db.sqliteConnection, nil, nil)
            sqlite3_commit_hook(db.sqliteConnection, nil, nil)
            sqlite3_rollback_hook(db.sqliteConnection, nil, nil)
            return db.sqliteConnection
        }
    }

    /// Runs `body` in one transaction that is committed when it returns and undone when it throws.
    package func transaction<T>(_ body: () throws -> T) throws -> T {
        precondition(!isInTransaction, "transactions do not nest")
        isInTransaction = true
        defer { isInTransaction = false }
        try statement("BEGIN IMMEDIATE").run()
        do {
            try makeGood()
            let result = try body()
            try statement("COMMIT").run()
            return result
        } catch {
            resetStatements()
            // After a full disk or an I/O error SQLite may have rolled back by itself.
            if sqlite3_get_autocommit(connection) == 0 { try execute("ROLLBACK") }
            throw error
        }
    }

    /// Runs `body` on this connection, to read what is committed.
    package func reading<T>(_ body: () throws -> T) throws -> T {
        if isInTransaction { return try body() }
        // One transaction, so that what is read is of one moment, and its locks are taken once.
        try statement("BEGIN").run()
        isInTransaction = true
        defer { isInTransaction = false }
        let result = Result {
            try makeGood()
            return try body()
        }
        if case .failure = result { resetStatements() }
        // After an I/O error SQLite may have ended the transaction by itself.
        if sqlite3_get_autocommit(connection) == 0 { try statement("COMMIT").run() }
        return try result.get()
    }

    /// A transaction was undone: does what is to be done then, now or, where the disk doesn't let
    /// it, before anything else is read or written.
    func undone(_ aftermath: @escaping () throws -> Void) {
        self.aftermath = aftermath
        try? reading {}
    }

    private func makeGood() throws {
        guard let aftermath else { return }
        try aftermath()
        self.aftermath = nil
    }

    /// A statement by its text, prepared once.
    func statement(_ sql: String) throws -> Statement {
        let text = StatementText(text: sql)
        if let known = statements[text] { return known }
        let statement = try prepare(sql)
        statements[text] = statement
        return statement
    }

    /// A statement's text, hashed by its length: those of a store are few, and mostly differ in it,
    /// while to hash all of one at each step would cost as much as to run it.
    private struct StatementText: Hashable {
        let text: String
        func hash(into hasher: inout Hasher) { hasher.combine(text.utf8.count) }
    }

    /// Makes every statement ready for its next run. An error may have left one amid its rows; to
    /// that one SQLite would bind nothing new, and it would answer an old question.
    func resetStatements() {
        var next = sqlite3_next_stmt(connection, nil)
        while let statement = next {
            if sqlite3_stmt_busy(statement) != 0 { sqlite3_reset(statement) }
            next = sqlite3_next_stmt(connection, statement)
        }
    }

    /// A statement that the caller keeps.
    func prepare(_ sql: String) throws -> Statement {
        guard let connection else {
            throw StorageFailure(code: SQLITE_MISUSE, message: "the database is closed")
        }
        return try Statement(sql, on: connection)
    }

    package func execute(_ sql: String) throws {
        guard sqlite3_exec(connection, sql, nil, nil, nil) == SQLITE_OK else {
            throw StorageFailure(connection)
        }
    }

    /// The writing connection, within a transaction.
    var writer: OpaquePointer? { connection }

    var lastInsertedKey: Int64 { sqlite3_last_insert_rowid(connection) }
    var changedRows: Int32 { sqlite3_changes(connection) }

    /// Writes the WAL into the file. The file alone is then the whole replica.
    package func checkpoint() throws {
        do {
            _ = try pool.writeWithoutTransaction { db in try db.checkpoint(.truncate) }
        } catch let error as DatabaseError {
            throw StorageFailure(error)
        }
    }

    /// Writes a copy of the committed state, of one moment, as one file. Its bytes are on disk when
    /// this returns; that its folder has it is for the caller to sync.
    package func copy(to path: String) throws {
        let statement = try prepare("VACUUM INTO ?")
        statement.bind(1, path)
        try statement.run()
    }

    /// Makes the file as small as its content.
    package func vacuum() throws {
        try pool.writeWithoutTransaction { db in try db.execute(sql: "VACUUM") }
    }

    /// Closes the file; a second time does nothing. The statements go first, or SQLite would keep it
    /// open.
    package func close() throws {
        guard !isClosed else { return }
        isClosed = true
        statements.removeAll()
        connection = nil
        if !isReader { try? checkpoint() }
        try pool.close()
    }
}

extension Store {
    package func meta(_ name: String) throws -> [UInt8]? {
        let select = try statement("SELECT value FROM _meta WHERE name = ?")
        select.bind(1, name)
        guard try select.step() else { return nil }
        defer { select.reset() }
        return select.bytes(0)
    }

    package func setMeta(_ name: String, _ value: [UInt8]) throws {
        let insert = try statement("INSERT OR REPLACE INTO _meta (name, value) VALUES (?, ?)")
        insert.bind(1, name)
        insert.bind(2, value)
        try insert.run()
    }

    package func metaNumber(_ name: String) throws -> UInt64? {
        guard let bytes = try meta(name), bytes.count == 8 else { return nil }
        return bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    package func setMeta(_ name: String, _ value: UInt64) throws {
        var out = ByteWriter(capacity: 8)
        out.fixed64(value)
        try setMeta(name, out.bytes)
    }
}

extension StorageFailure {
    init(_ error: DatabaseError) {
        self.init(
            code: error.extendedResultCode.rawValue, message: error.message ?? "unknown error")
    }
}
