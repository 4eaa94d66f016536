import Records

/// What the product knows about health records: the schema that this version writes.
///
/// Numbers of entities and units are permanent, as protobuf tags are. A number that is no longer
/// used stays reserved here; what is new takes a new one. Unit 62 is `remainder` in each entity.
///
/// - `patient` 1, root of its compartment: 1 registrar, 2 managingOrganization, 3 birth,
///   4 gender, 5 deceased, 6 active, 7 maritalStatus, 8 managingOrganizationRest
/// - list records, 2 to 5 of patients and 33 to 36 of the directory: 1 parent, 2 orderKey, and
///   - `humanName` 2, `directoryName` 33: 3 name
///   - `contactPoint` 3, `directoryContact` 34: 3 contact
///   - `address` 4, `directoryAddress` 35: 3 address
///   - `identifier` 5, `directoryIdentifier` 36: 3 identifier, 4 details
/// - `allergyIntolerance` 10, patient: 1 allergy, 2 criticality, 3 subject, 4 reaction, 5 onset,
///   6 recordedDate, 7 recorder, 8 identifier
/// - `condition` 11, patient: 1 diagnosis, 2 subject, 3 encounter, 4 severity, 5 onset,
///   6 recordedDate, 7 category, 8 recorder, 9 identifier
/// - `medicationRequest` 12, patient: 1 prescription, 2 state, 3 subject, 4 encounter,
///   5 authoredOn, 6 requester, 7 intent, 8 reason, 9 dispensing, 10 identifier
/// - `encounter` 13, patient: 1 status, 2 period, 3 class, 4 kind, 5 subject, 6 participants,
///   7 serviceProvider, 8 location, 9 reason, 10 identifier
/// - `observation` 14, patient: 1 result, 2 status, 3 subject, 4 encounter, 5 category, 6 issued,
///   7 performer, 8 identifier
/// - `appointment` 20, clinic: 1 booking, 2 status, 3 service, 4 kind, 5 created, 6 identifier
/// - `appointmentReason` 21, patient: 1 reason, 2 details, 3 comment
/// - `practitioner` 30, reference: 1 active, 2 gender, 3 birth, 4 qualification
/// - `organization` 31, reference: 1 active, 2 name, 3 kind, 4 partOf
/// - `location` 32, reference: 1 status, 2 name, 3 address, 4 position, 5 managingOrganization,
///   6 kind
/// - `hold` 40, clinic: 1 target, 2 wanted
/// - `patientResource` 41, `referenceResource` 42, `clinicResource` 43: 1 type, 2 body
package enum HospitalSchema {
    package static let types: [RecordType] = [
        .patient, .humanName, .contactPoint, .address, .identifier,
        .allergyIntolerance, .condition, .medicationRequest, .encounter, .observation,
        .appointment, .appointmentReason,
        .practitioner, .organization, .location,
        .directoryName, .directoryContact, .directoryAddress, .directoryIdentifier,
        .hold, .patientResource, .referenceResource, .clinicResource,
    ]

    package static let current = Schema(
        types.map(\.entity),
        holders: HolderRule(
            root: EntityNumber.patient, nodeUnits: [PatientUnit.registrar],
            organizationUnits: [PatientUnit.managingOrganization],
            holdEntity: EntityNumber.hold, holdTarget: HoldUnit.target,
            holdWanted: HoldUnit.wanted))

    private static let byNumber = Dictionary(
        uniqueKeysWithValues: types.map { ($0.entity.number, $0) })
    private static let byFHIRType = Dictionary(
        uniqueKeysWithValues: types.compactMap { type in
            type.entity.fhirType.map { ($0, type) }
        })

    package static func type(_ entity: UInt16) -> RecordType? { byNumber[entity] }
    package static func type(fhir: String) -> RecordType? { byFHIRType[fhir] }
}

/// The permanent numbers of the entities.
package enum EntityNumber {
    package static let patient: UInt16 = 1
    package static let humanName: UInt16 = 2
    package static let contactPoint: UInt16 = 3
    package static let address: UInt16 = 4
    package static let identifier: UInt16 = 5
    package static let allergyIntolerance: UInt16 = 10
    package static let condition: UInt16 = 11
    package static let medicationRequest: UInt16 = 12
    package static let encounter: UInt16 = 13
    package static let observation: UInt16 = 14
    package static let appointment: UInt16 = 20
    package static let appointmentReason: UInt16 = 21
    package static let practitioner: UInt16 = 30
    package static let organization: UInt16 = 31
    package static let location: UInt16 = 32
    package static let directoryName: UInt16 = 33
    package static let directoryContact: UInt16 = 34
    package static let directoryAddress: UInt16 = 35
    package static let directoryIdentifier: UInt16 = 36
    package static let hold: UInt16 = 40
    package static let patientResource: UInt16 = 41
    package static let referenceResource: UInt16 = 42
    package static let clinicResource: UInt16 = 43
}
