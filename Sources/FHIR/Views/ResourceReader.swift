import Hospital
import Records
import Replica

/// Finds the records that a resource is kept in, on a clinic or on the hub. Called inside a
/// reading or a transaction of the store.
package struct ResourceReader {
    package typealias Found = (record: StoredRecord, compartment: Compartment)

    private let node: NodeStore

    package init(_ node: NodeStore) { self.node = node }

    /// The main records of a name: at most one, but where two clinics imported one id into two
    /// compartments.
    package func mains(_ type: String, _ id: String) throws -> [Found] {
        try recordKeys(type: type, id: id).flatMap { key in
            try node.reader.compartments(of: key).compactMap { compartment in
                try node.reader.record(key, in: compartment).map { ($0, compartment) }
            }
        }
    }

    /// The records that are part of a resource, beside its main one, deleted ones included.
    package func parts(
        of main: RecordKey, _ type: String, _ id: String, in compartment: Compartment
    ) throws -> [Found] {
        guard let recordType = HospitalSchema.type(main.entity), recordType.entity.fhirType != nil
        else { return [] }
        if main.entity == EntityNumber.appointment { return try reason(of: main.id) }
        guard !recordType.lists.isEmpty, let root = try node.tables.root(compartment) else {
            return []
        }
        var parts: [Found] = []
        for list in recordType.lists {
            guard let table = node.schema[list.entity]?.name else { continue }
            // A patient has few names; the directory's all lie in one compartment, and are found
            // by their parent. The plus keeps SQLite from the other index.
            let condition =
                compartment.kind == .patient
                ? "+parent = ? AND _root = ?" : "parent = ? AND +_root = ?"
            let ids = try node.store.rows(
                "SELECT id FROM \"\(table)\" WHERE \(condition) ORDER BY id",
                [.text("\(type)/\(id)"), .integer(root.rawValue)]
            ) { $0.id(0) }
            for id in ids {
                let key = RecordKey(entity: list.entity, id: id)
                if let record = try node.reader.record(key, in: compartment) {
                    parts.append((record, compartment))
                }
            }
        }
        return parts
    }

    private func reason(of id: RecordID) throws -> [Found] {
        let key = RecordKey(entity: EntityNumber.appointmentReason, id: id)
        return try node.reader.compartments(of: key).compactMap { compartment in
            try node.reader.record(key, in: compartment).map { ($0, compartment) }
        }
    }
}
