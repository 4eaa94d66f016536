import GRDBSQLite
import Records

/// Why SQLite refused. It carries SQLite's own words and never a bound value.
package struct StorageFailure: Error, Equatable, Sendable, CustomStringConvertible {
    package var code: Int32
    package var message: String

    package init(code: Int32, message: String) {
        self.code = code
        self.message = message
    }

    init(_ connection: OpaquePointer?) {
        code = sqlite3_extended_errcode(connection)
        message = String(cString: sqlite3_errmsg(connection))
    }

    /// Whether the disk is full: what was confirmed is safe, and nothing more can be written.
    package var isDiskFull: Bool { code & 0xFF == SQLITE_FULL }

    package var description: String {
        switch code & 0xFF {
        case SQLITE_FULL:
            "the disk is full: nothing was written; free some space and repeat the request"
        case SQLITE_CORRUPT, SQLITE_NOTADB:
            "the database file is damaged (\(message)): keep a copy of it; `syncctl verify` names "
                + "what is damaged while the daemon runs, and where it doesn't start a backup must "
                + "take the file's place"
        case SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PERM:
            "the database can't be written (\(message)): check the data directory's permissions"
        default: "SQLite error \(code): \(message)"
        }
    }
}

/// A prepared statement, bound and read through SQLite's own calls: what a row costs here is paid
/// at each change (GRDB's argument binding doubles it).
final class Statement {
    let handle: OpaquePointer
    private let connection: OpaquePointer
    /// Where a UUID stands while it is bound, so that SQLite needs no copy of it.
    private let uuid = UnsafeMutableRawPointer.allocate(byteCount: 16, alignment: 8)

    init(_ sql: String, on connection: OpaquePointer) throws {
        var handle: OpaquePointer?
        let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
        guard sqlite3_prepare_v3(connection, sql, -1, flags, &handle, nil) == SQLITE_OK, let handle
        else {
            uuid.deallocate()
            throw StorageFailure(connection)
        }
        self.handle = handle
        self.connection = connection
    }

    deinit {
        sqlite3_finalize(handle)
        uuid.deallocate()
    }

    func bind(_ index: Int32, _ value: Int64) { sqlite3_bind_int64(handle, index, value) }
    func bind(_ index: Int32, _ value: UInt64) { bind(index, Int64(bitPattern: value)) }
    func bindNull(_ index: Int32) { sqlite3_bind_null(handle, index) }

    /// Binds bytes that must stay where they are until the statement has run.
    func bindText(_ index: Int32, static bytes: UnsafeRawBufferPointer) {
        // A nil pointer would bind NULL instead of an empty text.
        if let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self) {
            sqlite3_bind_text(handle, index, start, Int32(bytes.count), nil)
        } else {
            bind(index, "")
        }
    }

    func bindBlob(_ index: Int32, static bytes: UnsafeRawBufferPointer) {
        if bytes.isEmpty {
            sqlite3_bind_zeroblob(handle, index, 0)
        } else {
            sqlite3_bind_blob(handle, index, bytes.baseAddress, Int32(bytes.count), nil)
        }
    }

    /// Binds a copy of the bytes.
    func bind(_ index: Int32, _ bytes: [UInt8]) {
        if bytes.isEmpty {
            sqlite3_bind_zeroblob(handle, index, 0)
        } else {
            sqlite3_bind_blob(handle, index, bytes, Int32(bytes.count), Statement.transient)
        }
    }

    func bind(_ index: Int32, _ text: String) {
        var text = text
        text.withUTF8 {
            let start = UnsafeRawPointer($0.baseAddress)?.assumingMemoryBound(to: CChar.self)
            if let start {
                sqlite3_bind_text(handle, index, start, Int32($0.count), Statement.transient)
            } else {
                sqlite3_bind_text(handle, index, "", 0, Statement.transient)
            }
        }
    }

    /// Tells SQLite to copy what it is given.
    static var transient: sqlite3_destructor_type {
        unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    }

    /// Runs a statement that gives no rows, and makes it ready for the next run.
    func run() throws {
        let code = sqlite3_step(handle)
        sqlite3_reset(handle)
        guard code == SQLITE_DONE || code == SQLITE_ROW else { throw StorageFailure(connection) }
    }

    /// Moves to the next row. After the last the statement is ready for the next run.
    func step() throws -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE:
            sqlite3_reset(handle)
            return false
        default:
            let failure = StorageFailure(connection)
            sqlite3_reset(handle)
            throw failure
        }
    }

    func reset() { sqlite3_reset(handle) }

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }
    func unsigned(_ column: Int32) -> UInt64 { UInt64(bitPattern: integer(column)) }
    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

    /// The column's bytes, which are gone with the next step.
    func buffer(_ column: Int32) -> UnsafeRawBufferPointer {
        let start = sqlite3_column_blob(handle, column)
        return UnsafeRawBufferPointer(
            start: start, count: Int(sqlite3_column_bytes(handle, column)))
    }

    func bytes(_ column: Int32) -> [UInt8] { [UInt8](buffer(column)) }
    func text(_ column: Int32) -> String { String(decoding: buffer(column), as: UTF8.self) }

    /// Binds a record's id, the only one of the statement: 16 bytes for a UUID, text for others.
    func bind(_ index: Int32, _ id: RecordID) {
        switch id {
        case .text(let text): bind(index, text)
        case .uuid(let high, let low):
            uuid.storeBytes(of: high.bigEndian, as: UInt64.self)
            uuid.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            sqlite3_bind_blob(handle, index, uuid, 16, nil)
        }
    }

    /// The id in a column.
    func id(_ column: Int32) -> RecordID {
        let bytes = buffer(column)
        if sqlite3_column_type(handle, column) == SQLITE_BLOB, bytes.count == 16 {
            return .uuid(
                high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        }
        return RecordID(text(column))
    }
}
