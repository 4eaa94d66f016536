import Records

/// The permanent numbers of a hold's units.
package enum HoldUnit {
    package static let target: UInt8 = 1
    package static let wanted: UInt8 = 2
}

extension RecordType {
    /// A clinic asks to hold a patient's record, or to hold it no longer.
    static let hold = RecordType(
        EntityNumber.hold, "hold", in: .clinic,
        [
            // The id of the Patient, as FHIR has it.
            .own(HoldUnit.target, "target", .text),
            .own(HoldUnit.wanted, "wanted", .boolean),
            .remainder,
        ])
}
