import Causality
import Records
import Replica

/// The letters of a database.
package struct LetterBox {
    private let store: Store
    package init(_ store: Store) { self.store = store }

    /// Makes the table, or brings it up to this version, in the current transaction.
    package func makeTable() throws {
        try store.execute(
            """
            CREATE TABLE IF NOT EXISTS _letter (
                id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, node INTEGER NOT NULL,
                incarnation INTEGER NOT NULL, lane INTEGER NOT NULL, seq INTEGER NOT NULL,
                reason TEXT NOT NULL, since INTEGER NOT NULL, bytes BLOB NOT NULL,
                prev BLOB, loads INTEGER NOT NULL DEFAULT 0,
                UNIQUE (node, incarnation, lane, seq))
            """)
        for column in ["prev BLOB", "loads INTEGER NOT NULL DEFAULT 0"] {
            let name = String(column.prefix { $0 != " " })
            let known = try store.count(
                "SELECT count(*) FROM pragma_table_info('_letter') WHERE name = ?", [.text(name)])
            if known == 0 { try store.execute("ALTER TABLE _letter ADD COLUMN \(column)") }
        }
    }

    /// Lays a frame aside. One that lies there already stays as it is.
    package func add(
        _ kind: Letter.Kind, _ origin: Origin, _ sequence: UInt64, reason: String, since: UInt64,
        bytes: [UInt8], previous: FrameHash? = nil, loads: UInt64 = 0
    ) throws {
        try store.run(
            """
            INSERT OR IGNORE INTO _letter \
            (kind, node, incarnation, lane, seq, reason, since, bytes, prev, loads) \
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [.integer(kind.rawValue)] + name(origin, sequence)
                + [
                    .text(reason), .unsigned(since), .bytes(bytes),
                    previous.map { .bytes($0.bytes) } ?? .null, .unsigned(loads),
                ])
    }

    private static let columns =
        "SELECT id, kind, node, incarnation, lane, seq, reason, since, prev, loads FROM _letter"
    private static let named = "WHERE node = ? AND incarnation = ? AND lane = ? AND seq = ?"

    private func name(_ origin: Origin, _ sequence: UInt64) -> [Store.Binding] {
        [
            .unsigned(origin.node.rawValue), .unsigned(origin.incarnation.rawValue),
            .integer(Int64(origin.lane.rawValue)), .unsigned(sequence),
        ]
    }

    package func all() throws -> [Letter] {
        try store.rows("\(LetterBox.columns) ORDER BY id", [], LetterBox.letter)
    }

    package func letter(_ origin: Origin, _ sequence: UInt64) throws -> Letter? {
        try store.row(
            "\(LetterBox.columns) \(LetterBox.named)", name(origin, sequence), LetterBox.letter)
    }

    private static func letter(_ row: Store.Row) -> Letter {
        Letter(
            id: row.integer(0), kind: Letter.Kind(rawValue: row.integer(1)) ?? .refused,
            origin: Origin(
                node: NodeID(rawValue: row.unsigned(2)),
                incarnation: Incarnation(rawValue: row.unsigned(3)),
                lane: Lane(rawValue: UInt8(truncatingIfNeeded: row.integer(4))) ?? .bulk),
            sequence: row.unsigned(5), reason: row.text(6), since: row.unsigned(7),
            previous: row.isNull(8) ? nil : FrameHash(bytes: row.bytes(8)),
            loads: row.unsigned(9))
    }

    /// What was refused of an origin after a sequence, with the reasons, in order.
    package func refused(
        _ origin: Origin, after sequence: UInt64
    ) throws -> [(sequence: UInt64, reason: String)] {
        try store.rows(
            """
            SELECT seq, reason FROM _letter \
            WHERE node = ? AND incarnation = ? AND lane = ? AND seq > ? AND kind = ? ORDER BY seq
            """,
            name(origin, sequence) + [.integer(Letter.Kind.refused.rawValue)]
        ) { (sequence: $0.unsigned(0), reason: $0.text(1)) }
    }

    package func bytes(_ id: Int64) throws -> [UInt8]? {
        try store.row("SELECT bytes FROM _letter WHERE id = ?", [.integer(id)]) { $0.bytes(0) }
    }

    /// Puts a copy of the frame with more of its parts in its place.
    package func replace(_ id: Int64, bytes: [UInt8]) throws {
        try store.run(
            "UPDATE _letter SET bytes = ? WHERE id = ?", [.bytes(bytes), .integer(id)])
    }

    /// What was parked turns out to be refused.
    package func refuse(_ id: Int64, reason: String) throws {
        try store.run(
            "UPDATE _letter SET kind = ?, reason = ? WHERE id = ?",
            [.integer(Letter.Kind.refused.rawValue), .text(reason), .integer(id)])
    }

    package func remove(_ id: Int64) throws {
        try store.run("DELETE FROM _letter WHERE id = ?", [.integer(id)])
    }

    package func count(_ kind: Letter.Kind) throws -> Int {
        Int(
            try store.count(
                "SELECT count(*) FROM _letter WHERE kind = ?", [.integer(kind.rawValue)]))
    }

    /// How many frames of each node are refused.
    package func refusedByNode() throws -> [NodeID: UInt64] {
        let rows = try store.rows(
            "SELECT node, count(*) FROM _letter WHERE kind = ? GROUP BY node",
            [.integer(Letter.Kind.refused.rawValue)]
        ) { (NodeID(rawValue: $0.unsigned(0)), $0.unsigned(1)) }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    package func contains(_ origin: Origin, _ sequence: UInt64) throws -> Bool {
        try store.count(
            "SELECT count(*) FROM _letter \(LetterBox.named)", name(origin, sequence)) > 0
    }
}
