import District
import FHIR
import Foundation
import Generator
import Testing

extension ProcessSuite {
    /// Folders that were put back, copied or rolled back. What had been exchanged before is found
    /// again everywhere, and so is what was written since.
    @Suite("Restored, cloned, rolled back")
    struct RestoreTests {
        private static let demo = DemoDistrict(seed: 7, clinics: 2)
        private static func patient(_ number: Int) -> String {
            "Patient/\(demo.patient(number: number).id)"
        }

        /// Two clinics with twenty patients that both hold.
        private static func prepared(
            _ body: (RunningDistrict, Daemon) async throws -> Void
        ) async throws {
            try await RunningDistrict.with(clinics: ["first", "second"]) { district in
                try await district.register(0..<20, of: demo, at: district.clinics[0])
                try await district.converge()
                try await body(district, district.clinics[0])
            }
        }

        private static func expect(
            _ phones: [String], of patient: String, everywhereIn district: RunningDistrict
        ) async throws {
            for clinic in district.clinics {
                let ever = try await clinic.phonesEver(of: patient)
                for phone in phones {
                    #expect(ever.count { $0 == phone } == 1, "\(phone) at \(clinic.name)")
                }
            }
        }

        @Test(
            "A clinic's data folder restored to an older copy gets back what it had sent",
            .timeLimit(.minutes(5)))
        func olderFolder() async throws {
            try await RestoreTests.prepared { district, clinic in
                let patient = RestoreTests.patient(0)
                try await clinic.stop()
                let copy = clinic.folder + "/copy"
                try FileManager.default.copyItem(atPath: clinic.data, toPath: copy)
                try await clinic.start()
                let life = try await clinic.status()["incarnation"]?.text
                for edit in 0..<5 { try await clinic.setPhone("sent-\(edit)", of: patient) }
                try await district.converge()
                try await clinic.stop()
                try FileManager.default.removeItem(atPath: clinic.data)
                try FileManager.default.moveItem(atPath: copy, toPath: clinic.data)
                try await clinic.start()
                // Before it has heard of its former life.
                try await clinic.setPhone("after", of: RestoreTests.patient(4))
                #expect(try await clinic.status()["incarnation"]?.text != life)
                try await district.expectEqual()
                try await RestoreTests.expect(
                    (0..<5).map { "sent-\($0)" }, of: patient, everywhereIn: district)
                try await RestoreTests.expect(
                    ["after"], of: RestoreTests.patient(4), everywhereIn: district)
            }
        }

        @Test("Two machines started from one copy both go on", .timeLimit(.minutes(5)))
        func twoMachines() async throws {
            try await RestoreTests.prepared { district, clinic in
                try await clinic.stop()
                let twin = try district.makeClinic("twin")
                try FileManager.default.copyItem(atPath: clinic.data, toPath: twin.data)
                try await clinic.start()
                try await twin.start()
                district.add(twin)
                let patient = RestoreTests.patient(0)
                for edit in 0..<5 {
                    try await clinic.setPhone("one-\(edit)", of: patient)
                    try await twin.setPhone("two-\(edit)", of: patient)
                }
                try await district.expectEqual()
                let phones = (0..<5).flatMap { ["one-\($0)", "two-\($0)"] }
                try await RestoreTests.expect(phones, of: patient, everywhereIn: district)
                let lives = try await [clinic.status(), twin.status()].map {
                    $0["incarnation"]?.text
                }
                #expect(lives[0] != lives[1])
            }
        }

        @Test(
            "A virtual machine rolled back (same file) uses no stamp for two values",
            .timeLimit(.minutes(5)))
        func rolledBack() async throws {
            try await RestoreTests.prepared { district, clinic in
                let patient = RestoreTests.patient(0)
                try await clinic.stop()
                let old = try Data(contentsOf: URL(filePath: clinic.database))
                try await clinic.start()
                for edit in 0..<5 { try await clinic.setPhone("sent-\(edit)", of: patient) }
                try await district.converge()
                try await clinic.stop()
                try clinic.overwriteDatabase(with: old)
                try await clinic.start()
                for edit in 0..<5 { try await clinic.setPhone("again-\(edit)", of: patient) }
                try await district.expectEqual()
                let phones = (0..<5).flatMap { ["sent-\($0)", "again-\($0)"] }
                try await RestoreTests.expect(phones, of: patient, everywhereIn: district)
            }
        }

        @Test(
            "A hub put back to an older backup gets back what the clinics have, also as others join",
            .timeLimit(.minutes(5)))
        func olderHub() async throws {
            try await RestoreTests.prepared { district, clinic in
                let patient = RestoreTests.patient(0)
                let backup = try await district.hub.syncctl("backup", "--json").expecting(0).json()
                let copy = try #require(backup["path"]?.text)
                for edit in 0..<5 { try await clinic.setPhone("before-\(edit)", of: patient) }
                try await district.register(20..<30, of: RestoreTests.demo, at: clinic)
                try await district.converge()
                try await district.hub.stop()
                let old = try Data(contentsOf: URL(filePath: copy))
                try district.hub.overwriteDatabase(with: old)
                try await clinic.setPhone("meanwhile", of: patient)
                try await district.hub.start()
                // It joins while the hub may still lack what the others have.
                _ = try await district.addClinic("third")
                let records = try await district.expectEqual()
                #expect(records.names.count { $0.hasPrefix("Patient/") } == 30)
                for clinic in district.clinics.prefix(2) {
                    let ever = try await clinic.phonesEver(of: patient)
                    for phone in (0..<5).map({ "before-\($0)" }) + ["meanwhile"] {
                        #expect(ever.count { $0 == phone } == 1, "\(phone) at \(clinic.name)")
                    }
                }
            }
        }
    }
}

extension Daemon {
    /// Writes another content into the database's own file, whose identity stays.
    func overwriteDatabase(with content: Data) throws {
        for suffix in ["-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: database + suffix)
        }
        let file = try FileHandle(forWritingTo: URL(filePath: database))
        try file.truncate(atOffset: 0)
        try file.write(contentsOf: content)
        try file.close()
    }
}
