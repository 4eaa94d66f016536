import Causality
import Records

extension RecordType {
    /// A person who gives care.
    static let practitioner = RecordType(
        EntityNumber.practitioner, "practitioner", fhir: "Practitioner", in: .reference,
        lane: .administration,
        lists: [
            List("name", EntityNumber.directoryName),
            List("telecom", EntityNumber.directoryContact),
            List("address", EntityNumber.directoryAddress),
            List("identifier", EntityNumber.directoryIdentifier),
        ],
        [
            .single(1, "active", .boolean),
            .single(2, "gender", .code),
            .group(3, "birth", [.column("birthDate", .date, "birthDate")]),
            .group(
                4, "qualification", .review(nil),
                [
                    .concept("qualification", at: "qualification[0].code"),
                    .period("qualification", at: "qualification[0].period"),
                ]),
            .remainder,
        ])
}
