import CSession

/// SQLite's session extension at work: what a transaction changed, as bytes, and such bytes
/// applied to another database.
enum SessionRecording {
    /// Which side of a conflict stays when a changeset is applied.
    enum Winner { case ours, theirs }

    /// `body` in one transaction of which a changeset is recorded.
    /// - Parameter keep: called with the changeset inside the transaction.
    static func transaction(
        in database: RawDatabase, _ body: () throws -> Void,
        keep: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var session: OpaquePointer?
        try database.check(
            sqlite3session_create(database.handle, "main", &session), "start a session")
        defer { sqlite3session_delete(session) }
        try database.check(sqlite3session_attach(session, "patient"), "attach the table")
        try database.transaction {
            try body()
            var (size, bytes) = (Int32(0), UnsafeMutableRawPointer?.none)
            try database.check(
                sqlite3session_changeset(session, &size, &bytes), "make a changeset")
            defer { sqlite3_free(bytes) }
            // What is written to keep the changeset is no part of it.
            _ = sqlite3session_enable(session, 0)
            try keep(UnsafeRawBufferPointer(start: bytes, count: Int(size)))
        }
    }

    /// All changesets as one, with only the last state of each row.
    static func combined(_ changesets: [[UInt8]], for database: RawDatabase) throws -> [UInt8] {
        var group: OpaquePointer?
        try database.check(sqlite3changegroup_new(&group), "start a group of changesets")
        defer { sqlite3changegroup_delete(group) }
        for var changeset in changesets {
            try database.check(
                sqlite3changegroup_add(group, Int32(changeset.count), &changeset),
                "add a changeset to the group")
        }
        var (size, bytes) = (Int32(0), UnsafeMutableRawPointer?.none)
        try database.check(
            sqlite3changegroup_output(group, &size, &bytes), "combine the changesets")
        defer { sqlite3_free(bytes) }
        return [UInt8](UnsafeRawBufferPointer(start: bytes, count: Int(size)))
    }

    /// Applies a changeset in one transaction.
    static func apply(_ changeset: [UInt8], to database: RawDatabase, winner: Winner) throws {
        var changeset = changeset
        // SQLITE_CHANGESET_REPLACE is not allowed for a missing row or a broken constraint.
        let code =
            switch winner {
            case .ours:
                sqlite3changeset_apply(
                    database.handle, Int32(changeset.count), &changeset, nil,
                    { _, _, _ in SQLITE_CHANGESET_OMIT }, nil)
            case .theirs:
                sqlite3changeset_apply(
                    database.handle, Int32(changeset.count), &changeset, nil,
                    { _, kind, _ in
                        kind == SQLITE_CHANGESET_DATA
                            ? SQLITE_CHANGESET_REPLACE : SQLITE_CHANGESET_OMIT
                    }, nil)
            }
        try database.check(code, "apply a changeset")
    }
}
