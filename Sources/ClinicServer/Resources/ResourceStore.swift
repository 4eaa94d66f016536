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
    private let reader: ResourceReader

    init(_ clinic: Clinic) {
        self.clinic = clinic
        replica = clinic.replica
        reader = ResourceReader(replica)
    }

    // MARK: Reading one

    /// A resource by its name; a deleted one only when none shows. `nil` when nothing is known
    /// of it.
    func load(_ type: String, _ id: String) throws -> StoredResource? {
        var deleted: StoredResource?
        for (record, compartment) in try reader.mains(type, id) {
            let resource = try assemble(type, id, record, in: compartment)
            if !resource.isDeleted { return resource }
            deleted = deleted ?? resource
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
        for (part, place) in try reader.parts(of: record.key, type, id, in: compartment) {
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

    /// What a record shows.
    func mapped(_ record: StoredRecord, in compartment: Compartment) -> MappedRecord {
        var units: [UInt8: Value] = [:]
        for unit in replica.schema[record.key.entity]?.units ?? [] {
            units[unit.number] = record.shown(unit.number, in: replica)
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

    /// How many resources show.
    func count() throws -> Int {
        var count: Int64 = 0
        for entity in replica.schema.entities where RecordNames.counts(entity) {
            count += try replica.store.count(
                "SELECT count(*) FROM \"\(entity.name)\" WHERE _hidden IS NULL")
        }
        return Int(count)
    }
}
