import Foundation
import Hospital
import Records
import Testing

import FHIR

@Suite("Units as JSON")
struct UnitJSONTests {
    @Test("Each unit's value is shown as FHIR and read back", arguments: Samples.texts)
    func roundTrip(text: String) throws {
        for record in try mapped(Samples.json(text), clinic: Samples.clinic).records {
            for (unit, value) in record.units.sorted(by: { $0.key < $1.key }) {
                let json = UnitJSON.json(of: value, unit: unit, entity: record.key.entity)
                let back = try UnitJSON.value(from: json, unit: unit, entity: record.key.entity)
                #expect(
                    back == value || json == .null || value == .group([.null, .null]),
                    "\(record.key.entity) \(unit)")
            }
        }
    }

    @Test("A unit is a bare value or an object of its elements")
    func forms() throws {
        let units = try mapped(Samples.json(Samples.patient), clinic: Samples.clinic).records[0]
            .units
        func json(_ unit: UInt8) -> String {
            UnitJSON.json(of: units[unit] ?? .null, unit: unit, entity: EntityNumber.patient)
                .compact
        }
        #expect(json(4) == "\"female\"")
        #expect(json(5) == "{\"deceasedDateTime\":\"2015-02-14T13:42:00+10:00\"}")
        #expect(json(6) == "true")
    }

    @Test(
        "What doesn't fit the unit is refused with what would",
        arguments: [
            (UInt8(3), "\"1974\"", "birth"), (3, "{\"gender\": \"male\"}", "birth.gender"),
            (3, "{\"birthDate\": \"1974-13\"}", "birth.birthDate"), (4, "7", "gender"),
            (6, "\"true\"", "active"),
        ])
    func refused(unit: UInt8, text: String, place: String) throws {
        let json = try JSON(parsing: text)
        let issue = #expect(throws: FHIRIssue.self) {
            try UnitJSON.value(from: json, unit: unit, entity: EntityNumber.patient)
        }
        #expect(issue?.expression == place)
    }
}

@Suite("The hospital's schema")
struct HospitalSchemaTests {
    @Test("Orders are of a field that is a code, and every type has a remainder or a whole")
    func orders() {
        for entity in HospitalSchema.current.entities {
            for unit in entity.units {
                switch unit.policy {
                case .review(let order?), .progress(let order):
                    #expect(unit.fields[order.field].type == .code, "\(entity.name).\(unit.name)")
                case .review(nil), .latest, .once, .append: break
                }
            }
            if entity.fhirType != nil { #expect(entity.unit(Part.remainderNumber) != nil) }
        }
    }

    @Test("Numbers that have been given out stay what they are")
    func permanentNumbers() {
        let numbers = HospitalSchema.current.entities.map { "\($0.number) \($0.name)" }
        #expect(
            numbers == [
                "1 patient", "2 humanName", "3 contactPoint", "4 address", "5 identifier",
                "10 allergyIntolerance", "11 condition", "12 medicationRequest", "13 encounter",
                "14 observation", "20 appointment", "21 appointmentReason", "30 practitioner",
                "31 organization", "32 location", "33 directoryName", "34 directoryContact",
                "35 directoryAddress", "36 directoryIdentifier", "40 hold", "41 patientResource",
                "42 referenceResource", "43 clinicResource",
            ])
    }

    @Test(
        "An allergy's standing: the dangerous one comes last, none known never before an allergy",
        arguments: [
            (["1"], [String](), [String](), AllergyStanding.active),
            (["1"], ["inactive"], ["confirmed"], .inactive), (["1"], ["resolved"], [], .resolved),
            (["1"], ["active"], ["refuted"], .refuted), (["716186003"], ["active"], [], .noneKnown),
            (["1"], [], ["entered-in-error"], .enteredInError),
        ])
    func standing(
        substance: [String], clinical: [String], verification: [String], expected: AllergyStanding
    ) {
        #expect(
            AllergyStanding(substance: substance, clinical: clinical, verification: verification)
                == expected)
        #expect(AllergyStanding.allCases.last == .active)
    }

    @Test(
        "Dates have the precision that they were given in",
        arguments: [
            ("1974", DateText.Precision.year), ("1974-12", .month), ("2024-02-29", .day),
            ("2015-02-07T13:28:17Z", .time), ("2015-02-07T13:28:17.239+02:00", .time),
        ])
    func dates(text: String, precision: DateText.Precision) {
        #expect(DateText.precision(of: text) == precision)
    }

    @Test(
        "What is no date is none",
        arguments: [
            "", "74", "0000", "1974-13", "1974-00", "2023-02-29", "1974-12-25T10:00:00",
            "1974-12-25T10:00Z", "1974-12-25T24:00:00Z", "1974-12-25 10:00:00Z", "1974-12-25T",
            "1974-12-25T10:00:00.Z", "1974-12-25T10:00:00+15:00", "1974/12/25", "１９７４",
        ])
    func noDates(text: String) {
        #expect(DateText.precision(of: text) == nil)
    }
}
