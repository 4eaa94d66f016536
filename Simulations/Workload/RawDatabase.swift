import CSession

/// What SQLite refused. The message is SQLite's own, and the workload holds no real person.
package struct SQLiteFailure: Error, CustomStringConvertible {
    package var action: String
    package var code: Int32
    package var message: String
    package var description: String {
        "SQLite could not \(action): \(message) (code \(code)). "
            + "See that the disk has space and that the folder can be written."
    }
}

/// How a yardstick database is opened. The defaults are those of the official workload.
package struct DatabaseOptions: Sendable {
    package enum Durability: String, Sendable { case normal = "NORMAL", full = "FULL" }
    /// Bytes of a page: a power of two from 512 to 65,536.
    package var pageSize: Int
    package var durability: Durability
    /// Pages in the WAL at which SQLite checkpoints it by itself. SQLite's own default is 1,000.
    package var checkpointPages: Int

    package init(
        pageSize: Int = 8192, durability: Durability = .normal, checkpointPages: Int = 8000
    ) {
        self.pageSize = pageSize
        self.durability = durability
        self.checkpointPages = checkpointPages
    }
}

/// One SQLite connection through the C API, as thin as it can be.
final class RawDatabase {
    let handle: OpaquePointer
    let path: String

    /// Makes a new database in WAL mode with a cache of 64 MB.
    init(creating path: String, options: DatabaseOptions) throws {
        self.path = path
        var handle: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        let code = sqlite3_open_v2(path, &handle, flags, nil)
        guard code == SQLITE_OK, let handle else {
            sqlite3_close_v2(handle)
            throw SQLiteFailure(
                action: "create \(path)", code: code, message: String(cString: sqlite3_errstr(code))
            )
        }
        self.handle = handle
        try execute("PRAGMA page_size=\(options.pageSize)")
        try execute("PRAGMA journal_mode=WAL")
        try execute("PRAGMA synchronous=\(options.durability.rawValue)")
        try execute("PRAGMA cache_size=-65536")
        try execute("PRAGMA wal_autocheckpoint=\(options.checkpointPages)")
    }

    deinit { sqlite3_close_v2(handle) }

    func execute(_ sql: String) throws {
        try check(sqlite3_exec(handle, sql, nil, nil, nil), "run \(sql)")
    }

    func check(_ code: Int32, _ action: @autoclosure () -> String) throws {
        guard code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW else {
            throw SQLiteFailure(
                action: action(), code: code, message: String(cString: sqlite3_errmsg(handle)))
        }
    }

    func prepare(_ sql: String) throws -> RawStatement { try RawStatement(self, sql) }

    /// `body` in one transaction.
    func transaction(_ body: () throws -> Void) throws {
        try execute("BEGIN IMMEDIATE")
        try body()
        try execute("COMMIT")
    }

    /// Empties the WAL into the file.
    /// - Returns: the file's bytes.
    func checkpointedSize() throws -> Int {
        try execute("PRAGMA wal_checkpoint(TRUNCATE)")
        let pages = try prepare("PRAGMA page_count").firstInteger()
        let pageSize = try prepare("PRAGMA page_size").firstInteger()
        return Int(pages * pageSize)
    }
}

/// A prepared statement. Parameters are numbered from 1, columns from 0, as in SQLite.
final class RawStatement {
    let handle: OpaquePointer
    private let database: RawDatabase

    /// Where bound values stay until the statement has run, so that SQLite need not copy each
    /// into memory of its own: the yardstick should not be slower than it must be.
    private let values = UnsafeMutableRawBufferPointer.allocate(byteCount: 1024, alignment: 1)
    private var used = 0

    /// SQLite copies the bytes before the call returns.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    init(_ database: RawDatabase, _ sql: String) throws {
        self.database = database
        var statement: OpaquePointer?
        let persistent = UInt32(SQLITE_PREPARE_PERSISTENT)
        try database.check(
            sqlite3_prepare_v3(database.handle, sql, -1, persistent, &statement, nil),
            "prepare \(sql)")
        guard let statement else {
            throw SQLiteFailure(
                action: "prepare \(sql)", code: SQLITE_MISUSE, message: "no statement")
        }
        handle = statement
    }

    deinit {
        sqlite3_finalize(handle)
        values.deallocate()
    }

    func bind(_ parameter: Int32, _ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            let kept = keep(UnsafeRawBufferPointer(utf8))
            let start = (kept ?? UnsafeRawPointer(utf8.baseAddress))?
                .assumingMemoryBound(to: CChar.self)
            sqlite3_bind_text(
                handle, parameter, start, Int32(utf8.count),
                kept == nil ? RawStatement.transient : nil)
        }
    }

    func bind(_ parameter: Int32, _ number: Int) {
        sqlite3_bind_int64(handle, parameter, Int64(number))
    }

    func bind(_ parameter: Int32, bytes: UnsafeRawBufferPointer) {
        let kept = keep(bytes)
        sqlite3_bind_blob(
            handle, parameter, kept ?? bytes.baseAddress, Int32(bytes.count),
            kept == nil ? RawStatement.transient : nil)
    }

    /// Where the bytes stay until the statement has run; nil if there is no room left.
    private func keep(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawPointer? {
        guard let start = values.baseAddress, values.count - used >= bytes.count else { return nil }
        let kept = start + used
        UnsafeMutableRawBufferPointer(start: kept, count: bytes.count).copyMemory(from: bytes)
        used += bytes.count
        return UnsafeRawPointer(kept)
    }

    /// Runs a statement that returns no row, ready to be bound again.
    func run() throws {
        let code = sqlite3_step(handle)
        sqlite3_reset(handle)
        used = 0
        try database.check(code, "write a row")
    }

    /// The first column of the first row; 0 without a row.
    func firstInteger() throws -> Int64 {
        try database.check(sqlite3_step(handle), "read a number")
        defer { sqlite3_reset(handle) }
        return sqlite3_column_int64(handle, 0)
    }

    /// The first column of every row, as bytes.
    func firstColumn() throws -> [[UInt8]] {
        var values: [[UInt8]] = []
        defer { sqlite3_reset(handle) }
        while true {
            let code = sqlite3_step(handle)
            try database.check(code, "read rows")
            guard code == SQLITE_ROW else { return values }
            let count = Int(sqlite3_column_bytes(handle, 0))
            let start = sqlite3_column_blob(handle, 0)
            values.append([UInt8](UnsafeRawBufferPointer(start: start, count: count)))
        }
    }
}
