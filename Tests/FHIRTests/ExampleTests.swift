import Causality
import Foundation
import Hospital
import Records
import Testing

import FHIR

/// Real resources, where the folder with them lies beside the repository.
@Suite("Examples")
struct ExampleTests {
    private static let data = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "shared/data")

    private static func files(_ folder: String) -> [URL] {
        let folder = data.appending(path: folder)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        let files = names.filter { $0.hasSuffix(".json") }.sorted().map {
            folder.appending(path: $0)
        }
        if files.isEmpty { print("Skipped: there is no ../shared/data beside the repository.") }
        return files
    }

    private static func parsed(_ file: URL) throws -> JSON {
        try JSON(parsing: [UInt8](Data(contentsOf: file)))
    }

    @Test("HL7's examples come back as they went in")
    func hl7() throws {
        for file in ExampleTests.files("fhir-r4-examples") {
            let json = try ExampleTests.parsed(file)
            let mapped = try mapped(json, clinic: Samples.clinic)
            #expect(resource(from: mapped.records) == json, "\(file.lastPathComponent)")
        }
    }

    @Test("Synthea's bundles come back as they went in, and point at what is there")
    func synthea() throws {
        let bundles = try ExampleTests.files("synthea").map {
            try ResourceBundle(ExampleTests.parsed($0))
        }
        var known: [ConditionalReference: RecordID] = [:]
        for entry in bundles.flatMap(\.entries) {
            guard let resource = entry.resource, let type = resource["resourceType"]?.text,
                let id = resource["id"]?.text
            else { continue }
            for identifier in resource["identifier"]?.elements ?? [] {
                let query =
                    "identifier=\(identifier["system"]?.text ?? "")|"
                    + (identifier["value"]?.text ?? "")
                ConditionalReference(type: type, query: query).map { known[$0] = RecordID(id) }
            }
        }
        for bundle in bundles {
            let resolved = ResolvedBundle(
                bundle, makeID: ResolvedBundle.contentID,
                lookup: { type, system, value in
                    ConditionalReference(type: type, query: "identifier=\(system ?? "")|\(value)")
                        .flatMap { known[$0] }
                })
            #expect(resolved.unresolved.isEmpty)
            for (before, after) in zip(bundle.entries, resolved.entries) {
                let json = try #require(after.resource)
                let mapped = try mapped(json, clinic: Samples.clinic, aliases: resolved.aliases)
                #expect(resource(from: mapped.records) == json)
                #expect(!json.compact.contains("\"reference\":\"urn:uuid:"))
                #expect(mapped.records[0].compartment.kind != .clinic)
                #expect(json["id"] == before.resource?["id"])
            }
        }
    }

    @Test("The names of people registered twice with other spelling are mostly found again")
    func febrl() throws {
        let file = ExampleTests.data.appending(path: "matching/febrl-dataset1.csv")
        guard let text = try? String(contentsOf: file, encoding: .utf8) else {
            print("Skipped: there is no ../shared/data beside the repository.")
            return
        }
        var names: [String: [String: String]] = [:]
        for line in text.split(separator: "\n").dropFirst() {
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            let id = cells[0].split(separator: "-")
            names[String(id[1]), default: [:]][String(id[2])] = "\(cells[1]) \(cells[2])"
        }
        let pairs = names.values.compactMap { pair in
            pair["org"].flatMap { org in pair["dup"].map { (org, $0) } }
        }
        let found = pairs.filter { pair in
            let (a, b) = (NameSearch.keys(pair.0), NameSearch.keys(pair.1))
            return !Set(a).isDisjoint(with: b)
                || a.contains { one in
                    b.contains { NameSearch.distance(one, $0, limit: 1) != nil }
                }
        }
        #expect(pairs.count == 500)
        #expect(found.count >= 480, "\(found.count) of \(pairs.count)")
    }
}
