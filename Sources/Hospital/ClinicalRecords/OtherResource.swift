import Causality
import Records

/// The permanent numbers of the units of a resource that is kept whole.
package enum OtherResourceUnit {
    package static let type: UInt8 = 1
    package static let body: UInt8 = 2
}

/// Resources of all types that have no entity of their own, kept whole. An entity lies in one
/// kind of compartment, so there is one for each kind.
///
/// Two types may use one id, so such a record's id is `TYPE/ID`. The body lacks both.
extension RecordType {
    static let patientResource = whole(EntityNumber.patientResource, "patientResource", .patient)
    static let referenceResource = whole(
        EntityNumber.referenceResource, "referenceResource", .reference)
    static let clinicResource = whole(EntityNumber.clinicResource, "clinicResource", .clinic)

    private static func whole(
        _ number: UInt16, _ name: String, _ compartment: Compartment.Kind
    ) -> RecordType {
        RecordType(
            number, name, in: compartment, lane: compartment == .patient ? .care : .administration,
            [
                .own(OtherResourceUnit.type, "type", .code),
                .own(OtherResourceUnit.body, "body", .json),
                .remainder,
            ])
    }
}
