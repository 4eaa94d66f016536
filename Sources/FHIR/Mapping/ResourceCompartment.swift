import Causality
import Records

/// Which compartment a resource lies in: the patient's whom it is about, or else shared reference
/// data for what is a directory, or else the clinic's own affairs.
enum ResourceCompartment {
    /// - Parameter aliases: `TYPE/ID` for the names, such as `urn:uuid:…`, that a bundle uses.
    ///
    /// - Throws: where a patient is named by what can't be an id.
    static func of(
        _ resource: JSON, type: String, id: String, clinic: NodeID, aliases: [String: String]
    ) throws(FHIRIssue) -> Compartment {
        if let patient = try patient(of: resource, type: type, id: id, aliases: aliases) {
            return .patient(RecordID(patient))
        }
        return directory.contains(type) ? .reference : .clinic(clinic)
    }

    private static func patient(
        of resource: JSON, type: String, id: String, aliases: [String: String]
    ) throws(FHIRIssue) -> String? {
        if type == "Patient" { return id }
        if directory.contains(type) || clinicsOwn.contains(type) { return nil }
        for element in elements[type] ?? usual {
            for reference in references(in: resource, at: element[...]) {
                do throws(FHIRIssue) {
                    if let patient = try patient(reference, aliases) { return patient }
                } catch {
                    throw error.within(element.joined(separator: "."))
                }
            }
        }
        return nil
    }

    /// The References at a path of member names; lists on the way are gone through.
    private static func references(in json: JSON, at path: ArraySlice<String>) -> [JSON] {
        if case .array(let elements) = json {
            return elements.flatMap { references(in: $0, at: path) }
        }
        guard let key = path.first else { return [json] }
        return json[key].map { references(in: $0, at: path.dropFirst()) } ?? []
    }

    private static func patient(
        _ reference: JSON, _ aliases: [String: String]
    ) throws(FHIRIssue) -> String? {
        guard let text = reference["reference"]?.text else { return nil }
        if let target = ReferenceTarget(aliases[text] ?? text) {
            return target.type == "Patient" ? target.id : nil
        }
        // Of a resource that the bundle doesn't have, only the reference can say what it is.
        let stem = "urn:uuid:"
        let isURN = text.hasPrefix(stem) && reference["type"]?.text == "Patient"
        let id = text.dropFirst(stem.count)
        if isURN, ResourceName.isID(id) { return String(id) }
        guard isURN || text.hasPrefix("Patient/") else { return nil }
        throw FHIRIssue(
            .value, "must name the patient by Patient/ and an id, \(Primitive.id.expectation)",
            at: "reference")
    }

    /// Where most types name their patient.
    private static let usual = [["subject"], ["patient"], ["beneficiary"], ["for"], ["individual"]]

    /// Where others do (FHIR R4, *Compartment Definition: Patient*).
    private static let elements: [String: [[String]]] = [
        "Appointment": [["participant", "actor"]],
        "AppointmentResponse": [["actor"]],
        "AuditEvent": [["entity", "what"], ["agent", "who"]],
        "EnrollmentRequest": [["candidate"]],
        "Provenance": [["target"]],
        "SupplyRequest": [["deliverTo"]],
    ]

    /// What outlives a purge of the patient's record: the books.
    private static let clinicsOwn: Set<String> = [
        "Invoice", "PaymentNotice", "PaymentReconciliation", "Schedule", "Slot",
    ]

    /// What all clinics share.
    private static let directory: Set<String> = [
        "ActivityDefinition", "CapabilityStatement", "CatalogEntry", "ChargeItemDefinition",
        "CodeSystem", "CompartmentDefinition", "ConceptMap", "DeviceDefinition", "Endpoint",
        "EventDefinition", "Evidence", "EvidenceVariable", "ExampleScenario", "GraphDefinition",
        "HealthcareService", "ImplementationGuide", "InsurancePlan", "Library", "Location",
        "Measure", "Medication", "MedicationKnowledge", "MessageDefinition", "NamingSystem",
        "ObservationDefinition", "OperationDefinition", "Organization",
        "OrganizationAffiliation", "PlanDefinition", "Practitioner", "PractitionerRole",
        "Questionnaire", "ResearchDefinition", "ResearchElementDefinition", "SearchParameter",
        "SpecimenDefinition", "StructureDefinition", "StructureMap", "Substance",
        "TerminologyCapabilities", "TestScript", "ValueSet",
    ]
}
