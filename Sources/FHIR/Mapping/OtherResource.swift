import Hospital
import Records

/// Resources that are kept whole, and where any resource is to be looked for.
package enum OtherResource {
    static func entity(in kind: Compartment.Kind) -> UInt16 {
        switch kind {
        case .patient: EntityNumber.patientResource
        case .reference: EntityNumber.referenceResource
        case .clinic: EntityNumber.clinicResource
        }
    }

    /// Two types may use one id, so the type is part of the record's.
    package static func recordID(type: String, id: String) -> RecordID { .text("\(type)/\(id)") }

    /// The type and id of a resource that is kept whole; `nil` for other records.
    package static func name(of key: RecordKey) -> (type: String, id: String)? {
        guard entities.contains(key.entity), case .text(let text) = key.id,
            let slash = text.firstIndex(of: "/")
        else { return nil }
        return (String(text[..<slash]), String(text[text.index(after: slash)...]))
    }

    static func name(of record: MappedRecord) -> (type: String, id: String)? {
        name(of: record.key)
    }

    /// The entities whose records are kept whole, in the order in which to look.
    package static let entities = [
        EntityNumber.patientResource, EntityNumber.referenceResource, EntityNumber.clinicResource,
    ]
}

/// The keys under which a resource may be kept: at most one of them is in use.
package func recordKeys(type: String, id: String) -> [RecordKey] {
    let own = HospitalSchema.type(fhir: type).map {
        RecordKey(entity: $0.entity.number, id: RecordID(id))
    }
    let whole = OtherResource.recordID(type: type, id: id)
    return (own.map { [$0] } ?? [])
        + OtherResource.entities.map { RecordKey(entity: $0, id: whole) }
}

/// The name, as in `TYPE/ID`, of the resource that a record is the main one of; `nil` for a record
/// that is part of another's resource, or of none.
package func resourceName(of key: RecordKey) -> (type: String, id: String)? {
    if let name = OtherResource.name(of: key) { return name }
    guard let type = HospitalSchema.type(key.entity)?.entity.fhirType else { return nil }
    return (type, key.id.description)
}
