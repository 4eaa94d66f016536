import District
import FHIR
import Foundation
import Generator
import Testing

extension ProcessSuite {
    /// Bad input, bad configuration and a full disk: each has its own error, and nothing stops.
    @Suite("Input")
    struct InputTests {
        private static let demo = DemoDistrict(seed: 13, clinics: 2)
        private static let json = [("Content-Type", "application/fhir+json")]

        @Test("Malformed FHIR is answered by an OperationOutcome", .timeLimit(.minutes(5)))
        func malformed() async throws {
            try await RunningDistrict.with(clinics: ["first"]) { district in
                let service = try await district.clinics[0].service()
                let bodies = [
                    "{", "[]", "{\"resourceType\":\"Observation\",\"id\":\"a\"}",
                    "{\"resourceType\":\"Patient\",\"id\":\"b\"}",
                    "{\"resourceType\":\"Patient\",\"id\":\"a\",\"birthDate\":7}",
                ]
                for body in bodies {
                    let answer = try await service.send(
                        "PUT", "/fhir/R4/Patient/a", headers: InputTests.json,
                        body: Array(body.utf8))
                    #expect(answer.status == 400, "\(body)")
                    let outcome = try answer.json()
                    #expect(outcome["resourceType"]?.text == "OperationOutcome", "\(body)")
                    #expect(outcome["issue"]?.isEmpty == false)
                }
                let early = try await service.send(
                    "PUT", "/fhir/R4/Patient/a",
                    headers: InputTests.json + [("If-Match", "W/\"1\"")],
                    body: Array("{\"resourceType\":\"Patient\",\"id\":\"a\"}".utf8))
                #expect(early.status == 412)
                #expect(try early.json().compact.contains("there is no resource of this id"))
                for path in ["Patient/$match", "Patient/_history", "Patient/a/_history/1"] {
                    let answer = try await service.send("GET", "/fhir/R4/\(path)")
                    #expect(answer.status == 404)
                    #expect(try answer.json().compact.contains("not-supported"), "\(path)")
                }
                let unknown = try await service.send("GET", "/fhir/R4/Nonsense")
                #expect(unknown.status == 404)
                #expect(try unknown.json()["resourceType"]?.text == "OperationOutcome")
                let absent = try await service.send("GET", "/fhir/R4/Patient/absent")
                #expect(absent.status == 404)
                #expect(try await district.clinics[0].status().integer("written") == 0)
            }
        }

        @Test(
            "No body makes the clinic fail: refused with its place, or read as it was written",
            .timeLimit(.minutes(5)))
        func hostile() async throws {
            try await RunningDistrict.with(clinics: ["first"]) { district in
                let service = try await district.clinics[0].service()
                for (number, members) in InputTests.members.enumerated() {
                    let id = "x\(number)"
                    let body = "{\"resourceType\":\"Patient\",\"id\":\"\(id)\",\(members)}"
                    try await InputTests.expectSound(service, "PUT", "Patient/\(id)", body)
                    let bundle = """
                        {"resourceType":"Bundle","type":"transaction","entry":[{"resource":\(body),
                        "request":{"method":"PUT","url":"Patient/\(id)"}}]}
                        """
                    try await InputTests.expectSound(service, "POST", "", bundle)
                }
                for bundle in InputTests.bundles {
                    try await InputTests.expectSound(
                        service, "POST", "",
                        "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\(bundle)}")
                }
                let long = String(repeating: "a", count: 65)
                for id in [long, "a_b", "a%20b", "a%2Fb", "%00", "..%2F..%2Fetc"] {
                    let written = id.removingPercentEncoding ?? id
                    let body: JSON = ["resourceType": "Patient", "id": .string(written)]
                    try await InputTests.expectSound(
                        service, "PUT", "Patient/\(id)", body.compact, mayBeTaken: false)
                }
                #expect(try await service.send("GET", "/livez").status == 200)
            }
        }

        /// A body is refused by an OperationOutcome that names a place and what to do, or, of one
        /// resource, reads back equal.
        private static func expectSound(
            _ service: LoopbackHTTP, _ method: String, _ path: String, _ body: String,
            mayBeTaken: Bool = true
        ) async throws {
            let answer = try await service.send(
                method, path.isEmpty ? "/fhir/R4" : "/fhir/R4/\(path)", headers: json,
                body: Array(body.utf8))
            let note = "\(method) \(body.prefix(200)): \(answer.status)"
            if answer.status < 300 {
                #expect(mayBeTaken, "\(note)")
                if method == "PUT" {
                    let back = try await service.get("/fhir/R4/\(path)")
                    #expect(try back == JSON(parsing: body), "\(note)")
                }
                return
            }
            #expect([400, 404, 413, 422].contains(answer.status), "\(note)")
            let outcome = try answer.json()
            #expect(outcome["resourceType"]?.text == "OperationOutcome", "\(note)")
            let issue = outcome["issue"]?.elements.first
            #expect((issue?["diagnostics"]?.text?.count ?? 0) > 20, "\(note)")
        }

        private static let members = [
            "\"name\":\"Moyo\"", "\"name\":[{\"given\":\"Tariro\"}]", "\"name\":[null]",
            "\"name\":[[]]", "\"name\":{}", "\"name\":[]", "\"gender\":7", "\"gender\":\"F\"",
            "\"gender\":\"\"", "\"gender\":null", "\"birthDate\":\"2024-02-30\"",
            "\"_birthDate\":[]", "\"_birthDate\":{\"extension\":[{\"url\":\"urn:x\"}]}",
            "\"multipleBirthInteger\":1e999999999", "\"active\":1",
            "\"active\":true,\"active\":false",
            "\"multipleBirthInteger\":\(String(repeating: "9", count: 5000))",
            "\"name\":[{\"family\":\"a\\u0000b\"}]", "\"name\":[{\"family\":\"a\\ud800b\"}]",
            "\"name\":[{\"family\":\"\\u001b[31m\\u202e\"}]", "\"name\":[{\"family\":\"é\"}]",
            "\"x\":\(String(repeating: "[", count: 5000))",
            "\"x\":\(String(repeating: "[1,", count: 62))1\(String(repeating: "]", count: 62))",
            "\"x\":\(String(repeating: "{\"a\":", count: 70))1\(String(repeating: "}", count: 70))",
            "\"contained\":[{\"resourceType\":\"Patient\",\"id\":\"c\",\"name\":\"x\"}]",
            "\"contained\":[{\"resourceType\":\"Device\",\"id\":\"c\"}]",
            "\"extension\":[{\"url\":\"urn:x\",\"valueDecimal\":1e400}]", "\"meta\":\"m\"",
            "\"managingOrganization\":{\"reference\":\"\(String(repeating: "a", count: 1 << 20))\"}",
            "\"__proto__\":{\"a\":1}", "\"\":1", "\"_\":1", "\"a.b\":[{\"c[0]\":1}]",
        ]

        private static let bundles = [
            "\"entry\":{}", "\"entry\":[5]", "\"entry\":[{}]",
            "\"entry\":[{\"fullUrl\":7,\"request\":{\"method\":\"GET\",\"url\":\"Patient/1\"}}]",
            "\"entry\":[{\"request\":{\"method\":\"PUT\",\"url\":\"Patient/1\"}}]",
            "\"entry\":[{\"resource\":[],\"request\":{\"method\":\"POST\",\"url\":\"Patient\"}}]",
            "\"entry\":[{\"resource\":{\"resourceType\":\"Patient\"},\"request\":\"PUT\"}]",
            """
            "entry":[{"resource":{"resourceType":"Patient","id":7},
                      "request":{"method":"PUT","url":"Patient/7"}}]
            """,
            """
            "entry":[{"resource":{"resourceType":"Patint","id":"7"},
                      "request":{"method":"PUT","url":"Patint/7"}}]
            """,
        ]

        @Test("A body that is too large is refused with 413", .timeLimit(.minutes(5)))
        func huge() async throws {
            try await RunningDistrict.with(clinics: ["first"]) { district in
                let service = try await district.clinics[0].service()
                let body = [UInt8](repeating: UInt8(ascii: " "), count: 65 << 20)
                let answer = try await service.send(
                    "PUT", "/fhir/R4/Patient/a", headers: InputTests.json, body: body)
                #expect(answer.status == 413)
                #expect(try await service.get("/fhir/R4/Patient")["entry"]?.isEmpty != false)
            }
        }

        @Test(
            "A write that no hub could take is refused with what to do, and stops nothing",
            .timeLimit(.minutes(5)))
        func tooCostly() async throws {
            try await RunningDistrict.with(clinics: ["first"]) { district in
                let clinic = district.clinics[0]
                let service = try await clinic.service()
                func binary(_ id: String, _ bytes: Int) -> JSON {
                    let data = String(repeating: "QUJD", count: bytes / 4)
                    return [
                        "resourceType": "Binary", "id": .string(id),
                        "contentType": "text/plain", "data": .string(data),
                    ]
                }
                func bundle(_ type: String) -> JSON {
                    let entries = (0..<3).map { number -> JSON in
                        [
                            "resource": binary("\(type)-\(number)", 2 << 20),
                            "request": [
                                "method": "PUT", "url": .string("Binary/\(type)-\(number)"),
                            ],
                        ]
                    }
                    return [
                        "resourceType": "Bundle", "type": .string(type), "entry": .array(entries),
                    ]
                }
                let alone = try await service.put(binary("large", 5 << 20))
                #expect(alone.status == 413)
                let issue = try alone.json()["issue"]?.elements.first
                #expect(issue?["code"]?.text == "too-costly")
                #expect(issue?["diagnostics"]?.text?.contains("split the Bundle") == true)
                let whole = try await clinic.take(bundle("transaction").compactBytes)
                #expect(whole["refused"]?.elements.count == 1)
                #expect(
                    try await service.send("GET", "/fhir/R4/Binary/transaction-0").status == 404)
                // Entries that need not come together are split.
                let parts = try await clinic.take(bundle("collection").compactBytes)
                #expect(parts["refused"]?.isEmpty == true && parts.integer("created") == 3)
                try await district.expectEqual()
            }
        }

        @Test("An unreadable configuration is named with file, line and key")
        func configuration() async throws {
            try await RunningDistrict.with(clinics: []) { district in
                let clinic = try district.makeClinic("first")
                let cases = [
                    ("listen: here\n", ":2:", "listen"), ("lisen: 127.0.0.1:0\n", ":2:", "lisen"),
                    ("log:\n  level: loud\n", ":3:", "log.level"),
                    ("sync:\n  maximumBytes: many\n", ":3:", "sync.maximumBytes"),
                ]
                for (text, line, key) in cases {
                    try clinic.configure(text)
                    let run = try await InputTests.run("clinicd", clinic, district)
                    #expect(run.status == 78, "\(text)")
                    #expect(run.errors.contains("daemon.yaml\(line)"), "\(run.errors)")
                    #expect(run.errors.contains(key), "\(run.errors)")
                }
                try clinic.configure("listen: [\n")
                #expect(try await InputTests.run("clinicd", clinic, district).status == 78)
            }
        }

        @Test("clinicd serves on loopback alone")
        func loopback() async throws {
            try await RunningDistrict.with(clinics: []) { district in
                let clinic = try district.makeClinic("first")
                for address in ["0.0.0.0:0", "192.0.2.1:8080", "[::]:0"] {
                    try clinic.configure("listen: \"\(address)\"\n")
                    let run = try await InputTests.run("clinicd", clinic, district)
                    #expect(run.status == 78, "\(address)")
                    #expect(run.errors.contains("listen"), "\(run.errors)")
                }
            }
        }

        private static func run(
            _ program: String, _ daemon: Daemon, _ district: RunningDistrict
        ) async throws -> CommandRun {
            try await CommandRun.run(
                district.programs.program(program), ["--config", daemon.configuration],
                in: daemon.folder, within: .seconds(20))
        }

        @Test("Both daemons stop within five seconds, also while one waits for news")
        func gracefulStop() async throws {
            try await RunningDistrict.with(clinics: ["first", "second"]) { district in
                try await district.register(0..<3, of: InputTests.demo, at: district.clinics[0])
                try await district.converge()
                #expect(try await district.clinics[0].stop() < .seconds(5))
                #expect(try await district.hub.stop() < .seconds(5))
                #expect(try await district.clinics[1].stop() < .seconds(5))
            }
        }

        @Test(
            "A full disk refuses writes with 507, and does no harm",
            .timeLimit(.minutes(5)))
        func diskFull() async throws {
            try await RunningDistrict.with(clinics: ["second"]) { district in
                guard let disk = await SmallDisk(at: district.folder + "/small", megabytes: 4)
                else {
                    print("Skipped: a small file system can only be mounted by root.")
                    return
                }
                do {
                    try await InputTests.fill(disk, in: district)
                } catch {
                    await district.remove()
                    await disk.remove()
                    throw error
                }
                await district.remove()
                await disk.remove()
                try FileManager.default.removeItem(atPath: district.folder)
            }
        }

        private static func fill(_ disk: SmallDisk, in district: RunningDistrict) async throws {
            let clinic = try await district.addClinic("first", folder: disk.path)
            let ledger = Ledger()
            var refusal: Int?
            for number in 0..<2000 where refusal == nil {
                let bytes = demo.bundle(number: number)
                do {
                    _ = try await clinic.take(bytes)
                    ledger.confirm(bundle: try JSON(parsing: bytes))
                } catch DistrictFailure.refused(_, let status) { refusal = status }
            }
            #expect(refusal == 507)
            try disk.fill()
            try await InputTests.writeUntilRefused(at: clinic, ledger)
            let full = try await clinic.status()
            #expect(full["state"]?.text == "critical")
            #expect(full["reasons"]?.compact.contains("the disk of the data directory") == true)
            #expect(try await district.clinics[0].syncctl("sync", "--wait", "10").status == 0)
            await disk.grow(megabytes: 64)
            try await clinic.setPhone("later", of: "Patient/\(demo.patient(number: 0).id)")
            let records = try await district.expectEqual()
            #expect(try await ledger.broken(at: clinic, records: records) == [])
        }

        /// What has room in the files as they are is still taken; then one must be refused.
        private static func writeUntilRefused(at clinic: Daemon, _ ledger: Ledger) async throws {
            let patient = "Patient/\(demo.patient(number: 0).id)"
            let note = (0..<4000).map { String($0) }.joined(separator: " ")
            var answer: LoopbackHTTP.Answer?
            for number in 0..<1000 where answer?.status ?? 201 == 201 {
                let resource: JSON = [
                    "resourceType": "Observation", "id": .string("full-\(number)"),
                    "status": "final", "code": ["text": "Note"],
                    "subject": ["reference": .string(patient)], "valueString": .string(note),
                ]
                answer = try await clinic.service().put(resource)
                if answer?.status == 201 {
                    ledger.confirm(bundle: ["entry": [["resource": resource]]])
                }
            }
            #expect(answer?.status == 507)
            #expect(try answer?.json()["resourceType"]?.text == "OperationOutcome")
        }
    }
}

/// A small file system in memory.
struct SmallDisk {
    let path: String

    /// `nil` where this user may not mount one.
    init?(at path: String, megabytes: Int) async {
        self.path = path
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        } catch { return nil }
        guard await run("mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", path) else {
            return nil
        }
    }

    /// Takes what room is left.
    func fill() throws {
        let file = path + "/filler"
        try Data().write(to: URL(filePath: file))
        let handle = try FileHandle(forWritingTo: URL(filePath: file))
        for size in [64 << 10, 4 << 10, 1 << 10] {
            while (try? handle.write(contentsOf: Data(count: size))) != nil {}
        }
    }

    func grow(megabytes: Int) async {
        let isLarger = await run("mount", "-o", "remount,size=\(megabytes)m", path)
        #expect(isLarger)
    }

    func remove() async { _ = await run("umount", path) }

    private func run(_ command: String...) async -> Bool {
        let run = try? await CommandRun.run("/usr/bin/env", command, in: "/tmp")
        return run?.status == 0
    }
}
