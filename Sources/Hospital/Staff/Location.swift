import Causality
import Records

extension RecordType {
    /// A place where care is given: a building, a ward, a room.
    static let location = RecordType(
        EntityNumber.location, "location", fhir: "Location", in: .reference,
        lane: .administration,
        lists: [
            List("telecom", EntityNumber.directoryContact),
            List("identifier", EntityNumber.directoryIdentifier),
        ],
        [
            .single(1, "status", .code),
            .group(
                2, "name",
                [
                    .column("name", .string, "name"), .column("alias", .lines, "alias"),
                    .column("details", .string, "description"),
                ]),
            .group(3, "address", [.address(at: "address")]),
            .group(
                4, "position",
                [
                    .column("latitude", .decimal, "position.latitude"),
                    .column("longitude", .decimal, "position.longitude"),
                    .column("altitude", .decimal, "position.altitude"),
                ]),
            .group(
                5, "managingOrganization",
                [
                    .reference("managingOrganization", at: "managingOrganization"),
                    .column(
                        "managingOrganizationSystem", .uri,
                        "managingOrganization.identifier.system"),
                    .column(
                        "managingOrganizationValue", .string,
                        "managingOrganization.identifier.value"),
                ]),
            .group(6, "kind", [.concept("kind", at: "physicalType")]),
            .remainder,
        ])
}
