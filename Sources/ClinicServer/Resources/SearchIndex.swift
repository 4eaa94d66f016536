import Causality
import FHIR
import Hospital
import Records
import Replica

/// The words by which patients are found, in tables of their own beside the records.
///
/// Triggers on the tables of names note whose words are out of date, whatever path a name came
/// by: a local write, a change set, a chunk of state, a purge. The words themselves are made
/// later, in small transactions.
final class SearchIndex {
    private let replica: NodeStore

    /// What a word of the index is: part of a name, or the sound of one.
    enum Kind: Int64, CaseIterable {
        case family = 0
        case given = 1
        case other = 2
    }

    /// Stands before the sounds, which no word begins with.
    static let soundMark = "~"

    init(_ replica: NodeStore) throws {
        self.replica = replica
        let isNew = try replica.store.reading {
            try replica.store.count(
                "SELECT count(*) FROM sqlite_master WHERE name = '_search_stale'") == 0
        }
        try replica.transaction {
            for sql in SearchIndex.schema { try replica.store.execute(sql) }
            // What was there before the index.
            if isNew {
                try replica.store.execute(
                    "INSERT INTO _search_stale SELECT DISTINCT _root >> 2 FROM humanName")
            }
        }
    }

    private static let schema =
        [
            """
            CREATE TABLE IF NOT EXISTS _search_name (
                token TEXT, kind INTEGER, patient INTEGER,
                PRIMARY KEY (token, kind, patient)) WITHOUT ROWID
            """,
            "CREATE INDEX IF NOT EXISTS _search_name_patient ON _search_name (patient)",
            "CREATE TABLE IF NOT EXISTS _search_stale (patient INTEGER PRIMARY KEY)",
            WaitingReferences.table,
            "CREATE INDEX IF NOT EXISTS _search_identifier ON identifier (value)",
            """
            CREATE INDEX IF NOT EXISTS _search_directoryIdentifier ON directoryIdentifier (value)
            """,
        ]
        + ["directoryName", "directoryContact", "directoryAddress", "directoryIdentifier"].map {
            "CREATE INDEX IF NOT EXISTS _search_parent_\($0) ON \"\($0)\" (parent)"
        }
        + [("insert", "NEW"), ("update", "NEW"), ("delete", "OLD")].map { event, row in
            """
            CREATE TRIGGER IF NOT EXISTS _search_\(event)_humanName AFTER \(event) ON humanName
            BEGIN INSERT OR IGNORE INTO _search_stale VALUES (\(row)._root >> 2); END
            """
        }

    /// Makes the words of some patients whose names have changed. Returns whether more are waiting.
    func refresh(limit: Int) throws -> Bool {
        let stale = try replica.store.reading {
            try replica.store.rows(
                "SELECT patient FROM _search_stale LIMIT ?", [.integer(Int64(limit))]
            ) { $0.integer(0) }
        }
        guard !stale.isEmpty else { return false }
        try replica.transaction { for patient in stale { try refresh(patient) } }
        return stale.count == limit
    }

    private func refresh(_ patient: Int64) throws {
        let store = replica.store
        try store.run("DELETE FROM _search_name WHERE patient = ?", [.integer(patient)])
        let tokens = searchTokens(for: try names(patient))
        try add(tokens.family, .family, patient)
        try add(tokens.given, .given, patient)
        let known = Set(tokens.family).union(tokens.given)
        try add(tokens.names.filter { !known.contains($0) }, .other, patient)
        try store.run("DELETE FROM _search_stale WHERE patient = ?", [.integer(patient)])
    }

    private func add(_ words: [String], _ kind: Kind, _ patient: Int64) throws {
        for word in words {
            for token in [word] + NameSearch.keys(word).map({ SearchIndex.soundMark + $0 }) {
                try replica.store.run(
                    "INSERT OR IGNORE INTO _search_name VALUES (?, ?, ?)",
                    [.text(token), .integer(kind.rawValue), .integer(patient)])
            }
        }
    }

    private static let nameFields: [String] =
        HospitalSchema.type(EntityNumber.humanName)?.part(ListUnit.content)?.unit.fields
        .map(\.name) ?? []

    /// A patient's names as they show, with no more than a search needs.
    private func names(_ patient: Int64) throws -> [MappedRecord] {
        let columns = SearchIndex.nameFields.map { ", \"\($0)\"" }.joined()
        let root = patient << 2 | Int64(Compartment.Kind.patient.rawValue)
        return try replica.store.rows(
            "SELECT id\(columns) FROM humanName WHERE _root = ? AND _hidden IS NULL",
            [.integer(root)]
        ) { row in
            let values = SearchIndex.nameFields.indices.map { index -> Value in
                let column = Int32(index + 1)
                return row.isNull(column) ? .null : .text(row.text(column))
            }
            return MappedRecord(
                key: RecordKey(entity: EntityNumber.humanName, id: row.id(0)),
                compartment: .reference, units: [ListUnit.content: .group(values)])
        }
    }
}

extension ClinicNode {
    /// Makes some words of the search index. Returns whether more are to be made.
    func refreshIndex() throws -> Bool { try index.refresh(limit: ClinicNode.wordsAtOnce) }

    /// Patients whose words are made in one transaction: some 10 ms.
    private static let wordsAtOnce = 200
}
