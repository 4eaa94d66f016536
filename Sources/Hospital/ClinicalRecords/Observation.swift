import Records

extension RecordType {
    /// A vital sign or a result. What was measured, its value, unit, range and time are one unit
    /// that isn't overwritten; the two values of a blood pressure are columns of the same unit.
    static let observation = RecordType(
        EntityNumber.observation, "observation", fhir: "Observation", in: .patient,
        [
            .group(
                1, "result", .append,
                of: [
                    "code", "effective[x]", "value[x]", "component", "dataAbsentReason",
                    "interpretation", "referenceRange",
                ],
                measured + value),
            .single(2, "status", .code, .progress(statusOrder)),
            .group(3, "subject", [.reference("subject", at: "subject")]),
            .group(4, "encounter", [.reference("encounter", at: "encounter")]),
            .group(5, "category", [.concept("category", at: "category[0]")]),
            .single(6, "issued", .instant),
            .group(7, "performer", [.reference("performer", at: "performer[0]")]),
            .group(8, "identifier", .once, [.firstIdentifier]),
            .remainder,
        ])

    private static let measured: [[Column]] = [
        .concept("what", at: "code"),
        .column("effectiveDate", .dateTime, "effectiveDateTime"),
        .period("effective", at: "effectivePeriod"),
    ]

    private static let value: [[Column]] = [
        .quantity("quantity", at: "valueQuantity"),
        .concept("value", at: "valueCodeableConcept"),
        .column("valueString", .string, "valueString"),
        .column("valueBoolean", .boolean, "valueBoolean"),
        .column("valueInteger", .integer, "valueInteger"),
        .column("valueDate", .dateTime, "valueDateTime"),
        component(0, "first"),
        component(1, "second"),
        .coding("interpretation", at: "interpretation[0].coding[0]"),
        .column("rangeLow", .decimal, "referenceRange[0].low.value"),
        .column("rangeHigh", .decimal, "referenceRange[0].high.value"),
    ]

    private static func component(_ index: Int, _ name: String) -> [Column] {
        let path = "component[\(index)]"
        return [
            Column("\(name)Code", .code, "\(path).code.coding[0].code"),
            Column("\(name)Value", .decimal, "\(path).valueQuantity.value"),
            Column("\(name)Unit", .string, "\(path).valueQuantity.unit"),
        ]
    }

    private static let statusOrder = Policy.Order([
        "unknown", "registered", "preliminary", "cancelled", "final", "amended", "corrected",
        "entered-in-error",
    ])
}
