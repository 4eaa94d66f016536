import Hospital
import Records
import Replica

/// What people call records: `TYPE/ID`.
enum RecordNames {
    /// Entities that keep whole resources of other types, under the id `TYPE/ID`.
    static let whole: [UInt16] = [
        EntityNumber.patientResource, EntityNumber.referenceResource, EntityNumber.clinicResource,
    ]

    /// The keys that a record of this name may stand under.
    static func keys(_ type: String, _ id: String, _ schema: Schema) -> [RecordKey] {
        var keys = whole.map { RecordKey(entity: $0, id: RecordID("\(type)/\(id)")) }
        if let entity = schema.entity(fhirType: type) {
            keys.insert(RecordKey(entity: entity.number, id: RecordID(id)), at: 0)
        }
        if type == "Appointment" {
            keys.append(RecordKey(entity: EntityNumber.appointmentReason, id: RecordID(id)))
        }
        return keys
    }

    /// The name of a record. A part of another's resource has the name of that.
    static func name(of record: StoredRecord, _ schema: Schema) -> String {
        if whole.contains(record.key.entity) { return record.key.id.description }
        let entity = schema[record.key.entity]
        if let type = entity?.fhirType { return "\(type)/\(record.key.id)" }
        if record.key.entity == EntityNumber.appointmentReason {
            return "Appointment/\(record.key.id)"
        }
        if isListElement(record.key.entity),
            case .text(let parent)? = record.register(ListUnit.parent)?.siblings.first?.value
        {
            return parent
        }
        return "\(entity?.name ?? "entity-\(record.key.entity)")/\(record.key.id)"
    }

    /// Whether records of an entity count as records to people: those that have a name of their
    /// own, and are no part of another's.
    static func counts(_ entity: Entity) -> Bool {
        entity.fhirType != nil || whole.contains(entity.number)
    }

    /// The name of what a compartment is named after.
    static func name(of compartment: Compartment) -> String {
        switch compartment.kind {
        case .reference: "reference data"
        case .patient: "Patient/\(compartment.id)"
        case .clinic: "the own affairs of clinic \(compartment.id)"
        }
    }

    static func isListElement(_ entity: UInt16) -> Bool {
        HospitalSchema.types.contains { $0.lists.contains { $0.entity == entity } }
    }
}
