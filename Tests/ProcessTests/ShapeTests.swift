import District
import FHIR
import Foundation
import Generator
import Testing

extension ProcessSuite {
    /// The names in the answers that scripts rely on, and that both sides show one record alike.
    @Suite("Shapes")
    struct ShapeTests {
        private static let demo = DemoDistrict(seed: 23, clinics: 2)

        @Test("Answers have the names that the README gives", .timeLimit(.minutes(5)))
        func names() async throws {
            try await RunningDistrict.with(clinics: ["first"]) { district in
                let clinic = district.clinics[0]
                try await district.register(0..<2, of: ShapeTests.demo, at: clinic)
                try await district.converge()
                try await ShapeTests.expect(
                    [
                        "role clinic node incarnation written acknowledged backedUp pending.care",
                        "pending.administration pending.bulk pendingBytes refused parked received",
                        "reviewItems lastExchange loading digest.ours digest.hub digest.equal",
                        "clock.offsetSeconds clock.trusted state reasons addresses hub version",
                    ], of: clinic, "status")
                try await ShapeTests.expect(
                    [
                        "role epoch changeSets backedUp records refused parked addresses",
                        "rootKeyHash lastBackup clock state reasons clinics.name clinics.id",
                        "clinics.scope clinics.organization clinics.lastSeen clinics.acknowledged",
                        "clinics.pendingForIt clinics.digestEqual clinics.clockOffsetSeconds",
                        "clinics.revoked clinics.enrolled",
                    ], of: district.hub, "status")
                try await ShapeTests.expect(
                    ["name id scope code expires url"], of: district.hub, "clinic", "add", "third")
                try await ShapeTests.expect(
                    ["name id scope revoked"], of: district.hub, "clinic", "list")
                try await ShapeTests.expect(
                    ["name revoked"], of: district.hub, "clinic", "revoke", "third")
                try await ShapeTests.expect(["path bytes at"], of: district.hub, "backup")
                try await ShapeTests.expect(["trusted time"], of: district.hub, "clock", "confirm")
                let patient = "Patient/\(ShapeTests.demo.patient(number: 0).id)"
                for daemon in [clinic, district.hub] {
                    try await ShapeTests.expect(
                        [
                            "type id units.gender.value units.gender.stamp units.gender.author",
                            "units.gender.siblings.value units.gender.siblings.stamp",
                            "units.gender.siblings.author units.name[0].name.value",
                        ], of: daemon, "record", "show", patient)
                    try await ShapeTests.expect(
                        [
                            "entries.unit entries.value entries.stamp entries.author entries.at",
                            "entries.replaced entries.state",
                        ], of: daemon, "record", "history", patient)
                    try await ShapeTests.expect(
                        ["equal records differing"], of: daemon, "verify")
                    try await ShapeTests.expect(
                        ["retried applied parked refused"], of: daemon, "letters", "retry")
                }
                try await ShapeTests.expect(
                    ["exchanged finished pending.care sent received"], of: clinic, "sync")
            }
        }

        @Test("An import lists what it refused with file, resource and reason")
        func imports() async throws {
            try await RunningDistrict.with(clinics: ["first"]) { district in
                let clinic = district.clinics[0]
                let lines = """
                    {"resourceType":"Patient","id":"a"}
                    {"resourceType":"Patient","id":"b","name":"Moyo"}
                    {"resourceType":"Patient","id":"c_d"}
                    not JSON
                    """
                let file = "\(clinic.folder)/lines.ndjson"
                try Data(lines.utf8).write(to: URL(filePath: file))
                let run = try await clinic.syncctl("import", file, "--json")
                #expect(run.status == 1)
                let result = try run.json()
                for name in ["files", "resources", "created", "updated", "unchanged"] {
                    #expect(result.integer(name) >= 0, "\(name)")
                }
                #expect(result.integer("created") == 1)
                let refused = result["refused"]?.elements ?? []
                #expect(
                    refused.map { $0["resource"]?.text }
                        == ["Patient/b", "Patient/c_d", "line 4"])
                #expect(refused.allSatisfy { $0["file"]?.text == file })
                let reasons = refused.compactMap { $0["reason"]?.text }
                #expect(reasons[0].contains("Patient.name") && reasons[0].contains("list"))
                #expect(reasons[1].contains("Patient.id"))
                #expect(try await clinic.syncctl("import", file).output.contains("Patient.name"))
            }
        }

        @Test(
            """
            A conflict is one item everywhere, the hub shows the record as a clinic does, and a \
            value in the form that is shown settles it
            """, .timeLimit(.minutes(5)))
        func settling() async throws {
            try await RunningDistrict.with(clinics: ["first", "second"]) { district in
                let (first, second) = (district.clinics[0], district.clinics[1])
                try await district.register(0..<1, of: ShapeTests.demo, at: first)
                try await district.converge()
                let patient = "Patient/\(ShapeTests.demo.patient(number: 0).id)"
                try await district.hub.stop()
                for (clinic, day) in [(first, "1974-12-24"), (second, "1974-12-25")] {
                    try await clinic.service().edit(patient) {
                        $0.set("birthDate", .string(day))
                    }
                }
                try await district.hub.start()
                try await district.converge()
                var items: [JSON] = []
                for daemon in [first, second, district.hub] {
                    try await ShapeTests.expect(
                        ["id kind record unit values.value values.stamp values.author since"],
                        of: daemon, "review", "list")
                    items.append(try await ShapeTests.answer(daemon, ["review", "list"]))
                }
                #expect(items[0] == items[1] && items[1] == items[2])
                let item = try #require(items[0].elements.first)
                #expect(item["record"]?.text == patient && item["unit"]?.text == "birth")
                try await ShapeTests.expectAlike(district, patient)
                let id = item["id"]?.text ?? ""
                let bad = try await first.syncctl(
                    "review", "settle", id, "--value", "{\"birthDate\":\"1974-13\"}")
                #expect(bad.status == 2)
                #expect(bad.errors.contains("birth.birthDate"), "\(bad.errors)")
                let elsewhere = try await district.hub.syncctl(
                    "review", "settle", id, "--take", "1")
                #expect(elsewhere.status == 2 && elsewhere.errors.contains("clinic"))
                let shown = item["values"]?.elements.first?["value"]?.compact ?? ""
                let settled = try await first.syncctl(
                    "review", "settle", id, "--value", shown, "--json")
                #expect(try settled.expecting(0).json()["settled"]?.text == id)
                try await district.converge()
                for daemon in [first, second, district.hub] {
                    let left = try await ShapeTests.answer(daemon, ["review", "list"])
                    #expect(left.elements.isEmpty)
                }
                try await ShapeTests.expectAlike(district, patient)
            }
        }

        /// Expects one record, and one history, to be shown alike at a clinic and at the hub.
        private static func expectAlike(_ district: RunningDistrict, _ record: String) async throws
        {
            for command in ["show", "history"] {
                let arguments = ["record", command, record]
                let here = try await answer(district.clinics[0], arguments)
                let hub = try await answer(district.hub, arguments)
                #expect(here == hub, "\(command)")
                #expect(here.compact.contains("birthDate"))
            }
        }

        // MARK: Names

        private static func answer(_ daemon: Daemon, _ arguments: [String]) async throws -> JSON {
            try await CommandRun.run(
                daemon.programs.program("syncctl"),
                arguments + ["--json", "--config", daemon.configuration], in: daemon.folder
            ).expecting(0, 1).json()
        }

        /// Expects an answer to have names: with points between those of objects in one another,
        /// and of a list its first element's.
        private static func expect(
            _ names: [String], of daemon: Daemon, _ arguments: String...
        ) async throws {
            let answer = try await answer(daemon, arguments)
            for path in names.flatMap({ $0.split(separator: " ") }) {
                #expect(has(answer, path), "\(arguments.joined(separator: " ")): \(path)")
            }
        }

        private static func has(_ json: JSON, _ path: Substring) -> Bool {
            if case .array(let elements) = json {
                return elements.first.map { has($0, path) } ?? false
            }
            // A unit's own name may have a point in it.
            for member in json.members where path.hasPrefix(member.key) {
                let rest = path.dropFirst(member.key.count)
                if rest.isEmpty { return true }
                if rest.first == ".", has(member.value, rest.dropFirst()) { return true }
            }
            return false
        }
    }
}
