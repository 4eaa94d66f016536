import Causality

extension DemoPatient {
    /// The patient and all that is known of them as a transaction Bundle.
    func bundle(in district: DemoDistrict) -> JSONText {
        let clinic = district.clinic(ofPatient: number)
        var resources = [resource(in: district, at: clinic)]
        resources += allergies.map(resource)
        for visit in visits {
            resources += visitResources(visit, at: clinic)
        }
        if district.hasAppointments && number % 4 == 1 {
            resources.append(appointment(in: district, at: clinic))
        }
        return FHIRParts.transaction(resources)
    }

    private var subject: JSONText { FHIRParts.reference("Patient", id) }

    private func resource(in district: DemoDistrict, at clinic: DemoClinic) -> FHIRParts.Resource {
        let phones = [
            ownPhone.map { FHIRParts.phone($0, use: "mobile") },
            FHIRParts.phone(household.phone, use: "home"),
        ]
        let name = JSONText.object([
            ("use", .text("official")), ("family", family.isEmpty ? nil : .text(family)),
            ("given", .list(given.map(JSONText.text))),
        ])
        let address = JSONText.object([
            ("use", .text("home")), ("line", .list([.text(household.road)])),
            ("city", .text(household.village)), ("district", .text(district.name)),
            ("country", .text("ZW")),
        ])
        return FHIRParts.resource(
            "Patient", id,
            [
                (
                    "identifier",
                    .list([
                        FHIRParts.identifier(
                            isChild ? "birth" : "national", nationalNumber, use: "official"),
                        FHIRParts.identifier("card", cardNumber, use: "usual"),
                    ])
                ),
                ("active", .flag(true)), ("name", .list([name])),
                ("telecom", .list(phones.compactMap { $0 })), ("gender", .text(sex)),
                ("birthDate", .text(birthDate)), ("address", .list([address])),
                ("contact", contact), ("communication", communication),
                (
                    "managingOrganization",
                    FHIRParts.reference("Organization", clinic.organizationID)
                ),
            ])
    }

    /// The next of kin, for those who named one.
    private var contact: JSONText? {
        guard let kin else { return nil }
        let name = JSONText.object([
            ("family", .text(household.family)), ("given", .list([.text(kin)])),
        ])
        let relation = FHIRParts.concept(FHIRParts.terminology + "v2-0131", "N", "Next-of-Kin")
        return .list([
            .object([
                ("relationship", .list([relation])), ("name", name),
                ("telecom", .list([FHIRParts.phone(household.phone, use: "home")])),
            ])
        ])
    }

    private var communication: JSONText {
        let language = FHIRParts.concept(
            "urn:ietf:bcp:47", household.language.code, household.language.name)
        return .list([.object([("language", language), ("preferred", .flag(true))])])
    }

    private func resource(_ allergy: Allergy) -> FHIRParts.Resource {
        let reaction = JSONText.object([
            ("manifestation", .list([FHIRParts.words(allergy.reaction)])),
            ("severity", .text(allergy.isSevere ? "severe" : "mild")),
        ])
        let system = FHIRParts.terminology + "allergyintolerance-"
        return FHIRParts.resource(
            "AllergyIntolerance", allergy.id,
            [
                ("clinicalStatus", FHIRParts.concept(system + "clinical", "active")),
                ("verificationStatus", FHIRParts.concept(system + "verification", "confirmed")),
                ("type", .text("allergy")),
                ("category", .list([.text(allergy.substance.category)])),
                ("criticality", .text(allergy.isSevere ? "high" : "low")),
                ("code", FHIRParts.words(allergy.substance.name)), ("patient", subject),
                ("recordedDate", .text(allergy.recorded.text)), ("reaction", .list([reaction])),
            ])
    }

    private func appointment(
        in district: DemoDistrict, at clinic: DemoClinic
    ) -> FHIRParts.Resource {
        var random = SplitMix64(seed: district.seed, kind: .appointment, number: number)
        let id = random.uuid()
        let day = district.today - (-random.between(3...60))
        let start = 8 * 60 + 15 * random.below(28)
        let actors = [
            subject, FHIRParts.reference("Practitioner", random.pick(clinic.practitioners).id),
            FHIRParts.reference("Location", clinic.locationID),
        ]
        return FHIRParts.resource(
            "Appointment", id,
            [
                ("status", .text("booked")), ("description", .text("Follow-up")),
                ("start", .text(day.text(minute: start))),
                ("end", .text(day.text(minute: start + 15))),
                (
                    "participant",
                    .list(actors.map { .object([("actor", $0), ("status", .text("accepted"))]) })
                ),
            ])
    }
}
