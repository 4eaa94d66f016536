extension DemoDistrict {
    /// The district's office, its clinics with their places, and the people who work there.
    var directory: JSONText {
        FHIRParts.transaction(clinics.flatMap(directory))
    }

    private func directory(of clinic: DemoClinic) -> [FHIRParts.Resource] {
        let telecom = JSONText.list([FHIRParts.phone(clinic.phone, use: "work")])
        let address = JSONText.object([
            ("city", .text(clinic.village)), ("district", .text(name)), ("country", .text("ZW")),
        ])
        let provider = FHIRParts.concept(
            FHIRParts.terminology + "organization-type", "prov", "Healthcare Provider")
        let organization = FHIRParts.resource(
            "Organization", clinic.organizationID,
            [
                ("active", .flag(true)), ("type", .list([provider])), ("name", .text(clinic.name)),
                ("telecom", telecom), ("address", .list([address])),
            ])
        let location = FHIRParts.resource(
            "Location", clinic.locationID,
            [
                ("status", .text("active")), ("name", .text("\(clinic.name), consulting rooms")),
                ("mode", .text("instance")), ("telecom", telecom), ("address", address),
                (
                    "managingOrganization",
                    FHIRParts.reference("Organization", clinic.organizationID)
                ),
            ])
        return [organization, location] + clinic.practitioners.map(resource)
    }

    private func resource(of person: DemoPractitioner) -> FHIRParts.Resource {
        let name = JSONText.object([
            ("use", .text("official")), ("family", .text(person.family)),
            ("given", .list([.text(person.given)])),
        ])
        let qualification = JSONText.object([("code", FHIRParts.words(person.qualification))])
        return FHIRParts.resource(
            "Practitioner", person.id,
            [
                (
                    "identifier",
                    .list([
                        FHIRParts.identifier("register", person.registration, use: "official")
                    ])
                ),
                ("active", .flag(true)), ("name", .list([name])), ("gender", .text(person.sex)),
                ("qualification", .list([qualification])),
            ])
    }
}
