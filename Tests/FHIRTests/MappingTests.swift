import Causality
import Foundation
import Hospital
import Records
import Testing

import FHIR

@Suite("Mapping")
struct MappingTests {
    @Test("Every sample comes back as it went in", arguments: Samples.texts)
    func samples(text: String) throws {
        let json = try Samples.json(text)
        let mapped = try mapped(json, clinic: Samples.clinic)
        #expect(resource(from: mapped.records) == json)
        try expectAcceptable(mapped)
    }

    @Test("Whatever else is put into a resource comes back, or is refused with its place")
    func strange() throws {
        var random = SplitMix64(seed: 11)
        var kept = 0
        for text in Samples.texts {
            let json = try Samples.json(text)
            for _ in 0..<400 {
                let strange = json.disturbed(using: &random)
                do throws(FHIRIssue) {
                    let mapped = try mapped(strange, clinic: Samples.clinic)
                    let back = resource(from: mapped.records)
                    #expect(back == strange, "\(strange.compact)\n\(back.compact)")
                    kept += 1
                } catch {
                    #expect(!error.expression.isEmpty)
                }
            }
        }
        #expect(kept > Samples.texts.count * 100)
    }

    @Test("A list element has the same id at another clinic, and equal ones have their own")
    func listIDs() throws {
        let json = try Samples.json(Samples.patient)
        let here = try mapped(json, clinic: Samples.clinic)
        let there = try mapped(json, clinic: NodeID(rawValue: 7))
        #expect(here.records.dropFirst() == there.records.dropFirst())
        #expect(Set(here.records.map(\.key)).count == here.records.count)
    }

    @Test("A patient's record names the clinic that registered it and the managing organisation")
    func holders() throws {
        let units = try mapped(Samples.json(Samples.patient), clinic: Samples.clinic).records[0]
            .units
        #expect(units[PatientUnit.registrar] == .text("00000000000000c1"))
        #expect(units[PatientUnit.managingOrganization] == .text("Organization/1"))
    }

    @Test("Columns hold what they are for")
    func columns() throws {
        func column(_ name: String, _ text: String, child: UInt16? = nil) throws -> Value? {
            let records = try mapped(Samples.json(text), clinic: Samples.clinic).records
            let record = child.flatMap { n in records.first { $0.key.entity == n } } ?? records[0]
            let entity = HospitalSchema.current[record.key.entity]
            for unit in entity?.units ?? [] {
                guard let i = unit.fields.firstIndex(where: { $0.name == name }) else { continue }
                guard let value = record.units[unit.number] else { return nil }
                if case .group(let values) = value { return values[i] }
                return value
            }
            return nil
        }
        #expect(try column("birthDate", Samples.patient) == .text("1974-12"))
        #expect(
            try column("given", Samples.patient, child: EntityNumber.humanName)
                == .text("Amina\nMary Ann"))
        #expect(
            try column("value", Samples.patient, child: EntityNumber.identifier) == .text("42"))
        #expect(try column("standing", Samples.allergy) == .text("active"))
        #expect(try column("substanceCode", Samples.allergy) == .text("227493005"))
        #expect(try column("doseValue", Samples.prescription) == .text("0.50"))
        #expect(try column("frequency", Samples.prescription) == .integer(3))
        #expect(try column("secondValue", Samples.bloodPressure) == .text("60"))
        #expect(try column("startTime", Samples.appointment) == .text("2013-12-10T09:00:00Z"))
        #expect(try column("latitude", Samples.location) == .text("42.25475478"))
    }

    @Test("A unit holds its elements whole, so that no merge mixes two authors' codes")
    func wholeElements() throws {
        let records = try mapped(Samples.json(Samples.allergy), clinic: Samples.clinic).records
        guard case .text(let remainder)? = records[0].units[Part.remainderNumber] else {
            Issue.record("no remainder")
            return
        }
        let left = try JSON(parsing: remainder).members.map(\.key)
        #expect(left == ["category", "type"])
    }

    @Test("An appointment's reason is the patient's, its time the clinic's")
    func appointment() throws {
        let mapped = try mapped(Samples.json(Samples.appointment), clinic: Samples.clinic)
        #expect(
            mapped.records.map(\.compartment)
                == [.clinic(Samples.clinic), .patient(RecordID("p1"))])
        #expect(
            mapped.records.map(\.key.entity)
                == [EntityNumber.appointment, EntityNumber.appointmentReason])
        let diary = "\(mapped.records[0].units)"
        for secret in ["MRI", "fasting", "burn"] { #expect(!diary.contains(secret)) }
    }

    @Test(
        "Each resource lies in its compartment",
        arguments: [
            (Samples.encounter, Compartment.patient(RecordID("p1"))),
            (Samples.claim, .patient(RecordID("p1"))),
            (Samples.practitioner, .reference),
            (Samples.slot, .clinic(Samples.clinic)),
            (
                "{\"resourceType\": \"Provenance\", \"id\": \"x\", \"target\": "
                    + "[{\"reference\": \"Condition/1\"}, {\"reference\": \"Patient/9\"}]}",
                .patient(RecordID("9"))
            ),
            (
                "{\"resourceType\": \"Observation\", \"id\": \"x\", \"status\": \"final\", "
                    + "\"code\": {\"text\": \"w\"}, \"subject\": {\"reference\": \"Group/1\"}}",
                .clinic(Samples.clinic)
            ),
            (
                "{\"resourceType\": \"Device\", \"id\": \"x\", \"patient\": "
                    + "{\"reference\": \"urn:uuid:7\", \"type\": \"Patient\"}}",
                .patient(RecordID("7"))
            ),
        ])
    func compartments(text: String, expected: Compartment) throws {
        let mapped = try mapped(Samples.json(text), clinic: Samples.clinic)
        #expect(mapped.records.allSatisfy { $0.compartment == expected })
        #expect(
            recordKeys(type: mapped.type, id: mapped.id.description)
                .contains(mapped.records[0].key))
        let name = resourceName(of: mapped.records[0].key)
        #expect(name?.type == mapped.type && name?.id == mapped.id.description)
    }

    @Test("Two types may use one id")
    func sharedID() throws {
        let patient = try mapped(Samples.json(Samples.patient), clinic: Samples.clinic)
        let claim = try mapped(Samples.json(Samples.claim), clinic: Samples.clinic)
        var response = try Samples.json(Samples.claim)
        response.set("resourceType", "ClaimResponse")
        let other = try mapped(response, clinic: Samples.clinic)
        #expect(claim.id == patient.id)
        #expect(claim.records[0].key != other.records[0].key)
    }

    @Test(
        "What FHIR doesn't allow is refused, with its place and what would be right",
        arguments: [
            ("[]", "", "object"),
            ("{}", "Resource.resourceType", "resourceType"),
            ("{\"resourceType\": \"../x\", \"id\": \"1\"}", "Resource.resourceType", "type"),
            ("{\"resourceType\": \"Patient\"}", "Patient.id", "id"),
            (
                "{\"resourceType\": \"Patient\", \"id\": \"1\", \"birthDate\": \"25/12/1974\"}",
                "Patient.birthDate", "1974-12-25"
            ),
            (
                "{\"resourceType\": \"Patient\", \"id\": \"1\", \"birthDate\": \"1974-02-30\"}",
                "Patient.birthDate", "exists"
            ),
            (
                "{\"resourceType\": \"Patient\", \"id\": \"1\", \"active\": \"yes\"}",
                "Patient.active", "true or false"
            ),
            (
                "{\"resourceType\": \"Patient\", \"id\": \"1\", "
                    + "\"name\": [{\"use\": \"old\"}, {\"given\": [1]}]}",
                "Patient.name[1].given[0]", "a text in quotes"
            ),
            (
                "{\"resourceType\": \"Observation\", \"id\": \"1\", \"subject\": "
                    + "{\"reference\": \"Patient/1\"}, \"valueQuantity\": {\"value\": \"7\"}}",
                "Observation.valueQuantity.value", "a number"
            ),
        ])
    func refused(text: String, expression: String, hint: String) throws {
        let json = try Samples.json(text)
        let issue = #expect(throws: FHIRIssue.self) { try mapped(json, clinic: Samples.clinic) }
        #expect(issue?.expression == expression)
        #expect(issue?.diagnostics.contains(hint) == true)
        #expect(issue?.description.contains("25/12/1974") == false)
    }

    @Test("Damaged JSON in a unit is shown, not lost, and stops nothing")
    func damaged() throws {
        var records = try mapped(Samples.json(Samples.condition), clinic: Samples.clinic).records
        records[0].units[Part.remainderNumber] = .text("{\"note\": [")
        let json = resource(from: records)
        #expect(json["extension"]?.elements.first?["valueString"]?.text == "{\"note\": [")
        #expect(json["code"] != nil)
    }

    private func expectAcceptable(_ mapped: MappedResource) throws {
        for record in mapped.records {
            let entity = try #require(HospitalSchema.current[record.key.entity])
            #expect(entity.compartment == record.compartment.kind)
            for (number, value) in record.units {
                #expect(entity.unit(number)?.accepts(value) == true, "\(entity.name) \(number)")
            }
        }
    }
}

extension JSON {
    /// Somewhere in it, something is taken away, replaced or added.
    fileprivate func disturbed(using random: inout SplitMix64) -> JSON {
        switch self {
        case .object(var members) where !members.isEmpty:
            let at = Int.random(in: members.indices, using: &random)
            switch Int.random(in: 0..<8, using: &random) {
            case 0 where members[at].key != "resourceType" && members[at].key != "id":
                members.remove(at: at)
            case 1:
                members.append(
                    Member("added", JSON.oddities.randomElement(using: &random) ?? .null))
            case 2 where !members.contains { $0.key == "_\(members[at].key)" }:
                members.append(Member("_\(members[at].key)", ["extension": [["url": "u"]]]))
            default: members[at].value = members[at].value.disturbed(using: &random)
            }
            return .object(members)
        case .array(var elements) where !elements.isEmpty:
            let at = Int.random(in: elements.indices, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: elements.remove(at: at)
            case 1: elements.insert(elements[at], at: 0)
            case 2: elements.insert(JSON.oddities.randomElement(using: &random) ?? [], at: at)
            default: elements[at] = elements[at].disturbed(using: &random)
            }
            return .array(elements)
        default: return JSON.oddities.randomElement(using: &random) ?? .null
        }
    }

    private static let oddities: [JSON] = [
        .null, [:], [], "", "a\nb", "Patient/p1", 5, .number("1.50"), true, [[:]], [.null],
        ["x": [:]], ["coding": [[:], ["code": "c"]]], ["a", "b"], "1974",
    ]
}
