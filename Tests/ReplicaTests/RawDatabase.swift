import Causality
import GRDBSQLite
import Records

/// A column's value as SQLite has it.
enum Column: Hashable {
    case null
    case integer(Int64)
    case text(String)
    case blob([UInt8])

    var integer: Int64? { if case .integer(let n) = self { n } else { nil } }
    var blob: [UInt8] { if case .blob(let bytes) = self { bytes } else { [] } }

    /// The columns in which a unit's value stands.
    static func columns(_ value: Value) -> [Column] {
        switch value {
        case .null: [.null]
        case .integer(let n): [.integer(n)]
        case .text(let text): [.text(text)]
        case .bytes(let bytes): [.blob(bytes)]
        case .group(let values): values.flatMap(columns)
        }
    }

    var id: RecordID? {
        switch self {
        case .text(let text): return RecordID(text)
        case .blob(let bytes) where bytes.count == 16:
            let words = stride(from: 0, to: 16, by: 8).map { start in
                bytes[start..<start + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            }
            return .uuid(high: words[0], low: words[1])
        default: return nil
        }
    }
}

/// A connection of the tests' own, past the engine: it sees what is committed, and can damage it.
final class RawDatabase {
    struct Failure: Error { var message: String }

    private var handle: OpaquePointer?

    init(_ path: String) throws {
        guard sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK else {
            throw Failure(message: "can't open")
        }
    }

    deinit { sqlite3_close(handle) }

    func rows(_ sql: String) throws -> [[Column]] {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK else {
            throw Failure(message: String(cString: sqlite3_errmsg(handle)))
        }
        defer { sqlite3_finalize(statement) }
        var rows: [[Column]] = []
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW:
                rows.append((0..<sqlite3_column_count(statement)).map { column(statement, $0) })
            case SQLITE_DONE: return rows
            default: throw Failure(message: String(cString: sqlite3_errmsg(handle)))
            }
        }
    }

    private func column(_ statement: OpaquePointer?, _ index: Int32) -> Column {
        let count = Int(sqlite3_column_bytes(statement, index))
        switch sqlite3_column_type(statement, index) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, index))
        case SQLITE_TEXT:
            let start = sqlite3_column_text(statement, index)
            return .text(
                String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self))
        case SQLITE_BLOB:
            let bytes = UnsafeRawBufferPointer(
                start: sqlite3_column_blob(statement, index), count: count)
            return .blob([UInt8](bytes))
        default: return .null
        }
    }

    /// All that is stored, table by table.
    func dump() throws -> [String: [[Column]]] {
        var all: [String: [[Column]]] = [:]
        let names = try rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        for case .text(let name) in names.map({ $0[0] }) {
            all[name] = try rows("SELECT * FROM \"\(name)\"")
        }
        return all
    }

    /// The origins by their local numbers.
    func origins() throws -> [Int64: Origin] {
        var all: [Int64: Origin] = [:]
        for row in try rows("SELECT num, node, incarnation, lane FROM _origin") {
            let numbers = row.map { $0.integer ?? -1 }
            all[numbers[0]] = Origin(
                node: NodeID(rawValue: UInt64(bitPattern: numbers[1])),
                incarnation: Incarnation(rawValue: UInt64(bitPattern: numbers[2])),
                lane: Lane(rawValue: UInt8(numbers[3])) ?? .bulk)
        }
        return all
    }
}
