import Hospital
import Records
import Replica

/// What people call records and their parts.
package enum RecordNames {
    /// `TYPE/ID` of the resource that a record is, or is part of.
    package static func name(of record: StoredRecord, in node: NodeStore) -> String {
        if let name = resourceName(of: record.key) { return "\(name.type)/\(name.id)" }
        if record.key.entity == EntityNumber.appointmentReason {
            return "Appointment/\(record.key.id)"
        }
        if listElement(of: record.key.entity) != nil,
            case .text(let parent)? = record.shown(ListUnit.parent, in: node)
        {
            return parent
        }
        let entity = node.schema[record.key.entity]?.name ?? "entity-\(record.key.entity)"
        return "\(entity)/\(record.key.id)"
    }

    /// The name of what a compartment is named after.
    package static func name(of compartment: Compartment) -> String {
        switch compartment.kind {
        case .reference: "reference data"
        case .patient: "Patient/\(compartment.id)"
        case .clinic: "the own affairs of clinic \(compartment.id)"
        }
    }

    package static func unit(_ number: UInt8, of entity: UInt16, in schema: Schema) -> String {
        if number == Unit.deletion { return "deletion" }
        return schema[entity]?.unit(number)?.name ?? "unit-\(number)"
    }

    /// The element that a list's records come from: `name`; `nil` for other records.
    package static func listElement(of entity: UInt16) -> String? { listElements[entity] }

    private static let listElements: [UInt16: String] = Dictionary(
        HospitalSchema.types.flatMap(\.lists).map { ($0.entity, $0.element) },
        uniquingKeysWith: { first, _ in first })

    /// Whether records of an entity count as records to people: those that have a name of their
    /// own, and are no part of another's.
    package static func counts(_ entity: Entity) -> Bool {
        entity.fhirType != nil || OtherResource.entities.contains(entity.number)
    }
}
