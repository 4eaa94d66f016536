import Causality
import FHIR
import Hospital
import Records
import Replica
import Sync

/// FHIR resources in the replica: reads them out of their records, and writes into these what an
/// update changes. Confined to the node's thread; every call is within a transaction or a
/// reading of the store.
final class ResourceStore {
    let replica: NodeStore
    private let clinic: Clinic

    init(_ clinic: Clinic) {
        self.clinic = clinic
        replica = clinic.replica
    }

    // MARK: Reading one

    /// A resource by its name; a deleted one only when none shows. `nil` when nothing is known
    /// of it.
    func load(_ type: String, _ id: String) throws -> StoredResource? {
        var deleted: StoredResource?
        for key in recordKeys(type: type, id: id) {
            for compartment in try replica.reader.compartments(of: key) {
                guard let record = try replica.reader.record(key, in: compartment) else { continue }
                let resource = try assemble(type, id, record, in: compartment)
                if !resource.isDeleted { return resource }
                deleted = deleted ?? resource
            }
        }
        return deleted
    }

    private func assemble(
        _ type: String, _ id: String, _ record: StoredRecord, in compartment: Compartment
    ) throws -> StoredResource {
        var version = ResourceVersion()
        version.add(ResourceStore.stamps(record))
        var resource = StoredResource(
            type: type, id: id, records: [mapped(record, in: compartment)],
            isDeleted: record.isHidden, version: "", modified: 0)
        for (part, place) in try parts(of: record.key, type, id, in: compartment) {
            version.add(ResourceStore.stamps(part))
            if part.isHidden {
                resource.retired.insert(part.key.id)
            } else {
                resource.records.append(mapped(part, in: place))
            }
        }
        resource.version = version.text
        resource.modified = version.latest
        return resource
    }

    /// The records that are part of a resource, beside its main one, by entity and id.
    func parts(
        of main: RecordKey, _ type: String, _ id: String, in compartment: Compartment
    ) throws -> [(StoredRecord, Compartment)] {
        guard let recordType = HospitalSchema.type(main.entity), recordType.entity.fhirType != nil
        else { return [] }
        if main.entity == EntityNumber.appointment { return try reason(of: main.id) }
        guard !recordType.lists.isEmpty, let root = try replica.tables.root(compartment) else {
            return []
        }
        var parts: [(StoredRecord, Compartment)] = []
        for list in recordType.lists {
            guard let table = replica.schema[list.entity]?.name else { continue }
            // A patient has few names; the directory's all lie in one compartment, and are found
            // by their parent. The plus keeps SQLite from the other index.
            let condition =
                compartment.kind == .patient
                ? "+parent = ? AND _root = ?" : "parent = ? AND +_root = ?"
            let ids = try replica.store.rows(
                "SELECT id FROM \"\(table)\" WHERE \(condition) ORDER BY id",
                [.text("\(type)/\(id)"), .integer(root.rawValue)]
            ) { $0.id(0) }
            for id in ids {
                let key = RecordKey(entity: list.entity, id: id)
                if let record = try replica.reader.record(key, in: compartment) {
                    parts.append((record, compartment))
                }
            }
        }
        return parts
    }

    private func reason(of id: RecordID) throws -> [(StoredRecord, Compartment)] {
        let key = RecordKey(entity: EntityNumber.appointmentReason, id: id)
        return try replica.reader.compartments(of: key).compactMap { compartment in
            try replica.reader.record(key, in: compartment).map { ($0, compartment) }
        }
    }

    /// What a record shows.
    func mapped(_ record: StoredRecord, in compartment: Compartment) -> MappedRecord {
        var units: [UInt8: Value] = [:]
        for (unit, _) in record.registers where unit != Records.Unit.deletion {
            units[unit] = record.shown(unit, in: replica)
        }
        return MappedRecord(key: record.key, compartment: compartment, units: units)
    }

    private static func stamps(
        _ record: StoredRecord
    ) -> (key: RecordKey, registers: [(unit: UInt8, stamps: [Stamp])]) {
        (
            record.key,
            record.registers.map { (unit: $0.unit, stamps: $0.register.siblings.map(\.stamp)) }
        )
    }

    /// `TYPE/ID` of the resource that a record is, or is part of.
    func name(of record: StoredRecord) -> String {
        if let name = resourceName(of: record.key) { return "\(name.type)/\(name.id)" }
        if record.key.entity == EntityNumber.appointmentReason {
            return "Appointment/\(record.key.id)"
        }
        if ResourceStore.listElements[record.key.entity] != nil,
            case .text(let parent)? = record.shown(ListUnit.parent, in: replica)
        {
            return parent
        }
        return "\(replica.schema[record.key.entity]?.name ?? "unknown")/\(record.key.id)"
    }

    /// The element that a list's records come from, by their entity.
    static let listElements: [UInt16: String] = Dictionary(
        HospitalSchema.types.flatMap(\.lists).map { ($0.entity, $0.element) },
        uniquingKeysWith: { first, _ in first })

    /// How many resources show.
    func count() throws -> Int {
        var count: Int64 = 0
        let whole = Set(OtherResource.entities)
        for entity in replica.schema.entities
        where entity.fhirType != nil || whole.contains(entity.number) {
            count += try replica.store.count(
                "SELECT count(*) FROM \"\(entity.name)\" WHERE _hidden IS NULL")
        }
        return Int(count)
    }
}
