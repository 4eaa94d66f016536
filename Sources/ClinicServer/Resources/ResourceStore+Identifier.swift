import FHIR
import Hospital
import Records
import Replica

/// Finds resources by their identifiers, for conditional references and creates.
extension ResourceStore {
    /// The ids of the resources of a type that have an identifier, in their order.
    ///
    /// - Parameter system: `nil` for any; empty for none.
    func find(_ type: String, system: String?, value: String) throws -> [RecordID] {
        guard let recordType = HospitalSchema.type(fhir: type) else {
            return try findWhole(type, system, value)
        }
        let list = recordType.lists.first { $0.element == "identifier" }
        let own =
            try list.map { try findInList($0, type, system, value) }
            ?? findInColumn(recordType, system, value)
        return try own + findWhole(type, system, value)
    }

    /// The one resource that an identifier means; `nil` where none has it, or more than one: what
    /// is written about a patient must not go to another.
    func one(_ type: String, _ system: String?, _ value: String) throws -> RecordID? {
        let found = try find(type, system: system, value: value)
        return found.count == 1 ? found[0] : nil
    }

    private func findInList(
        _ list: RecordType.List, _ type: String, _ system: String?, _ value: String
    ) throws -> [RecordID] {
        guard let table = replica.schema[list.entity]?.name else { return [] }
        var bindings: [Store.Binding] = [.text(value), .text("\(type)/"), .text("\(type)0")]
        if let system { bindings.append(.text(system)) }
        let parents = try replica.store.rows(
            """
            SELECT DISTINCT parent FROM "\(table)" WHERE value = ?1 AND _hidden IS NULL \
            AND +parent > ?2 AND +parent < ?3\(system == nil ? "" : " AND coalesce(system, '') = ?4") \
            ORDER BY parent LIMIT 8
            """, bindings
        ) { RecordID(String($0.text(0).dropFirst(type.utf8.count + 1))) }
        // A deleted patient's identifiers are hidden with it; a deleted practitioner's may not be.
        return try parents.filter { try shows(type, $0) }
    }

    private func shows(_ type: String, _ id: RecordID) throws -> Bool {
        guard let table = HospitalSchema.type(fhir: type)?.entity.name else { return false }
        return try replica.store.count(
            "SELECT count(*) FROM \"\(table)\" WHERE id = ? AND _hidden IS NULL", [.id(id)]) > 0
    }

    private func findInColumn(
        _ type: RecordType, _ system: String?, _ value: String
    ) throws -> [RecordID] {
        guard type.entity.units.flatMap(\.fields).contains(where: { $0.name == "identifierValue" })
        else { return [] }
        let condition = system == nil ? "" : " AND coalesce(identifierSystem, '') = ?2"
        return try replica.store.rows(
            """
            SELECT DISTINCT id FROM "\(type.entity.name)" \
            WHERE identifierValue = ?1\(condition) AND _hidden IS NULL ORDER BY id LIMIT 8
            """, [.text(value)] + (system.map { [.text($0)] } ?? [])
        ) { $0.id(0) }
    }

    /// Resources that are kept whole have no columns: those whose text holds the value are read.
    private func findWhole(
        _ type: String, _ system: String?, _ value: String
    ) throws -> [RecordID] {
        var found: [RecordID] = []
        for entity in OtherResource.entities {
            guard let table = replica.schema[entity]?.name else { continue }
            let rows = try replica.store.rows(
                """
                SELECT id, body FROM "\(table)" WHERE id > ?1 AND id < ?2 AND _hidden IS NULL \
                AND instr(body, ?3) > 0 ORDER BY id LIMIT 64
                """, [.text("\(type)/"), .text("\(type)0"), .text(value)]
            ) { ($0.id(0), $0.text(1)) }
            for (id, body) in rows {
                guard let name = OtherResource.name(of: RecordKey(entity: entity, id: id)),
                    let json = try? JSON(parsing: body),
                    ResourceStore.has(json["identifier"], system, value)
                else { continue }
                found.append(RecordID(name.id))
            }
        }
        return found
    }

    private static func has(_ identifier: JSON?, _ system: String?, _ value: String) -> Bool {
        guard let identifier else { return false }
        let all = identifier.members.isEmpty ? identifier.elements : [identifier]
        return all.contains {
            $0["value"]?.text == value
                && (system == nil || ($0["system"]?.text ?? "") == system)
        }
    }
}
