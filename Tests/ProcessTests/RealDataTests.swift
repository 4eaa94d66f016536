import District
import FHIR
import Foundation
import Testing

extension ProcessSuite {
    /// Real FHIR, in at one clinic and out at another.
    @Suite("Real data")
    struct RealDataTests {
        /// The text as JSON, in which numbers of equal value are equal.
        private static func json(_ text: String?) -> JSON? {
            text.flatMap { try? JSON(parsing: $0) }
        }

        @Test("Synthea's patients are equal at a second clinic", .timeLimit(.minutes(5)))
        func synthea() async throws {
            guard let folder = ProcessSuite.data("synthea") else { return }
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
                .filter { $0.hasSuffix(".json") }.sorted()
            let shared = names.filter { $0.contains("Information") }
            let patients = names.filter { !$0.contains("Information") }
            let paths = (shared + patients.prefix(1)).map { "\(folder)/\($0)" }
            try await RunningDistrict.with(clinics: ["first", "second"]) { district in
                let clinic = district.clinics[0]
                for path in paths {
                    let run = try await clinic.syncctl("import", path, "--json")
                    let result = try run.expecting(0).json()
                    #expect(result["refused"]?.isEmpty == true, "\(run.output.prefix(500))")
                }
                let records = try await district.expectEqual()
                let first = try JSON(
                    parsing: [UInt8](Data(contentsOf: URL(filePath: paths.last ?? ""))))
                let count = first["entry"]?.elements.count ?? 0
                #expect(records.count >= count)
                // Once more changes nothing.
                let again = try await clinic.syncctl("import", paths.last ?? "", "--json")
                #expect(try again.json().integer("unchanged") == count)
            }
        }

        @Test(
            "Each of HL7's examples comes out of a second clinic as it went in",
            .timeLimit(.minutes(5)))
        func examples() async throws {
            guard let folder = ProcessSuite.data("fhir-r4-examples") else { return }
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
                .filter { $0.hasSuffix(".json") }.sorted()
            try await RunningDistrict.with(clinics: ["first", "second"]) { district in
                let run = try await district.clinics[0].syncctl("import", folder, "--json")
                let result = try run.json()
                #expect(result.integer("files") == names.count)
                let refused = Set(
                    (result["refused"]?.elements ?? []).compactMap { $0["file"]?.text })
                #expect(refused.isEmpty, "\(result["refused"]?.compact ?? "")")
                try await district.converge()
                let here = try await RecordSet.read(from: district.clinics[0])
                let there = try await RecordSet.read(from: district.clinics[1])
                var (wrong, missing): ([String], [String]) = ([], [])
                for name in names where !refused.contains("\(folder)/\(name)") {
                    let path = "\(folder)/\(name)"
                    let json = try JSON(parsing: [UInt8](Data(contentsOf: URL(filePath: path))))
                    let key = "\(json["resourceType"]?.text ?? "")/\(json["id"]?.text ?? "")"
                    if RealDataTests.json(here[key]) != json { wrong.append("\(name), first") }
                    if there[key] == nil { missing.append(name) }
                    if there[key] != nil, RealDataTests.json(there[key]) != json {
                        wrong.append("\(name), second")
                    }
                    // What belongs to no patient, and isn't reference data, is a clinic's own, and
                    // so is its diary.
                    if there[key] == nil, !key.hasPrefix("Appointment/"),
                        json.compact.contains("\"reference\":\"Patient/")
                    {
                        wrong.append("\(name), missing at the second")
                    }
                }
                #expect(wrong == [])
                print("Examples: \(missing.count) of \(names.count) are the first clinic's own.")
                #expect(missing.count < 40)
            }
        }
    }
}
