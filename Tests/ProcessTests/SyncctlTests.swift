import District
import FHIR
import Foundation
import Generator
import Synchronization
import Testing

extension ProcessSuite {
    /// What scripts rely on.
    @Suite("syncctl")
    struct SyncctlTests {
        private static let demo = DemoDistrict(seed: 17, clinics: 2)

        @Test(
            "Exit statuses: 0 well, 1 warning, 2 critical, 3 unreachable, 64 wrong usage",
            .timeLimit(.minutes(5)))
        func exitStatuses() async throws {
            try await RunningDistrict.with(clinics: ["first"]) { district in
                let clinic = district.clinics[0]
                try await district.register(0..<2, of: SyncctlTests.demo, at: clinic)
                try await district.converge()
                #expect(try await clinic.syncctl("status").status == 0)
                #expect(try await clinic.syncctl("sync", "--wait", "10").status == 0)
                #expect(try await clinic.syncctl("status", "--nonsense").status == 64)
                #expect(try await clinic.syncctl("sync", "--wait", "0").status == 64)
                #expect(try await clinic.syncctl("record", "show", "Patient/none").status == 2)
                try await district.hub.stop()
                #expect(try await district.hub.syncctl("status").status == 3)
                #expect(try await clinic.syncctl("sync", "--wait", "2").status == 1)
                #expect(try await clinic.syncctl("status").status == 1)
                try await district.hub.start()
                try await district.hub.syncctl("clinic", "revoke", "first").expecting(0)
                #expect(try await clinic.syncctl("sync", "--wait", "10").status == 1)
                #expect(try await clinic.syncctl("status").status == 2)
            }
        }

        @Test("Every answer with --json can be read", .timeLimit(.minutes(5)))
        func answers() async throws {
            try await RunningDistrict.with(clinics: ["first"]) { district in
                let clinic = district.clinics[0]
                try await district.register(0..<2, of: SyncctlTests.demo, at: clinic)
                try await district.converge()
                let patient = "Patient/\(SyncctlTests.demo.patient(number: 0).id)"
                let status = try await SyncctlTests.answer(clinic, "status")
                for name in [
                    "role", "clinic", "incarnation", "written", "acknowledged", "backedUp",
                    "pending", "refused", "parked", "received", "reviewItems", "lastExchange",
                    "digest", "clock", "state", "reasons", "addresses",
                ] { #expect(status[name] != nil, "\(name)") }
                let shown = try await SyncctlTests.answer(clinic, "record", "show", patient)
                #expect(shown["units"]?["gender"]?["stamp"]?.text != nil)
                let history = try await SyncctlTests.answer(clinic, "record", "history", patient)
                #expect(history["entries"]?.isEmpty == false)
                #expect(try await SyncctlTests.answer(clinic, "review", "list").elements.isEmpty)
                _ = try await SyncctlTests.answer(clinic, "letters", "list")
                let verified = try await SyncctlTests.answer(clinic, "verify")
                #expect(verified["equal"]?.isTrue == true)
                #expect(verified["differing"]?.isEmpty == true)
                let hub = try await SyncctlTests.answer(district.hub, "status")
                for name in ["role", "epoch", "changeSets", "records", "clinics", "state"] {
                    #expect(hub[name] != nil, "\(name)")
                }
                let clinics = try await SyncctlTests.answer(district.hub, "clinic", "list")
                #expect(clinics.elements.map { $0["name"]?.text } == ["first"])
                let failure = try await clinic.syncctl("record", "show", "Patient/none", "--json")
                #expect(try failure.json()["error"]?["message"]?.text?.isEmpty == false)
            }
        }

        @Test(
            "A record that was deleted and edited at once is settled both ways",
            .timeLimit(.minutes(5)))
        func deletedAndEdited() async throws {
            try await RunningDistrict.with(clinics: ["first", "second"]) { district in
                let (first, second) = (district.clinics[0], district.clinics[1])
                try await district.register(0..<2, of: SyncctlTests.demo, at: first)
                let ids = (0..<2).map { SyncctlTests.demo.patient(number: $0).id }
                try await district.converge()
                try await district.hub.stop()
                for id in ids {
                    let answer = try await first.service().send(
                        "DELETE", "/fhir/R4/Patient/\(id)")
                    #expect(answer.status < 300)
                    try await second.setPhone("0799", of: "Patient/\(id)")
                }
                try await district.hub.start()
                try await district.converge()
                for (id, flag) in zip(ids, ["--keep", "--delete"]) {
                    let items = try await SyncctlTests.answer(first, "review", "list").elements
                    let item = items.first {
                        $0["record"]?.text == "Patient/\(id)"
                            && $0["kind"]?.text == "deleted-and-edited"
                    }
                    let number = try #require(item?["id"]?.text)
                    #expect(item?["values"]?.elements.count == 2)
                    try await first.syncctl("review", "settle", number, flag).expecting(0)
                }
                try await district.converge()
                for clinic in [first, second] {
                    let items = try await SyncctlTests.answer(clinic, "review", "list").elements
                    #expect(!items.contains { $0["kind"]?.text == "deleted-and-edited" })
                    for (id, status) in zip(ids, [200, 410]) {
                        let answer = try await clinic.service().send(
                            "GET", "/fhir/R4/Patient/\(id)")
                        #expect(answer.status == status)
                    }
                }
            }
        }

        private static func answer(_ daemon: Daemon, _ arguments: String...) async throws -> JSON {
            try await CommandRun.run(
                daemon.programs.program("syncctl"),
                arguments + ["--json", "--config", daemon.configuration], in: daemon.folder
            ).expecting(0).json()
        }

        @Test("A script for completion is made", arguments: ["bash", "zsh", "fish"])
        func completion(shell: String) async throws {
            let programs = try ProgramFolder.find()
            let run = try await CommandRun.run(
                programs.program("syncctl"), ["--generate-completion-script", shell], in: "/tmp")
            #expect(run.status == 0)
            #expect(run.output.contains("review") && run.output.contains("syncctl"))
        }

        @Test(
            """
            written = acknowledged + pending + refused at every moment of an import and its \
            exchange
            """, .timeLimit(.minutes(5)))
        func arithmetic() async throws {
            try await RunningDistrict.with(clinics: ["first", "second"]) { district in
                let isOver = Mutex(false)
                async let samples = SyncctlTests.sample(district) { isOver.withLock { $0 } }
                try await district.register(0..<150, of: SyncctlTests.demo, at: district.clinics[0])
                try await district.converge()
                isOver.withLock { $0 = true }
                let taken = try await samples
                #expect(taken > 20, "only \(taken) samples")
            }
        }

        /// Looks at the clinics' counts every 50 ms until it is over.
        private static func sample(
            _ district: RunningDistrict, until isOver: () -> Bool
        ) async throws -> Int {
            var count = 0
            for try await status in district.statuses(every: .milliseconds(50)) {
                let sum =
                    status.integer("acknowledged") + status.pending + status.integer("refused")
                #expect(status.integer("written") == sum, "\(status.compact)")
                count += 1
                if isOver() { break }
            }
            return count
        }
    }
}
