import Causality
import Foundation
import Hospital
import Records
import Testing

import FHIR

@Suite("Bundles")
struct BundleTests {
    private func transaction(_ entries: String, type: String = "transaction") throws
        -> ResourceBundle
    {
        try ResourceBundle(
            JSON(
                parsing: """
                    {"resourceType": "Bundle", "type": "\(type)", "entry": [\(entries)]}
                    """))
    }

    private func resolved(
        _ bundle: ResourceBundle, known: [String: String] = [:]
    ) -> ResolvedBundle {
        ResolvedBundle(bundle, makeID: ResolvedBundle.contentID) { type, system, value in
            known["\(type) \(system ?? "*") \(value)"].map { RecordID($0) }
        }
    }

    private let post = "\"request\": {\"method\": \"POST\", \"url\": \"X\"}"

    @Test("A transaction's resources point at one another by their ids")
    func references() throws {
        let bundle = try transaction(
            """
            {"fullUrl": "urn:uuid:A", "resource": {"resourceType": "Patient", "id": "p"}, \(post)},
            {"fullUrl": "urn:uuid:B", "resource": {"resourceType": "Encounter",
             "text": {"div": "<a href=\\"urn:uuid:A\\">urn:uuid:A</a>"},
             "identifier": [{"value": "urn:uuid:A"}],
             "subject": {"reference": "urn:uuid:A"}}, \(post)},
            {"resource": {"resourceType": "Observation",
             "subject": {"reference": "urn:uuid:A"}, "encounter": {"reference": "urn:uuid:B"}},
             \(post)}
            """)
        let resources = resolved(bundle).entries.compactMap(\.resource)
        #expect(resources[0]["id"]?.text == "p")
        #expect(resources[1]["id"]?.text == "B")
        #expect(resources[1]["subject"]?["reference"]?.text == "Patient/p")
        #expect(resources[1]["text"]?["div"]?.text == "<a href=\"Patient/p\">urn:uuid:A</a>")
        #expect(resources[1]["identifier"]?.elements[0]["value"]?.text == "urn:uuid:A")
        #expect(resources[2]["encounter"]?["reference"]?.text == "Encounter/B")
        #expect(resources[2]["id"]?.text?.count == 36)
        #expect(resolved(bundle).entries.compactMap(\.resource) == resources)
    }

    @Test("A conditional reference names what is known, or what comes in the same bundle")
    func conditional() throws {
        let bundle = try transaction(
            """
            {"resource": {"resourceType": "Organization", "id": "o",
             "identifier": [{"system": "s", "value": "7"}]}, \(post)},
            {"resource": {"resourceType": "Encounter", "id": "e",
             "serviceProvider": {"reference": "Organization?identifier=s%7C7"},
             "participant": [{"individual": {"reference": "Practitioner?identifier=npi|99"}}],
             "partOf": {"reference": "Encounter?identifier=s|none"},
             "basedOn": [{"reference": "ServiceRequest?code=x"}]}, \(post)}
            """)
        let resolved = resolved(bundle, known: ["Practitioner npi 99": "doctor"])
        let encounter = try #require(resolved.entries[1].resource)
        #expect(encounter["serviceProvider"]?["reference"]?.text == "Organization/o")
        #expect(
            encounter["participant"]?.elements[0]["individual"]?["reference"]?.text
                == "Practitioner/doctor")
        #expect(encounter["partOf"]?["reference"]?.text == "Encounter?identifier=s|none")
        #expect(resolved.unresolved.map(\.expression) == ["Bundle.entry[1]", "Bundle.entry[1]"])
        #expect(resolved.unresolved.allSatisfy { !$0.description.contains("none") })
    }

    @Test("What ifNoneExist finds is pointed at, and not created")
    func ifNoneExist() throws {
        let bundle = try transaction(
            """
            {"fullUrl": "urn:uuid:O", "resource": {"resourceType": "Organization", "id": "new"},
             "request": {"method": "POST", "url": "Organization",
                         "ifNoneExist": "identifier=s|7"}},
            {"resource": {"resourceType": "Location", "id": "l",
             "managingOrganization": {"reference": "urn:uuid:O"}}, \(post)}
            """)
        let resolved = resolved(bundle, known: ["Organization s 7": "old"])
        #expect(resolved.entries[0].existing == RecordID("old"))
        #expect(
            resolved.entries[1].resource?["managingOrganization"]?["reference"]?.text
                == "Organization/old")
    }

    @Test("Other bundles' resources stay as they are, and still find their patient")
    func collection() throws {
        let bundle = try transaction(
            """
            {"fullUrl": "urn:uuid:A", "resource": {"resourceType": "Patient", "id": "p"}},
            {"fullUrl": "urn:uuid:C", "resource": {"resourceType": "Condition", "id": "c",
             "subject": {"reference": "urn:uuid:A"}}}
            """, type: "collection")
        let resolved = resolved(bundle)
        let condition = try #require(resolved.entries[1].resource)
        #expect(condition == bundle.entries[1].resource)
        let mapped = try mapped(
            condition, clinic: Samples.clinic, aliases: resolved.aliases)
        #expect(mapped.records[0].compartment == .patient(RecordID("p")))
    }

    @Test("A PUT gives a resource its id")
    func put() throws {
        let bundle = try transaction(
            """
            {"resource": {"resourceType": "Patient"},
             "request": {"method": "PUT", "url": "Patient/x", "ifMatch": "W/\\"2\\""}},
            {"request": {"method": "DELETE", "url": "Patient/y"}}
            """)
        let resolved = resolved(bundle)
        #expect(resolved.entries[0].resource?["id"]?.text == "x")
        #expect(resolved.entries[0].request?.ifMatch == "W/\"2\"")
        #expect(resolved.entries[1].resource == nil)
    }

    @Test(
        "A malformed bundle is refused with its place",
        arguments: [
            ("{\"resourceType\": \"Bundle\"}", "Bundle.type"),
            ("{\"resourceType\": \"Bundle\", \"type\": \"single\"}", "Bundle.type"),
            ("{\"resourceType\": \"Bundle\", \"type\": \"batch\", \"entry\": {}}", "Bundle.entry"),
            (
                "{\"resourceType\": \"Bundle\", \"type\": \"batch\", \"entry\": [1]}",
                "Bundle.entry[0]"
            ),
            (
                "{\"resourceType\": \"Bundle\", \"type\": \"batch\", \"entry\": [{}]}",
                "Bundle.entry[0].request"
            ),
        ])
    func malformed(text: String, place: String) throws {
        let json = try JSON(parsing: text)
        #expect(#expect(throws: FHIRIssue.self) { try ResourceBundle(json) }?.expression == place)
    }

    @Test("Lines are numbered, blank ones passed over")
    func lines() {
        let bytes = Array("{}\r\n\n  \n{\"a\":1}".utf8)
        let lines = bytes.withUnsafeBufferPointer { buffer in
            NDJSON.lines(buffer).map {
                ($0.number, try? JSON(parsing: UnsafeBufferPointer(rebasing: buffer[$0.range])))
            }
        }
        #expect(lines.map(\.0) == [1, 4])
        #expect(lines.map(\.1) == [[:], ["a": 1]])
    }

    @Test("The answers are what FHIR has for them")
    func answers() throws {
        let set = SearchSet(
            [.init(["resourceType": "Patient", "id": "p"])], total: 1, selfLink: "s",
            nextLink: "n"
        ).json(base: "http://h/fhir/R4")
        #expect(set["entry"]?.elements[0]["fullUrl"]?.text == "http://h/fhir/R4/Patient/p")
        #expect(set["link"]?.elements.compactMap { $0["relation"]?.text } == ["self", "next"])
        #expect(SearchSet([], selfLink: "s").json(base: "")["entry"] == nil)

        let outcome = OperationOutcome.json(FHIRIssue(.notFound, "Gone", at: "Patient.id"))
        #expect(
            outcome.canonical
                == """
                {"issue":[{"code":"not-found","diagnostics":"Gone","expression":["Patient.id"],\
                "severity":"error"}],"resourceType":"OperationOutcome"}
                """)
        let statement = CapabilityStatement(
            name: "clinicd", version: "1", date: "2026", base: "b",
            resources: [.init("Patient", ["read"], searches: [("name", "string")])],
            systemInteractions: ["transaction"]
        ).json
        #expect(statement["fhirVersion"]?.text == "4.0.1")
        let response = TransactionResponse.json(
            [.init(status: "201 Created", location: "Patient/p")], to: .transaction)
        #expect(response["type"]?.text == "transaction-response")
    }
}
