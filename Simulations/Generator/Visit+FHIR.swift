extension DemoPatient {
    private var subject: JSONText { FHIRParts.reference("Patient", id) }

    /// The visit, what was measured, found and prescribed.
    func visitResources(_ visit: Visit, at clinic: DemoClinic) -> [FHIRParts.Resource] {
        var resources = [encounter(visit, at: clinic)]
        resources += zip(visit.vitals.measures, visit.observationIDs).map { measure, id in
            observation(measure, id, at: visit)
        }
        if let id = visit.conditionID { resources.append(condition(id, at: visit)) }
        resources += visit.prescriptions.map { prescription($0, at: visit) }
        return resources
    }

    private func encounter(_ visit: Visit, at clinic: DemoClinic) -> FHIRParts.Resource {
        let start = visit.day.text(minute: visit.minute)
        let end = visit.day.text(minute: visit.minute + visit.length)
        let ambulatory = JSONText.object([
            ("system", .text(FHIRParts.terminology + "v3-ActCode")), ("code", .text("AMB")),
            ("display", .text("ambulatory")),
        ])
        let who = FHIRParts.reference("Practitioner", visit.practitioner.id)
        let place = FHIRParts.reference("Location", clinic.locationID)
        return FHIRParts.resource(
            "Encounter", visit.encounterID,
            [
                ("status", .text("finished")), ("class", ambulatory), ("subject", subject),
                ("participant", .list([.object([("individual", who)])])),
                ("period", .object([("start", .text(start)), ("end", .text(end))])),
                ("reasonCode", .list([FHIRParts.words(visit.illness.name)])),
                ("location", .list([.object([("location", place)])])),
                ("serviceProvider", FHIRParts.reference("Organization", clinic.organizationID)),
            ])
    }

    private func observation(
        _ measure: Vitals.Measure, _ id: String, at visit: Visit
    ) -> FHIRParts.Resource {
        let category = FHIRParts.concept(
            FHIRParts.terminology + "observation-category", "vital-signs")
        let code = FHIRParts.concept("http://loinc.org", measure.code, measure.name)
        // Blood pressure is a panel: its figures are its components.
        let value =
            measure.value.isEmpty ? nil : FHIRParts.quantity(measure.value, measure.unit)
        return FHIRParts.resource(
            "Observation", id,
            [
                ("status", .text("final")), ("category", .list([category])), ("code", code),
                ("subject", subject),
                ("encounter", FHIRParts.reference("Encounter", visit.encounterID)),
                ("effectiveDateTime", .text(visit.day.text(minute: visit.minute))),
                ("performer", .list([FHIRParts.reference("Practitioner", visit.practitioner.id)])),
                ("valueQuantity", value),
                ("component", measure.value.isEmpty ? components(of: visit.vitals) : nil),
            ])
    }

    private func components(of vitals: Vitals) -> JSONText? {
        guard let pressure = vitals.pressure else { return nil }
        let parts = [
            ("8480-6", "Systolic blood pressure", pressure.systolic),
            ("8462-4", "Diastolic blood pressure", pressure.diastolic),
        ]
        return .list(
            parts.map { code, name, value in
                .object([
                    ("code", FHIRParts.concept("http://loinc.org", code, name)),
                    ("valueQuantity", FHIRParts.quantity("\(value)", .mercury)),
                ])
            })
    }

    private func condition(_ id: String, at visit: Visit) -> FHIRParts.Resource {
        let illness = visit.illness
        let isOpen = illness.isChronic || visit.encounterID == visits.last?.encounterID
        let system = FHIRParts.terminology + "condition-"
        return FHIRParts.resource(
            "Condition", id,
            [
                (
                    "clinicalStatus",
                    FHIRParts.concept(system + "clinical", isOpen ? "active" : "resolved")
                ),
                ("verificationStatus", FHIRParts.concept(system + "ver-status", "confirmed")),
                (
                    "category",
                    .list([
                        FHIRParts.concept(
                            system + "category",
                            illness.isChronic ? "problem-list-item" : "encounter-diagnosis")
                    ])
                ),
                (
                    "code",
                    FHIRParts.concept(
                        "http://hl7.org/fhir/sid/icd-10", illness.code, illness.name)
                ),
                ("subject", subject),
                ("encounter", FHIRParts.reference("Encounter", visit.encounterID)),
                ("onsetDateTime", .text(visit.day.text)),
                ("recordedDate", .text(visit.day.text(minute: visit.minute))),
                ("recorder", FHIRParts.reference("Practitioner", visit.practitioner.id)),
            ])
    }

    private func prescription(
        _ prescription: Prescription, at visit: Visit
    ) -> FHIRParts.Resource {
        FHIRParts.resource(
            "MedicationRequest", prescription.id,
            [
                ("status", .text(prescription.isActive ? "active" : "completed")),
                ("intent", .text("order")),
                ("medicationCodeableConcept", FHIRParts.words(prescription.medicine.name)),
                ("subject", subject),
                ("encounter", FHIRParts.reference("Encounter", visit.encounterID)),
                ("authoredOn", .text(visit.day.text(minute: visit.minute))),
                ("requester", FHIRParts.reference("Practitioner", visit.practitioner.id)),
                ("reasonCode", .list([FHIRParts.words(visit.illness.name)])),
                ("dosageInstruction", .list([dosage(prescription)])),
            ])
    }

    private func dosage(_ prescription: Prescription) -> JSONText {
        let medicine = prescription.medicine
        let days = medicine.days == 0 ? "" : " for \(medicine.days) days"
        let unit = medicine.unit.trimmingBraces
        let bounds = JSONText.object([
            ("value", .integer(medicine.days)), ("unit", .text("days")),
            ("system", .text("http://unitsofmeasure.org")), ("code", .text("d")),
        ])
        let times = JSONText.object([
            ("boundsDuration", medicine.days == 0 ? nil : bounds),
            ("frequency", .integer(medicine.frequency)), ("period", .integer(1)),
            ("periodUnit", .text("d")),
        ])
        let dose = FHIRParts.quantity(
            prescription.dose, Vitals.Unit(name: unit, code: medicine.unit))
        return .object([
            (
                "text",
                .text("\(prescription.dose) \(unit), \(medicine.frequency) times a day\(days)")
            ),
            ("timing", .object([("repeat", times)])), ("route", FHIRParts.words(medicine.route)),
            ("doseAndRate", .list([.object([("doseQuantity", dose)])])),
        ])
    }
}

extension String {
    /// A UCUM unit without the brackets of an annotation: `tbl` of `{tbl}`.
    fileprivate var trimmingBraces: String { filter { !"{}[]".contains($0) } }
}
