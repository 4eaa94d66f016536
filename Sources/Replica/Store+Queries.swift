import Causality
import Records

extension Store {
    /// A value to bind, for statements that are not on the hot path.
    package enum Binding {
        case integer(Int64)
        case unsigned(UInt64)
        case bytes([UInt8])
        case text(String)
        case id(RecordID)
        case null
    }

    /// The current row of a query; its values are gone with the next.
    package struct Row {
        fileprivate let statement: Statement
        package func integer(_ column: Int32) -> Int64 { statement.integer(column) }
        package func unsigned(_ column: Int32) -> UInt64 { statement.unsigned(column) }
        package func bytes(_ column: Int32) -> [UInt8] { statement.bytes(column) }
        package func text(_ column: Int32) -> String { statement.text(column) }
        package func id(_ column: Int32) -> RecordID { statement.id(column) }
        package func isNull(_ column: Int32) -> Bool { statement.isNull(column) }
    }

    /// Runs a statement that gives no rows.
    package func run(_ sql: String, _ bindings: [Binding] = []) throws {
        let statement = try statement(sql)
        bind(statement, bindings)
        try statement.run()
    }

    /// Calls `body` with each row, until it returns `false`.
    package func forEachRow(
        _ sql: String, _ bindings: [Binding] = [], _ body: (Row) throws -> Bool
    ) throws {
        let statement = try statement(sql)
        bind(statement, bindings)
        defer { statement.reset() }
        while try statement.step() {
            guard try body(Row(statement: statement)) else { return }
        }
    }

    /// What `body` makes of each row.
    package func rows<T>(
        _ sql: String, _ bindings: [Binding] = [], _ body: (Row) throws -> T
    ) throws -> [T] {
        var all: [T] = []
        try forEachRow(sql, bindings) {
            all.append(try body($0))
            return true
        }
        return all
    }

    /// What `body` makes of the first row, if there is one.
    package func row<T>(
        _ sql: String, _ bindings: [Binding] = [], _ body: (Row) throws -> T
    ) throws -> T? {
        var first: T?
        try forEachRow(sql, bindings) {
            first = try body($0)
            return false
        }
        return first
    }

    /// The first column of the first row as a number; 0 when there is none.
    package func count(_ sql: String, _ bindings: [Binding] = []) throws -> Int64 {
        try row(sql, bindings) { $0.integer(0) } ?? 0
    }

    private func bind(_ statement: Statement, _ bindings: [Binding]) {
        for (index, binding) in bindings.enumerated() {
            let index = Int32(index + 1)
            switch binding {
            case .integer(let value): statement.bind(index, value)
            case .unsigned(let value): statement.bind(index, value)
            case .bytes(let value): statement.bind(index, value)
            case .text(let value): statement.bind(index, value)
            case .id(let value): statement.bind(index, value)
            case .null: statement.bindNull(index)
            }
        }
    }
}
