import Records

extension RecordType {
    /// A diagnosis or problem.
    static let condition = RecordType(
        EntityNumber.condition, "condition", fhir: "Condition", in: .patient,
        [
            .group(
                1, "diagnosis", .review(nil),
                [
                    .concept("diagnosis", at: "code"),
                    .coding("clinicalStatus", at: "clinicalStatus.coding[0]"),
                    .coding("verificationStatus", at: "verificationStatus.coding[0]"),
                ]),
            .group(2, "subject", [.reference("subject", at: "subject")]),
            .group(3, "encounter", [.reference("encounter", at: "encounter")]),
            .group(4, "severity", [.concept("severity", at: "severity")]),
            .group(
                5, "onset", of: ["onset[x]", "abatement[x]"],
                [
                    .column("onsetDate", .dateTime, "onsetDateTime"),
                    .column("onsetText", .string, "onsetString"),
                    .column("abatementDate", .dateTime, "abatementDateTime"),
                ]),
            .single(6, "recordedDate", .dateTime),
            .group(7, "category", [.concept("category", at: "category[0]")]),
            .group(8, "recorder", [.reference("recorder", at: "recorder")]),
            .group(9, "identifier", .once, [.firstIdentifier]),
            .remainder,
        ])
}
