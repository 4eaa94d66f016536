import Records

extension RecordType {
    /// A visit.
    static let encounter = RecordType(
        EntityNumber.encounter, "encounter", fhir: "Encounter", in: .patient,
        [
            .single(1, "status", .code, .progress(statusOrder)),
            .group(2, "period", [.period("period", at: "period")]),
            .group(3, "class", [.coding("class", at: "class")]),
            .group(4, "kind", [.concept("kind", at: "type[0]")]),
            .group(5, "subject", [.reference("subject", at: "subject")]),
            .group(
                6, "participants",
                [
                    .reference("participant", at: "participant[0].individual"),
                    .coding("participantRole", at: "participant[0].type[0].coding[0]"),
                    .period("participant", at: "participant[0].period"),
                ]),
            .group(
                7, "serviceProvider", [.reference("serviceProvider", at: "serviceProvider")]),
            .group(8, "location", [.reference("location", at: "location[0].location")]),
            .group(9, "reason", [.concept("reason", at: "reasonCode[0]")]),
            .group(10, "identifier", .once, [.firstIdentifier]),
            .remainder,
        ])

    /// That somebody was there outranks that they were not.
    private static let statusOrder = Policy.Order([
        "unknown", "entered-in-error", "planned", "cancelled", "arrived", "triaged",
        "in-progress", "onleave", "finished",
    ])
}
