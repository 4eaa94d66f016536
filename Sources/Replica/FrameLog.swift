import Causality
import GRDBSQLite
import Records

/// The log: every frame once, as the very bytes that travel, by origin and sequence. It is the
/// history of the records and the proof of who wrote what.
///
/// A frame's hash stands beside it; `prev` holds the hash of the frame before it only where that
/// frame is not in the log, because nothing of it was for this holder.
package final class FrameLog {
    package struct Entry: Sendable {
        package var position: Int64
        package var hash: FrameHash
        package var frame: Frame
        /// The hash before it, where the frame before it is not here.
        package var previous: FrameHash?
    }

    let store: Store
    let origins: OriginTable
    private let arrivals: Arrivals

    static let tables = [
        """
        CREATE TABLE IF NOT EXISTS _log (
            pos INTEGER PRIMARY KEY, origin INTEGER NOT NULL, seq INTEGER NOT NULL,
            hlc INTEGER NOT NULL, hash BLOB NOT NULL, prev BLOB, bytes BLOB NOT NULL,
            UNIQUE (origin, seq))
        """,
        "CREATE INDEX IF NOT EXISTS _log_hlc ON _log (origin, hlc)",
    ]

    init(_ store: Store, _ origins: OriginTable, _ arrivals: Arrivals) {
        self.store = store
        self.origins = origins
        self.arrivals = arrivals
    }

    /// Appends a frame. Returns its position in this log.
    func append(_ frame: Frame, _ origin: Int32, hash: FrameHash, previous: FrameHash?) throws
        -> Int64
    {
        arrivals.forget()
        let insert = try store.statement(
            "INSERT INTO _log (origin, seq, hlc, hash, prev, bytes) VALUES (?, ?, ?, ?, ?, ?)")
        insert.bind(1, Int64(origin))
        insert.bind(2, frame.header.sequence)
        insert.bind(3, frame.header.hlc.rawValue)
        insert.bind(4, hash.bytes)
        if let previous { insert.bind(5, previous.bytes) } else { insert.bindNull(5) }
        try frame.bytes.withUnsafeBytes { bytes in
            insert.bindBlob(6, static: bytes)
            try insert.run()
        }
        return store.lastInsertedKey
    }

    /// Puts another copy of a frame in its place: one with more of its parts, or with fewer after
    /// a purge. Its hash is the same.
    func replace(_ position: Int64, with frame: Frame) throws {
        arrivals.forget()
        let update = try store.statement("UPDATE _log SET bytes = ? WHERE pos = ?")
        update.bind(1, frame.bytes)
        update.bind(2, position)
        try update.run()
    }

    private static let columns = "SELECT pos, hash, prev, bytes FROM _log"
    private static let bySequence = "\(columns) WHERE origin = ? AND seq = ?"
    private static let byReading = "\(columns) WHERE origin = ? AND hlc = ?"
    private static let byPosition = "\(columns) WHERE pos = ?"
    private static let afterSequence =
        "\(columns) WHERE origin = ? AND seq > ? ORDER BY seq LIMIT 8"
    private static let afterPosition = "\(columns) WHERE pos > ? ORDER BY pos LIMIT 8"

    package func entry(_ origin: Origin, _ sequence: UInt64) throws -> Entry? {
        guard let number = origins.known(origin) else { return nil }
        let select = try store.statement(FrameLog.bySequence)
        select.bind(1, Int64(number))
        select.bind(2, sequence)
        return try first(select)
    }

    /// The frame that wrote a stamp.
    package func entry(_ stamp: Stamp) throws -> Entry? {
        guard let number = origins.known(stamp.origin) else { return nil }
        let select = try store.statement(FrameLog.byReading)
        select.bind(1, Int64(number))
        select.bind(2, stamp.hlc.rawValue)
        return try first(select)
    }

    package func entry(at position: Int64) throws -> Entry? {
        let select = try store.statement(FrameLog.byPosition)
        select.bind(1, position)
        return try first(select)
    }

    /// The hash of one frame of an origin; zero for sequence 0.
    package func hash(_ origin: Origin, _ sequence: UInt64) throws -> FrameHash? {
        if sequence == 0 { return .zero }
        guard let number = origins.known(origin) else { return nil }
        let head = origins.head(number)
        // Most ask for the last one, which is known.
        if head.sequence == sequence, head.hash != .zero { return head.hash }
        let select = try store.statement("SELECT hash FROM _log WHERE origin = ? AND seq = ?")
        select.bind(1, Int64(number))
        select.bind(2, sequence)
        guard try select.step() else { return nil }
        defer { select.reset() }
        return FrameHash(bytes: select.bytes(0))
    }

    /// The frames of an origin after a sequence, in order, until `body` returns `false`.
    package func forEach(
        _ origin: Origin, after sequence: UInt64, _ body: (Entry) throws -> Bool
    ) throws {
        guard let number = origins.known(origin) else { return }
        var last = sequence
        let select = try store.statement(FrameLog.afterSequence)
        while true {
            select.bind(1, Int64(number))
            select.bind(2, last)
            let entries = try all(select)
            for entry in entries {
                guard try body(entry) else { return }
                last = entry.frame.header.sequence
            }
            if entries.count < 8 { return }
        }
    }

    /// Every frame in the order in which it came, until `body` returns `false`.
    package func forEach(after position: Int64 = 0, _ body: (Entry) throws -> Bool) throws {
        var last = position
        let select = try store.statement(FrameLog.afterPosition)
        while true {
            select.bind(1, last)
            let entries = try all(select)
            for entry in entries {
                guard try body(entry) else { return }
                last = entry.position
            }
            if entries.count < 8 { return }
        }
    }

    /// Removes an origin's frames after a sequence: they are issued again under other names.
    func remove(_ origin: Int32, after sequence: UInt64) throws {
        arrivals.forget()
        let delete = try store.statement("DELETE FROM _log WHERE origin = ? AND seq > ?")
        delete.bind(1, Int64(origin))
        delete.bind(2, sequence)
        try delete.run()
    }

    /// Frames and their bytes of an origin after a sequence.
    package func size(_ origin: Origin, after sequence: UInt64) throws -> (frames: Int, bytes: Int)
    {
        guard let number = origins.known(origin) else { return (0, 0) }
        let select = try store.statement(
            "SELECT count(*), coalesce(sum(length(bytes)), 0) FROM _log WHERE origin = ? AND seq > ?"
        )
        select.bind(1, Int64(number))
        select.bind(2, sequence)
        guard try select.step() else { return (0, 0) }
        defer { select.reset() }
        return (Int(select.integer(0)), Int(select.integer(1)))
    }

    private func first(_ select: Statement) throws -> Entry? {
        guard try select.step() else { return nil }
        defer { select.reset() }
        return try entry(select)
    }

    private func all(_ select: Statement) throws -> [Entry] {
        var entries: [Entry] = []
        while try select.step() { entries.append(try entry(select)) }
        return entries
    }

    private func entry(_ select: Statement) throws -> Entry {
        guard let hash = FrameHash(bytes: select.bytes(1)),
            let frame = try? Frame(bytes: select.bytes(3))
        else {
            throw StorageFailure(code: SQLITE_CORRUPT, message: "log entry \(select.integer(0))")
        }
        return Entry(
            position: select.integer(0), hash: hash, frame: frame,
            previous: select.isNull(2) ? nil : FrameHash(bytes: select.bytes(2)))
    }
}
