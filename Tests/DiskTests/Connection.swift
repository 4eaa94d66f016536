import Disk
import GRDBSQLite

/// What SQLite refused, by its primary code.
struct SQLiteError: Error, Equatable {
    var code: Int32
}

/// One SQLite connection to a file of a simulated disk, as thin as it can be.
final class Connection {
    private var handle: OpaquePointer?

    init(_ disk: SimulatedDisk, _ name: String = "tally.sqlite") throws {
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        try check(sqlite3_open_v2(disk.path(name), &handle, flags, nil))
    }

    deinit { close() }

    func close() {
        sqlite3_close(handle)
        handle = nil
    }

    private func check(_ code: Int32) throws {
        guard code == SQLITE_OK else { throw SQLiteError(code: code & 0xFF) }
    }

    func run(_ sql: String) throws { try check(sqlite3_exec(handle, sql, nil, nil, nil)) }

    /// The first column of the first row.
    func text(_ sql: String) throws -> String {
        var statement: OpaquePointer?
        try check(sqlite3_prepare_v2(handle, sql, -1, &statement, nil))
        defer { sqlite3_finalize(statement) }
        let code = sqlite3_step(statement)
        guard code == SQLITE_ROW, let text = sqlite3_column_text(statement, 0) else {
            throw SQLiteError(code: code & 0xFF)
        }
        return String(cString: text)
    }

    func number(_ sql: String) throws -> Int { Int(try text(sql)) ?? 0 }
}
