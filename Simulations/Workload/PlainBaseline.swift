/// What plain SQLite takes: the same rows through the raw C API with prepared statements, as a
/// plain application would write them.
package enum PlainBaseline {
    /// How the id is kept.
    package enum IDForm: String, Sendable {
        /// 36 characters, as a plain application keeps it: the official workload.
        case text
        /// 16 bytes.
        case bytes
    }

    package struct Figures: Sendable {
        /// W1: the inserts.
        package var insert: Cost
        /// W2: the new phone of each row.
        package var update: Cost
        /// Bytes of the file after W2 and a checkpoint.
        package var fileBytes: Int
    }

    /// Does W1 and W2 in a new database at `path`. Its folder must be there; a file must not.
    ///
    /// Throws ``SQLiteFailure``.
    package static func run(
        _ workload: PatientWorkload, at path: String, ids: IDForm = .text,
        options: DatabaseOptions = DatabaseOptions()
    ) throws -> Figures {
        let database = try RawDatabase(creating: path, options: options)
        let table = try PatientTable(creatingIn: database, ids: ids)
        let transactions = PatientWorkload.transactions(of: workload.rows.count)
        let insert = try CPUClock.measure {
            for range in transactions {
                try database.transaction {
                    for row in workload.rows[range] { try table.insert(row) }
                }
            }
        }
        let update = try CPUClock.measure {
            for range in transactions {
                try database.transaction {
                    for at in range {
                        try table.set(.phone, of: workload.rows[at], to: workload.newPhones[at])
                    }
                }
            }
        }
        return Figures(insert: insert, update: update, fileBytes: try database.checkpointedSize())
    }

    /// Inserts `count` rows, each in a transaction of its own, at `synchronous=FULL`. The figure
    /// is the disk's, so `path` should be on the disk that is meant, and not in memory.
    package static func durableWrites(
        at path: String, count: Int, pageSize: Int = 8192
    ) throws -> DurableWrites {
        let rows = PatientWorkload(count: count + count % 2).rows[..<count]
        let options = DatabaseOptions(pageSize: pageSize, durability: .full)
        let database = try RawDatabase(creating: path, options: options)
        let table = try PatientTable(creatingIn: database, ids: .text)
        let cost = try CPUClock.measure {
            for row in rows {
                try database.transaction { try table.insert(row) }
            }
        }
        return DurableWrites(count: count, cost: cost)
    }
}

/// How many transactions of one change each came to be durable, and what they took.
package struct DurableWrites: Sendable {
    package var count: Int
    package var cost: Cost
    /// Transactions a second of the clock on the wall.
    package var perSecond: Double { Double(count) / cost.wallSeconds }

    package init(count: Int, cost: Cost) {
        self.count = count
        self.cost = cost
    }
}
