import Causality
import Records

/// An appointment is two records of one id: what the clinic's diary needs is the clinic's, and
/// why the patient comes is the patient's. Where no patient takes part, the first has everything.
extension RecordType {
    static let appointment = RecordType(
        EntityNumber.appointment, "appointment", fhir: "Appointment", in: .clinic,
        lane: .administration,
        [
            .group(
                1, "booking", .review(nil),
                of: ["participant", "slot", "minutesDuration", "requestedPeriod"],
                [
                    .column("startTime", .instant, "start"),
                    .column("endTime", .instant, "end"),
                    .column("minutes", .integer, "minutesDuration"),
                    participant(0, "first"),
                    participant(1, "second"),
                    participant(2, "third"),
                    .column("slot", .reference, "slot[0].reference"),
                ]),
            .group(
                2, "status", .progress(statusOrder),
                [
                    .column("status", .code, "status"),
                    .concept("cancelation", at: "cancelationReason"),
                ]),
            .group(
                3, "service", of: ["serviceCategory", "serviceType", "specialty"],
                [
                    .concept("service", at: "serviceType[0]"),
                    .coding("specialty", at: "specialty[0].coding[0]"),
                ]),
            .group(4, "kind", [.concept("kind", at: "appointmentType")]),
            .single(5, "created", .dateTime),
            .group(6, "identifier", .once, [.firstIdentifier]),
            .remainder,
        ])

    static let appointmentReason = RecordType(
        EntityNumber.appointmentReason, "appointmentReason", in: .patient, lane: .administration,
        [
            .group(
                1, "reason",
                [
                    .concept("reason", at: "reasonCode[0]"),
                    .column("reasonReference", .reference, "reasonReference[0].reference"),
                    .column("reasonReferenceDisplay", .string, "reasonReference[0].display"),
                ]),
            .single(2, "details", .string, at: "description"),
            .group(
                3, "comment",
                [
                    .column("comment", .string, "comment"),
                    .column("patientInstruction", .string, "patientInstruction"),
                ]),
            .remainder,
        ])

    /// The elements of an Appointment that are never the patient's.
    package static let diaryElements: Set<String> = [
        "meta", "implicitRules", "language", "identifier", "status", "cancelationReason",
        "serviceCategory", "serviceType", "specialty", "appointmentType", "priority", "start",
        "end", "minutesDuration", "slot", "created", "participant", "requestedPeriod",
    ]

    private static func participant(_ index: Int, _ name: String) -> [Column] {
        let path = "participant[\(index)]"
        return .reference(name, at: "\(path).actor")
            + [Column("\(name)Status", .code, "\(path).status")]
    }

    /// A person who has arrived is there, whatever somebody else wrote at the same time.
    private static let statusOrder = Policy.Order([
        "waitlist", "proposed", "pending", "booked", "entered-in-error", "cancelled", "noshow",
        "arrived", "checked-in", "fulfilled",
    ])
}
