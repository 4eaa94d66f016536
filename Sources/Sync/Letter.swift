import Causality
import Records
import Replica

/// A change set that could not be taken: refused, with its reason, or parked until an upgrade.
/// It is kept with its bytes, is listed, and never stops what comes after it.
package struct Letter: Sendable, Equatable {
    package enum Kind: Int64, Sendable {
        /// The hub does not take it into the record.
        case refused = 0
        /// A newer version wrote it in a form that this one can't read yet.
        case parked = 1
    }

    package var id: Int64
    package var kind: Kind
    package var origin: Origin
    package var sequence: UInt64
    package var reason: String
    /// Milliseconds since 1970.
    package var since: UInt64

    package static let table = """
        CREATE TABLE IF NOT EXISTS _letter (
            id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, node INTEGER NOT NULL,
            incarnation INTEGER NOT NULL, lane INTEGER NOT NULL, seq INTEGER NOT NULL,
            reason TEXT NOT NULL, since INTEGER NOT NULL, bytes BLOB NOT NULL,
            UNIQUE (node, incarnation, lane, seq))
        """
}

/// The letters of a database.
package struct LetterBox {
    private let store: Store
    package init(_ store: Store) { self.store = store }

    package func add(
        _ kind: Letter.Kind, _ origin: Origin, _ sequence: UInt64, reason: String, since: UInt64,
        bytes: [UInt8]
    ) throws {
        try store.run(
            """
            INSERT OR IGNORE INTO _letter (kind, node, incarnation, lane, seq, reason, since, bytes) \
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .integer(kind.rawValue), .unsigned(origin.node.rawValue),
                .unsigned(origin.incarnation.rawValue), .integer(Int64(origin.lane.rawValue)),
                .unsigned(sequence), .text(reason), .unsigned(since), .bytes(bytes),
            ])
    }

    package func all() throws -> [Letter] {
        try store.rows(
            """
            SELECT id, kind, node, incarnation, lane, seq, reason, since FROM _letter ORDER BY id
            """
        ) { row in
            Letter(
                id: row.integer(0), kind: Letter.Kind(rawValue: row.integer(1)) ?? .refused,
                origin: Origin(
                    node: NodeID(rawValue: row.unsigned(2)),
                    incarnation: Incarnation(rawValue: row.unsigned(3)),
                    lane: Lane(rawValue: UInt8(truncatingIfNeeded: row.integer(4))) ?? .bulk),
                sequence: row.unsigned(5), reason: row.text(6), since: row.unsigned(7))
        }
    }

    package func bytes(_ id: Int64) throws -> [UInt8]? {
        try store.row("SELECT bytes FROM _letter WHERE id = ?", [.integer(id)]) { $0.bytes(0) }
    }

    package func remove(_ id: Int64) throws {
        try store.run("DELETE FROM _letter WHERE id = ?", [.integer(id)])
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
            [
                .unsigned(origin.node.rawValue), .unsigned(origin.incarnation.rawValue),
                .integer(Int64(origin.lane.rawValue)), .unsigned(sequence),
                .integer(Letter.Kind.refused.rawValue),
            ]
        ) { (sequence: $0.unsigned(0), reason: $0.text(1)) }
    }

    package func count(_ kind: Letter.Kind) throws -> Int {
        Int(
            try store.count(
                "SELECT count(*) FROM _letter WHERE kind = ?", [.integer(kind.rawValue)]))
    }

    package func contains(_ origin: Origin, _ sequence: UInt64) throws -> Bool {
        try store.count(
            """
            SELECT count(*) FROM _letter WHERE node = ? AND incarnation = ? AND lane = ? AND seq = ?
            """,
            [
                .unsigned(origin.node.rawValue), .unsigned(origin.incarnation.rawValue),
                .integer(Int64(origin.lane.rawValue)), .unsigned(sequence),
            ]) > 0
    }
}
