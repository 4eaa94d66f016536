import Records

extension RecordType {
    /// What a person must not be given. Of concurrent statements the dangerous one shows.
    static let allergyIntolerance = RecordType(
        EntityNumber.allergyIntolerance, "allergyIntolerance", fhir: "AllergyIntolerance",
        in: .patient,
        [
            .group(
                1, "allergy", .review(Policy.Order(AllergyStanding.allCases.map(\.rawValue))),
                [
                    .column("standing", .code),
                    .concept("substance", at: "code"),
                    .coding("clinicalStatus", at: "clinicalStatus.coding[0]"),
                    .coding("verificationStatus", at: "verificationStatus.coding[0]"),
                ]),
            .single(
                2, "criticality", .code,
                .review(Policy.Order(["low", "unable-to-assess", "high"]))),
            .group(3, "subject", [.reference("subject", at: "patient")]),
            .group(
                4, "reaction",
                [
                    .concept("manifestation", at: "reaction[0].manifestation[0]"),
                    .column("reactionSeverity", .code, "reaction[0].severity"),
                    .column("reactionOnset", .dateTime, "reaction[0].onset"),
                ]),
            .group(
                5, "onset", of: ["onset[x]"], [.column("onsetDate", .dateTime, "onsetDateTime")]),
            .single(6, "recordedDate", .dateTime),
            .group(7, "recorder", [.reference("recorder", at: "recorder")]),
            .group(8, "identifier", .once, [.firstIdentifier]),
            .remainder,
        ])
}

/// What an allergy record means for somebody who is about to prescribe, the more dangerous later.
/// An allergy whose status isn't said counts as active.
package enum AllergyStanding: String, CaseIterable, Sendable {
    case enteredInError = "entered-in-error"
    case refuted
    case noneKnown = "none-known"
    case resolved
    case inactive
    case active

    /// - Parameters:
    ///   - substance: all codes that the record gives for what the person reacts to.
    ///   - clinical: the codes of its clinical status.
    ///   - verification: the codes of its verification status.
    package init(substance: [String], clinical: [String], verification: [String]) {
        if verification.contains("entered-in-error") {
            self = .enteredInError
        } else if verification.contains("refuted") {
            self = .refuted
        } else if substance.contains(where: AllergyStanding.saysNone.contains) {
            self = .noneKnown
        } else if clinical.contains("resolved") {
            self = .resolved
        } else if clinical.contains("inactive") {
            self = .inactive
        } else {
            self = .active
        }
    }

    /// SNOMED CT's codes for the absence of allergies (HL7's examples `nka`, `nkda`, `nkla`, and
    /// those for food, environment, animals and insects) and HL7 v3's.
    private static let saysNone: Set<String> = [
        "716186003", "409137002", "716184000", "429625007", "428607008", "716220001", "NKA",
        "no-known-allergies", "no-known-medication-allergies", "no-known-food-allergies",
        "no-known-environmental-allergies",
    ]
}
