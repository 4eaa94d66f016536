import District
import FHIR
import Foundation
import Generator
import LinkProxy
import Testing

extension ProcessSuite {
    /// Who may speak to the hub, and what a clinic believes to be the hub.
    @Suite("Identity")
    struct IdentityTests {
        private static let demo = DemoDistrict(seed: 11, clinics: 2)

        @Test(
            "A revoked clinic is refused at its next request, and the others go on",
            .timeLimit(.minutes(5)))
        func revoked() async throws {
            try await RunningDistrict.with(clinics: ["first", "second"]) { district in
                let (clinic, other) = (district.clinics[0], district.clinics[1])
                try await district.register(0..<4, of: IdentityTests.demo, at: clinic)
                try await district.converge()
                let answer = try await district.hub.syncctl("clinic", "revoke", "first", "--json")
                #expect(answer.status == 0)
                try await clinic.setPhone("unsent", of: IdentityTests.patient(0))
                let run = try await clinic.syncctl("sync", "--wait", "20", "--json")
                #expect(run.status == 1)
                let status = try await clinic.status()
                #expect(status["state"]?.text == "critical")
                #expect(status["reasons"]?.compact.contains("revoked") == true)
                #expect(status.pending == 1)
                let seen = try await other.phonesEver(of: IdentityTests.patient(0))
                #expect(!seen.contains("unsent"))
                try await other.setPhone("sent", of: IdentityTests.patient(0))
                #expect(try await other.syncctl("sync", "--wait", "20").status == 0)
                #expect(try await other.status().pending == 0)
            }
        }

        private static func patient(_ number: Int) -> String {
            "Patient/\(demo.patient(number: number).id)"
        }

        @Test("An enrolment code works once", .timeLimit(.minutes(5)))
        func usedCode() async throws {
            try await RunningDistrict.with(clinics: []) { district in
                let first = try district.makeClinic("first")
                let code = try await district.enrol(first)
                #expect(code.contains("@https://127.0.0.1:\(district.hubPort)"))
                let thief = try district.makeClinic("thief")
                let run = try await district.enrol(thief, code: code)
                #expect(run.status == 1)
                #expect(run.errors.lowercased().contains("used"), "\(run.errors)")
                let wrong = try await district.enrol(thief, code: "nonsense")
                #expect(wrong.status == 1)
                #expect(!wrong.errors.isEmpty)
            }
        }

        @Test(
            "The same machine may enrol again with its code, and a revoked one comes back",
            .timeLimit(.minutes(5)))
        func enrolledAgain() async throws {
            try await RunningDistrict.with(clinics: []) { district in
                let clinic = try district.makeClinic("first")
                let code = try await district.enrol(clinic)
                try await district.enrol(clinic, code: code).expecting(0)
                // As a crash between certificate and name would leave it.
                try FileManager.default.removeItem(atPath: clinic.data + "/clinic.json")
                try await district.enrol(clinic, code: code).expecting(0)
                try await clinic.start()
                district.add(clinic)
                try await district.register(0..<2, of: IdentityTests.demo, at: clinic)
                try await district.converge()
                let node = try await clinic.status()["node"]?.text

                try await district.hub.syncctl("clinic", "revoke", "first").expecting(0)
                try await clinic.setPhone("unsent", of: IdentityTests.patient(0))
                #expect(try await clinic.syncctl("sync", "--wait", "10").status == 1)
                let reasons = try await clinic.status()["reasons"]?.compact ?? ""
                #expect(reasons.contains("syncctl clinic add"), "\(reasons)")
                try await clinic.stop()
                try await district.enrol(clinic)
                try await clinic.start()
                try await district.converge()
                #expect(try await clinic.status()["node"]?.text == node)
                #expect(try await clinic.status().pending == 0)
                let known = try await district.hub.status()["clinics"]?.elements.first
                #expect(known?["digestEqual"]?.isTrue == true)
            }
        }

        @Test("A hub with another authority is not spoken to", .timeLimit(.minutes(5)))
        func foreignAuthority() async throws {
            try await RunningDistrict.with(clinics: ["first"]) { district in
                try await RunningDistrict.with(clinics: []) { foreign in
                    let clinic = district.clinics[0]
                    try await district.converge()
                    try await clinic.stop()
                    try clinic.configure(
                        RunningDistrict.clinicSettings(
                            hubURL: "https://127.0.0.1:\(foreign.hubPort)"))
                    try await clinic.start()
                    try await district.register(0..<1, of: IdentityTests.demo, at: clinic)
                    let run = try await clinic.syncctl("sync", "--json")
                    #expect(run.status == 1)
                    #expect(try run.json()["exchanged"]?.isTrue == false)
                    #expect(try await clinic.status().pending > 0)
                    #expect(try await foreign.hub.status().integer("changeSets") == 0)
                }
            }
        }

        @Test(
            "A captive portal's answer moves nothing, and all goes on behind it",
            .timeLimit(.minutes(5)))
        func captivePortal() async throws {
            try await RunningDistrict.with(clinics: []) { district in
                let link = try await BadLink.start(toPort: district.hubPort)
                let clinic = try await district.addClinic(
                    "first", hubURL: "https://127.0.0.1:\(link.port)")
                try await district.converge()
                link.change { $0.newConnections = .answeredByPortal }
                try await link.closeConnections()
                try await district.register(0..<3, of: IdentityTests.demo, at: clinic)
                let before = try await clinic.status()
                #expect(try await clinic.syncctl("sync").status == 1)
                let status = try await clinic.status()
                #expect(status.integer("acknowledged") == before.integer("acknowledged"))
                #expect(status.pending > 0)
                #expect(status["state"]?.text == "warning")
                link.change { $0.newConnections = .carried }
                try await district.expectEqual()
                try await link.stop()
            }
        }
    }
}
