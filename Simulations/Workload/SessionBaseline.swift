/// What SQLite's own session extension takes for the same workload: it sends rows and merges
/// nothing; of two concurrent writes one is lost.
package enum SessionBaseline {
    package struct Figures: Sendable {
        /// W1 with each transaction recorded and its changeset kept.
        package var insert: Cost
        /// W2, likewise.
        package var update: Cost
        /// Bytes of the file after W2 and a checkpoint, recorded changesets included.
        package var fileBytes: Int
        /// W3: all recorded changesets made into one.
        package var export: Cost
        /// W3: that one applied to an empty database.
        package var apply: Cost
        /// What was exported: the last state of each row, not compressed.
        package var exported: [UInt8]
        /// W4: both sides' edits with recording.
        package var edit: Cost
        /// W4: both sides' exports, and each applied to the other.
        package var exchange: Cost
        /// W4: whether both sides then held the same.
        package var exchangeIsEqual: Bool
        /// W5: the changeset of nothing new.
        package var nothing: [UInt8]
        /// W6: the changeset of one new phone.
        package var oneField: [UInt8]
    }

    /// Does W1 to W6 in new databases in `folder`, which must be there, and be empty.
    ///
    /// Throws ``SQLiteFailure``.
    package static func run(
        _ workload: PatientWorkload, in folder: String, options: DatabaseOptions = DatabaseOptions()
    ) throws -> Figures {
        let a = try SessionReplica(creating: folder + "/session-a.sqlite", options: options)
        let b = try SessionReplica(creating: folder + "/session-b.sqlite", options: options)
        let transactions = PatientWorkload.transactions(of: workload.rows.count)
        let insert = try CPUClock.measure {
            for range in transactions {
                try a.write { for row in workload.rows[range] { try a.table.insert(row) } }
            }
        }
        let update = try CPUClock.measure {
            for range in transactions {
                try a.write {
                    for at in range {
                        try a.table.set(
                            .phone, of: workload.rows[at], to: workload.newPhones[at])
                    }
                }
            }
        }
        let fileBytes = try a.database.checkpointedSize()
        let (exported, export) = try CPUClock.measuring { try a.changes(after: 0) }
        let apply = try CPUClock.measure {
            try SessionRecording.apply(exported, to: b.database, winner: .ours)
        }
        let (edit, exchange) = try exchangeEdits(of: workload, between: a, and: b)
        let isEqual = try a.contents() == b.contents()

        let last = try a.lastChange()
        let nothing = try a.changes(after: last)
        try a.write {
            try a.table.set(.phone, of: workload.rows[0], to: workload.newPhones[1])
        }
        return Figures(
            insert: insert, update: update, fileBytes: fileBytes, export: export, apply: apply,
            exported: exported, edit: edit, exchange: exchange, exchangeIsEqual: isEqual,
            nothing: nothing, oneField: try a.changes(after: last))
    }

    private static func exchangeEdits(
        of workload: PatientWorkload, between a: SessionReplica, and b: SessionReplica
    ) throws -> (edit: Cost, exchange: Cost) {
        let (lastOfA, lastOfB) = (try a.lastChange(), try b.lastChange())
        let edit = try CPUClock.measure {
            for (replica, edits) in [(a, workload.editsAtA), (b, workload.editsAtB)] {
                for range in PatientWorkload.transactions(of: edits.count) {
                    try replica.write {
                        for edit in edits[range] {
                            let row = workload.rows[edit.row]
                            try replica.table.set(edit.column, of: row, to: edit.value)
                        }
                    }
                }
            }
        }
        let exchange = try CPUClock.measure {
            let fromA = try a.changes(after: lastOfA)
            let fromB = try b.changes(after: lastOfB)
            try SessionRecording.apply(fromA, to: b.database, winner: .theirs)
            try SessionRecording.apply(fromB, to: a.database, winner: .ours)
        }
        return (edit, exchange)
    }
}
