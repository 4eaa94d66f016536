import Causality
import Hospital
import Records

/// A FHIR R4 resource as the records that it is kept in. The mapping loses nothing:
/// ``resource(from:)`` gives the same resource again.
///
/// - Parameters:
///   - resource: with `resourceType` and `id`; a caller that makes ids has put one in.
///   - clinic: whose affairs a resource is that belongs to no patient, and who registers a patient.
///   - aliases: `TYPE/ID` for the names, such as `urn:uuid:…`, that a bundle uses.
/// - Throws: an issue with its place and what to do.
package func mapped(
    _ resource: JSON, clinic: NodeID, aliases: [String: String] = [:]
) throws(FHIRIssue) -> MappedResource {
    let (type, id) = try name(of: resource)
    let members = resource.members.filter { $0.key != "resourceType" && $0.key != "id" }
    let compartment: Compartment
    do throws(FHIRIssue) {
        if let structure = StructureDefinition.named(type) {
            try structure.check(members)
        } else if !members.isEmpty {
            try JSON.object(members).checkWellFormed()
        }
        compartment = try ResourceCompartment.of(
            resource, type: type, id: id, clinic: clinic, aliases: aliases)
    } catch {
        throw error.within(type)
    }
    guard
        let plan = HospitalSchema.type(fhir: type).flatMap({
            MappingPlan.plan(for: $0.entity.number)
        }),
        plan.type.entity.compartment == compartment.kind || type == "Appointment"
    else {
        let whole = wholeRecord(members, type: type, id: id, in: compartment)
        return MappedResource(type: type, id: RecordID(id), records: [whole])
    }
    do throws(FHIRIssue) {
        let records =
            type == "Appointment"
            ? try appointment(members, id: id, of: compartment, clinic: clinic)
            : try records(members, plan, id: id, in: compartment, clinic: clinic)
        return MappedResource(type: type, id: RecordID(id), records: records)
    } catch {
        throw error.within(type)
    }
}

private func name(of resource: JSON) throws(FHIRIssue) -> (type: String, id: String) {
    guard case .object = resource else {
        throw FHIRIssue(.structure, "A resource is a JSON object: {\"resourceType\": …}")
    }
    guard let type = resource["resourceType"]?.text, ResourceName.isType(type) else {
        throw FHIRIssue(
            .required, "A resource says its type, as in \"resourceType\": \"Patient\"",
            at: "Resource.resourceType")
    }
    guard let id = resource["id"]?.text, ResourceName.isID(id) else {
        throw FHIRIssue(
            resource["id"] == nil ? .required : .value,
            "A resource has an id: \(Primitive.id.expectation)", at: "\(type).id")
    }
    return (type, id)
}

/// A resource with an entity of its own: the main record and those of its lists.
private func records(
    _ members: [JSON.Member], _ plan: MappingPlan, id: String, in compartment: Compartment,
    clinic: NodeID
) throws(FHIRIssue) -> [MappedRecord] {
    let entity = plan.type.entity
    var members = members
    var children: [MappedRecord] = []
    for list in plan.type.lists {
        guard let at = members.firstIndex(where: { $0.key == list.element }),
            case .array(let elements) = members[at].value, ListElement.areRecords(elements)
        else { continue }
        members.remove(at: at)
        let parent = "\(entity.fhirType ?? "")/\(id)"
        children += try ListElement.records(elements, of: list, parent: parent, in: compartment)
    }
    var units = try plan.units(of: members)
    if entity.number == EntityNumber.patient {
        units[PatientUnit.registrar] = .text(clinic.description)
    }
    let key = RecordKey(entity: entity.number, id: RecordID(id))
    return [MappedRecord(key: key, compartment: compartment, units: units)] + children
}

/// An appointment's diary entry, which is the clinic's, and its reason, which is the patient's.
private func appointment(
    _ members: [JSON.Member], id: String, of compartment: Compartment, clinic: NodeID
) throws(FHIRIssue) -> [MappedRecord] {
    guard let diary = MappingPlan.plan(for: EntityNumber.appointment),
        let reason = MappingPlan.plan(for: EntityNumber.appointmentReason)
    else { return [] }
    func record(
        _ plan: MappingPlan, _ members: [JSON.Member], in compartment: Compartment
    ) throws(FHIRIssue) -> MappedRecord {
        MappedRecord(
            key: RecordKey(entity: plan.type.entity.number, id: RecordID(id)),
            compartment: compartment, units: try plan.units(of: members))
    }
    guard compartment.kind == .patient else {
        return [try record(diary, members, in: .clinic(clinic))]
    }
    let isDiary = { (member: JSON.Member) in
        RecordType.diaryElements.contains(
            member.key.hasPrefix("_") ? String(member.key.dropFirst()) : member.key)
    }
    let main = try record(diary, members.filter(isDiary), in: .clinic(clinic))
    let theirs = members.filter { !isDiary($0) }
    return theirs.isEmpty ? [main] : [main, try record(reason, theirs, in: compartment)]
}

/// A resource of a type without an entity of its own, or that lies where its entity doesn't.
private func wholeRecord(
    _ members: [JSON.Member], type: String, id: String, in compartment: Compartment
) -> MappedRecord {
    MappedRecord(
        key: RecordKey(
            entity: OtherResource.entity(in: compartment.kind),
            id: OtherResource.recordID(type: type, id: id)),
        compartment: compartment,
        units: [
            OtherResourceUnit.type: .text(type),
            OtherResourceUnit.body: .text(JSON.object(members).canonical),
        ])
}

/// The FHIR resource that records hold.
///
/// - Parameter records: the main one first, as in ``MappedResource/records``.
package func resource(from records: [MappedRecord]) -> JSON {
    guard let main = records.first, let plan = MappingPlan.plan(for: main.key.entity) else {
        return .null
    }
    if let name = OtherResource.name(of: main) {
        var body = JSON.object([])
        if case .text(let text)? = main.units[OtherResourceUnit.body] {
            body = (try? JSON(parsing: text)) ?? MappingPlan.unreadable(text)
        }
        return headed(type: name.type, id: name.id, body.members)
    }
    var object = JSON.object(plan.members(of: main.units))
    for list in plan.type.lists {
        let elements = ListElement.elements(of: list, from: records.dropFirst())
        if !elements.isEmpty { object.merge(JSON.Member(list.element, .array(elements))) }
    }
    for reason in records.dropFirst() where reason.key.entity == EntityNumber.appointmentReason {
        guard let plan = MappingPlan.plan(for: reason.key.entity) else { continue }
        for member in plan.members(of: reason.units) { object.merge(member) }
    }
    return headed(
        type: plan.type.entity.fhirType ?? "", id: main.key.id.description, object.members)
}

private func headed(type: String, id: String, _ members: [JSON.Member]) -> JSON {
    .object([JSON.Member("resourceType", .string(type)), JSON.Member("id", .string(id))] + members)
}
