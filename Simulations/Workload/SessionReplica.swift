/// A yardstick database whose every transaction is recorded by the session extension, and kept in
/// a table beside the rows, so that another can be sent what is new for it.
struct SessionReplica {
    let database: RawDatabase
    let table: PatientTable
    private let keeping: RawStatement
    private let reading: RawStatement

    init(creating path: String, options: DatabaseOptions) throws {
        database = try RawDatabase(creating: path, options: options)
        table = try PatientTable(creatingIn: database, ids: .text)
        try database.execute("CREATE TABLE change(seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL)")
        keeping = try database.prepare("INSERT INTO change(bytes) VALUES(?)")
        reading = try database.prepare("SELECT bytes FROM change WHERE seq>? ORDER BY seq")
    }

    /// `body` in one transaction, recorded and kept.
    func write(_ body: () throws -> Void) throws {
        try SessionRecording.transaction(in: database, body) { changeset in
            keeping.bind(1, bytes: changeset)
            try keeping.run()
        }
    }

    /// The last recorded transaction's number; 0 before the first.
    func lastChange() throws -> Int {
        Int(try database.prepare("SELECT coalesce(max(seq),0) FROM change").firstInteger())
    }

    /// What was recorded after transaction `seq`, as one changeset.
    func changes(after seq: Int) throws -> [UInt8] {
        reading.bind(1, seq)
        return try SessionRecording.combined(try reading.firstColumn(), for: database)
    }

    /// All rows, to be compared with another's.
    func contents() throws -> [[UInt8]] {
        try database.prepare(
            """
            SELECT id||'|'||given||'|'||family||'|'||birth_date||'|'||sex||'|'||phone||'|'||address
                ||'|'||village||'|'||district||'|'||blood_group||'|'||notes||'|'||flag
            FROM patient ORDER BY id
            """
        ).firstColumn()
    }
}
