import Foundation
import Hospital
import Records
import Testing

import FHIR

/// What an integrator may get wrong, element by element.
@Suite("Structure")
struct StructureTests {
    static let types = HospitalSchema.types.compactMap(\.entity.fhirType).sorted()

    @Test("A resource with everything that R4 defines of its type comes back", arguments: types)
    func everything(type: String) throws {
        let resources = StructureSamples.resources(type)
        #expect(!resources.isEmpty)
        for json in resources {
            let mapped = try mapped(json, clinic: Samples.clinic)
            #expect(resource(from: mapped.records) == json, "\(json.compact)")
        }
    }

    @Test("A column's place is one that R4 defines, with the column's type")
    func columns() throws {
        for type in HospitalSchema.types {
            for part in type.parts {
                for column in part.columns {
                    guard let path = column.path else { continue }
                    let found = try #require(
                        StructureTests.element(path, of: type), "\(type.entity.name) \(path)")
                    #expect(StructureTests.fits(column, found), "\(type.entity.name) \(path)")
                }
            }
        }
    }

    @Test(
        "Each element of a wrong type, each list that is none and each empty value is refused by name",
        arguments: types)
    func wrongTypes(type: String) throws {
        var count = 0
        for json in StructureSamples.resources(type) {
            for place in json.places() where !place.isHead {
                let value = json.value(at: place.steps)
                for wrong in value.wrongTypes {
                    let broken = json.replacing(place.steps, by: wrong)
                    // The place itself, or the element of the list there that is wrong.
                    let expected = "\(type).\(place.text)"
                    count += 1
                    do throws(FHIRIssue) {
                        _ = try mapped(broken, clinic: Samples.clinic)
                        Issue.record("\(expected) was taken: \(wrong.compact)")
                    } catch {
                        #expect(error.expression.hasPrefix(expected), "\(expected) \(error)")
                        #expect(error.diagnostics.hasPrefix("must"), "\(error)")
                    }
                }
            }
        }
        #expect(count > 500)
    }

    @Test(
        "Whatever stands in an element is refused with its place, or comes back as it went in",
        arguments: types)
    func mutations(type: String) throws {
        var (kept, refused) = (0, 0)
        for json in StructureSamples.resources(type).prefix(2) {
            for place in json.places() where !place.isHead {
                for odd in StructureTests.oddities {
                    let changed = json.replacing(place.steps, by: odd)
                    do throws(FHIRIssue) {
                        let mapped = try mapped(changed, clinic: Samples.clinic)
                        let back = resource(from: mapped.records)
                        #expect(back == changed, "\(place.text) \(odd.compact)")
                        kept += 1
                    } catch {
                        #expect(error.expression.hasPrefix("\(type)."), "\(place.text)")
                        #expect(error.diagnostics.count > 15)
                        refused += 1
                    }
                }
            }
        }
        #expect(kept > 100 && refused > 1000, "\(kept) kept, \(refused) refused")
    }

    @Test("What R4 requires and is missing is named", arguments: types)
    func missing(type: String) throws {
        let structure = try #require(StructureDefinition.named(type))
        for json in StructureSamples.resources(type) {
            for element in structure.elements where element.isRequired {
                let names = element.names.map(\.0)
                let members = json.members.filter { !names.contains($0.key.trimmingUnderscore) }
                let issue = #expect(throws: FHIRIssue.self) {
                    try mapped(.object(members), clinic: Samples.clinic)
                }
                #expect(issue?.code == .required)
                #expect(issue?.expression == "\(type).\(element.name)")
            }
        }
    }

    @Test(
        "Well-known mistakes are refused with what would be right",
        arguments: [
            ("\"name\": \"Moyo\"", "Patient.name", "must be a list that isn't empty: [{…}, …]"),
            ("\"name\": {\"family\": \"Moyo\"}", "Patient.name", "must be a list"),
            ("\"name\": [\"Moyo\"]", "Patient.name[0]", "a HumanName: an object in braces"),
            ("\"name\": []", "Patient.name", "isn't empty"),
            ("\"name\": null", "Patient.name", "must be a list"),
            ("\"name\": [{}]", "Patient.name[0]", "isn't empty"),
            ("\"name\": [null]", "Patient.name[0]", "an object"),
            ("\"name\": [{\"given\": [null]}]", "Patient.name[0].given[0]", "a text in quotes"),
            ("\"name\": [{\"given\": \"Tariro\"}]", "Patient.name[0].given", "must be a list"),
            ("\"name\": [{\"family\": [\"Moyo\"]}]", "Patient.name[0].family", "not a list"),
            ("\"name\": [{\"family\": 7}]", "Patient.name[0].family", "a text in quotes"),
            ("\"name\": [{\"family\": \"\"}]", "Patient.name[0].family", "isn't empty"),
            ("\"gender\": \"F\"", "Patient.gender", "male, female, other, unknown"),
            ("\"birthDate\": \"2024-02-30\"", "Patient.birthDate", "a date that exists"),
            ("\"birthDate\": \"2024-02-28T10:00:00Z\"", "Patient.birthDate", "a date"),
            ("\"_birthDate\": \"est\"", "Patient._birthDate", "an object"),
            ("\"_birthDate\": {}", "Patient._birthDate", "isn't empty"),
            (
                "\"_birthDate\": {\"extension\": [{\"valueBoolean\": true}]}",
                "Patient._birthDate.extension[0].url", "R4 requires it"
            ),
            ("\"deceasedString\": \"yes\"", "Patient.deceasedString", "deceasedDateTime"),
            (
                "\"deceasedBoolean\": true, \"deceasedDateTime\": \"2020\"",
                "Patient.deceasedDateTime", "keep one of the two"
            ),
            ("\"multipleBirthInteger\": 2.5", "Patient.multipleBirthInteger", "whole number"),
            ("\"multipleBirthInteger\": 1e400", "Patient.multipleBirthInteger", "whole number"),
            (
                "\"multipleBirthInteger\": 99999999999", "Patient.multipleBirthInteger",
                "2147483647"
            ),
            ("\"telecom\": [{\"rank\": 0}]", "Patient.telecom[0].rank", "from 1"),
            ("\"telecom\": [{\"system\": \"tel\"}]", "Patient.telecom[0].system", "phone, fax"),
            (
                "\"managingOrganization\": {\"reference\": \"clinic 7\"}",
                "Patient.managingOrganization.reference", "TYPE/ID"
            ),
            (
                "\"managingOrganization\": {\"reference\": \"Patient/7\"}",
                "Patient.managingOrganization.reference", "Organization"
            ),
            ("\"contained\": [{\"id\": \"a\"}]", "Patient.contained[0].resourceType", "type"),
            ("\"contained\": {\"resourceType\": \"Device\"}", "Patient.contained", "a list"),
            (
                "\"contained\": [{\"resourceType\": \"Patient\", \"active\": 1}]",
                "Patient.contained[0].active", "true or false"
            ),
            (
                """
                "contained": [{"resourceType": "Device",
                               "contained": [{"resourceType": "Device"}]}]
                """, "Patient.contained[0].contained", "outermost"
            ),
            ("\"meta\": {\"profile\": [\"a b\"]}", "Patient.meta.profile[0]", "URI"),
            ("\"ward\": {}", "Patient.ward", "empty object"),
            ("\"ward\": {\"beds\": []}", "Patient.ward.beds", "empty list"),
            ("\"ward\": [{\"bed\": null}]", "Patient.ward[0].bed", "null"),
        ])
    func mistakes(members: String, expression: String, hint: String) throws {
        let json = try Samples.json(
            "{\"resourceType\": \"Patient\", \"id\": \"1\", \(members)}")
        let issue = #expect(throws: FHIRIssue.self) { try mapped(json, clinic: Samples.clinic) }
        #expect(issue?.expression == expression)
        #expect(issue?.diagnostics.contains(hint) == true, "\(issue?.diagnostics ?? "")")
    }

    @Test("Types that are kept whole must be well-formed, and name their patient by an id")
    func whole() throws {
        for (members, expression) in [
            ("\"total\": {}", "Claim.total"), ("\"item\": [null]", "Claim.item[0]"),
            ("\"item\": [[]]", "Claim.item[0]"), ("\"use\": \"\"", "Claim.use"),
            (
                "\"patient\": {\"reference\": \"Patient/a b\"}", "Claim.patient.reference"
            ),
            (
                "\"patient\": {\"reference\": \"Patient/\(String(repeating: "a", count: 65))\"}",
                "Claim.patient.reference"
            ),
        ] {
            let json = try Samples.json("{\"resourceType\": \"Claim\", \"id\": \"1\", \(members)}")
            let issue = #expect(throws: FHIRIssue.self) { try mapped(json, clinic: Samples.clinic) }
            #expect(issue?.expression == expression)
        }
        let filled = try Samples.json(
            """
            {"resourceType": "Claim", "id": "1", "x": ["a", null], "_x": [null, {"id": "b"}]}
            """)
        #expect(resource(from: try mapped(filled, clinic: Samples.clinic).records) == filled)
    }

    @Test(
        "An id that R4 doesn't allow is refused",
        arguments: [
            .string(String(repeating: "a", count: 65)), "a_b", "a/b", "ä", "a b", "", 7, .null,
            ["a"],
        ] as [JSON])
    func ids(id: JSON) throws {
        for type in ["Patient", "Claim"] {
            let issue = #expect(throws: FHIRIssue.self) {
                try mapped(
                    ["resourceType": .string(type), "id": id], clinic: Samples.clinic)
            }
            #expect(issue?.expression == "\(type).id")
            #expect(issue?.diagnostics.contains("1 to 64 letters") == true)
        }
    }

    static let oddities: [JSON] = [
        .null, [:], [], "", " ", "a\nb", "Patient/p1", "2024-02-30", 5, -1, .number("1e400"),
        .number("1.50"), .number(String(repeating: "9", count: 400)), true, [[:]], [.null], ["a"],
        [["a"]], [5], ["x": [:]], ["x": "y"], ["id": 5], ["extension": [["url": "u"]]],
        ["coding": [["code": "c"]]], ["reference": "Patient/p1"], ["value": 5], "\u{1}\u{FFFD}é",
        ["resourceType": "Patient"],
    ]
}

extension StructureTests {
    /// The element at a column's place: its type, and whether it is a list that is left whole.
    private static func element(
        _ path: String, of type: RecordType
    ) -> (type: ElementDefinition.DataType, isList: Bool)? {
        guard var structure = structure(of: type) else { return nil }
        let steps = path.split(separator: ".")
        for (i, step) in steps.enumerated() {
            let name = String(step.prefix { $0 != "[" })
            guard let member = structure.member(name) else { return nil }
            let isList = structure.elements[member.element].isList
            // An index stands behind lists, and behind nothing else.
            if step.contains("[") && !isList { return nil }
            if i == steps.count - 1 { return (member.type, isList && !step.contains("[")) }
            if isList && !step.contains("[") { return nil }
            switch member.type {
            case .backbone(let inner): structure = inner
            case let type:
                guard let inner = StructureDefinition.named(type.name) else { return nil }
                structure = inner
            }
        }
        return nil
    }

    private static func structure(of type: RecordType) -> StructureDefinition? {
        if let name = type.entity.fhirType { return .named(name) }
        if type.entity.number == EntityNumber.appointmentReason { return .named("Appointment") }
        let lists = ["name": "HumanName", "telecom": "ContactPoint", "address": "Address"]
        for parent in HospitalSchema.types {
            for list in parent.lists where list.entity == type.entity.number {
                return .named(lists[list.element] ?? "Identifier")
            }
        }
        return nil
    }

    private static func fits(
        _ column: Column, _ found: (type: ElementDefinition.DataType, isList: Bool)
    ) -> Bool {
        if column.format == .lines { return found.isList && found.type.name == "string" }
        guard !found.isList else { return false }
        switch (column.format, found.type.name) {
        case (.integer, "positiveInt"), (.integer, "unsignedInt"): return true
        case (.reference, let name): return name == "string"
        case (let format, let name): return "\(format)" == name
        }
    }
}

extension Part {
    fileprivate var columns: [Column] {
        switch content {
        case .single(let column): [column]
        case .group(let columns, _), .rest(let columns): columns
        case .own: []
        }
    }
}
