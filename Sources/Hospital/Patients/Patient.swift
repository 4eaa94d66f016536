import Records

/// The permanent numbers of a patient's units that the program itself reads.
package enum PatientUnit {
    package static let registrar: UInt8 = 1
    package static let managingOrganization: UInt8 = 2
}

extension RecordType {
    /// A person in care; their compartment is named after this record. Names, telecoms, addresses
    /// and identifiers are records of their own.
    static let patient = RecordType(
        EntityNumber.patient, "patient", fhir: "Patient", in: .patient, isRoot: true,
        lists: [
            List("name", EntityNumber.humanName), List("telecom", EntityNumber.contactPoint),
            List("address", EntityNumber.address), List("identifier", EntityNumber.identifier),
        ],
        [
            // The clinic that registered the patient, as `NodeID` prints. Two that registered
            // one imported patient at the same time both hold the record.
            .own(PatientUnit.registrar, "registrar", .text),
            .single(
                PatientUnit.managingOrganization, "managingOrganization", .reference,
                at: "managingOrganization.reference"),
            // Beside the reference and written with it, so that the reference stays one text.
            .group(
                8, "managingOrganizationRest", of: ["managingOrganization"],
                [
                    .column(
                        "managingOrganizationDisplay", .string, "managingOrganization.display")
                ]),
            .group(3, "birth", .review(nil), [.column("birthDate", .date, "birthDate")]),
            .single(4, "gender", .code, .review(nil)),
            .group(
                5, "deceased", .review(nil), of: ["deceased[x]"],
                [
                    .column("deceased", .boolean, "deceasedBoolean"),
                    .column("deceasedDate", .dateTime, "deceasedDateTime"),
                ]),
            .single(6, "active", .boolean),
            .group(7, "maritalStatus", [.concept("maritalStatus", at: "maritalStatus")]),
            .remainder,
        ])
}
