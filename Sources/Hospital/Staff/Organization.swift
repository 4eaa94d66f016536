import Causality
import Records

extension RecordType {
    /// A clinic, a hospital, a ward, an insurer.
    static let organization = RecordType(
        EntityNumber.organization, "organization", fhir: "Organization", in: .reference,
        lane: .administration,
        lists: [
            List("telecom", EntityNumber.directoryContact),
            List("address", EntityNumber.directoryAddress),
            List("identifier", EntityNumber.directoryIdentifier),
        ],
        [
            .single(1, "active", .boolean),
            .group(
                2, "name", of: ["alias"],
                [
                    .column("name", .string, "name"), .column("alias", .lines, "alias"),
                ]),
            .group(3, "kind", [.concept("kind", at: "type[0]")]),
            .group(4, "partOf", [.reference("partOf", at: "partOf")]),
            .remainder,
        ])
}
