import Records

extension RecordType {
    /// A prescription. Drug, dose, unit, route, frequency and duration are one unit: merged apart
    /// they would make an order that nobody wrote.
    static let medicationRequest = RecordType(
        EntityNumber.medicationRequest, "medicationRequest", fhir: "MedicationRequest",
        in: .patient,
        [
            .group(
                1, "prescription", .review(nil), of: ["medication[x]", "dosageInstruction"],
                medication + dosage),
            .group(
                2, "state", .review(stateOrder),
                [
                    .column("status", .code, "status"),
                    .concept("statusReason", at: "statusReason"),
                ]),
            .group(3, "subject", [.reference("subject", at: "subject")]),
            .group(4, "encounter", [.reference("encounter", at: "encounter")]),
            .single(5, "authoredOn", .dateTime),
            .group(6, "requester", [.reference("requester", at: "requester")]),
            .single(7, "intent", .code),
            .group(8, "reason", [.concept("reason", at: "reasonCode[0]")]),
            .group(
                9, "dispensing",
                [
                    .column("repeats", .integer, "dispenseRequest.numberOfRepeatsAllowed"),
                    .quantity("dispense", at: "dispenseRequest.quantity"),
                    .quantity("supply", at: "dispenseRequest.expectedSupplyDuration"),
                ]),
            .group(10, "identifier", .once, [.firstIdentifier]),
            .remainder,
        ])

    /// A stopped prescription stays stopped until somebody has looked.
    private static let stateOrder = Policy.Order([
        "unknown", "draft", "active", "on-hold", "completed", "cancelled", "entered-in-error",
        "stopped",
    ])

    private static let medication: [[Column]] = [
        .concept("medication", at: "medicationCodeableConcept"),
        .column("medicationReference", .reference, "medicationReference.reference"),
        .column("medicationReferenceDisplay", .string, "medicationReference.display"),
    ]

    private static let dosage: [[Column]] = [
        .column("dosageText", .string, "dosageInstruction[0].text"),
        .quantity("dose", at: "dosageInstruction[0].doseAndRate[0].doseQuantity"),
        .concept("route", at: "dosageInstruction[0].route"),
        .column("frequency", .integer, "dosageInstruction[0].timing.repeat.frequency"),
        .column("period", .decimal, "dosageInstruction[0].timing.repeat.period"),
        .column("periodUnit", .code, "dosageInstruction[0].timing.repeat.periodUnit"),
        .quantity("duration", at: "dosageInstruction[0].timing.repeat.boundsDuration"),
        .period("duration", at: "dosageInstruction[0].timing.repeat.boundsPeriod"),
        .column("asNeeded", .boolean, "dosageInstruction[0].asNeededBoolean"),
    ]
}
