import District
import FHIR
import Foundation
import GRDBSQLite
import Generator
import Testing

extension ProcessSuite {
    /// What rots on a disk, planted behind the daemons' backs, is repaired or named.
    @Suite("Damage")
    struct DamageTests {
        private static let demo = DemoDistrict(seed: 9, clinics: 2)

        private static func prepared(
            _ body: (RunningDistrict) async throws -> Void
        ) async throws {
            try await RunningDistrict.with(clinics: ["first", "second"]) { district in
                try await district.register(0..<12, of: demo, at: district.clinics[0])
                try await district.converge()
                try await body(district)
            }
        }

        /// Stops the daemon, damages its database, and starts it again.
        private static func damage(_ daemon: Daemon, _ sql: String) async throws {
            try await daemon.stop()
            #expect(try change(daemon.database, sql) == 1, "damaged by: \(sql)")
            try await daemon.start()
        }

        private static func verify(_ daemon: Daemon) async throws -> (status: Int32, answer: JSON) {
            let run = try await daemon.syncctl("verify", "--json")
            return (run.status, try run.json())
        }

        private static let oneGender = """
            UPDATE patient SET gender = CASE gender WHEN 'male' THEN 'female' ELSE 'male' END
            WHERE _key = (SELECT min(_key) FROM patient WHERE gender IS NOT NULL)
            """

        @Test("A value changed in a clinic's row is named, and repaired", .timeLimit(.minutes(5)))
        func clinicRow() async throws {
            try await DamageTests.prepared { district in
                let clinic = district.clinics[0]
                try await DamageTests.damage(clinic, DamageTests.oneGender)
                let found = try await DamageTests.verify(clinic)
                #expect(found.status == 2)
                #expect(found.answer["differing"]?.elements.count == 1)
                #expect(
                    found.answer["differing"]?.elements.first?.text?.hasPrefix("Patient/") == true)
                let after = try await DamageTests.verify(clinic)
                #expect(after.status == 0, "\(after.answer.compact)")
                try await district.expectEqual()
            }
        }

        @Test("A value changed in the hub's row is named, and repaired", .timeLimit(.minutes(5)))
        func hubRow() async throws {
            try await DamageTests.prepared { district in
                try await DamageTests.damage(district.hub, DamageTests.oneGender)
                let found = try await DamageTests.verify(district.hub)
                #expect(found.status == 2)
                #expect(
                    found.answer["differing"]?.elements.first?.text?.hasPrefix("Patient/") == true)
                let after = try await DamageTests.verify(district.hub)
                #expect(after.status == 0, "\(after.answer.compact)")
                try await district.expectEqual()
            }
        }

        @Test(
            "A byte changed in the log is named, at a clinic and at the hub",
            .timeLimit(.minutes(5)))
        func log() async throws {
            try await DamageTests.prepared { district in
                let sql = """
                    UPDATE _log SET bytes = CAST(
                        substr(bytes, 1, length(bytes) - 1)
                        || CASE substr(hex(bytes), -2) WHEN '41' THEN 'B' ELSE 'A' END AS BLOB)
                    WHERE pos = (SELECT min(pos) + 1 FROM _log)
                    """
                for daemon in [district.clinics[1], district.hub] {
                    try await DamageTests.damage(daemon, sql)
                    let found = try await DamageTests.verify(daemon)
                    #expect(found.status == 2, "\(daemon.name): \(found.answer.compact)")
                    let names = found.answer[daemon.role == .hub ? "damagedFrames" : "damaged"]
                    #expect(names?.elements.count == 1, "\(daemon.name): \(found.answer.compact)")
                    #expect(found.answer["reason"]?.text?.isEmpty == false)
                }
            }
        }

        @Test("An entry changed in a feed of the hub is named", .timeLimit(.minutes(5)))
        func feedEntry() async throws {
            try await DamageTests.prepared { district in
                let sql = """
                    UPDATE _entry SET log = log + 1
                    WHERE (feed, pos) = (SELECT feed, pos FROM _entry WHERE log IS NOT NULL
                        ORDER BY feed, pos LIMIT 1 OFFSET 2)
                    """
                try await DamageTests.damage(district.hub, sql)
                let found = try await DamageTests.verify(district.hub)
                #expect(found.status == 2, "\(found.answer.compact)")
                #expect(found.answer["damagedFeeds"]?.isEmpty == false)
            }
        }

        // MARK: SQLite

        /// Runs one statement on a database that nobody else has open.
        /// - Returns: how many rows it changed.
        private static func change(_ path: String, _ sql: String) throws -> Int {
            var database: OpaquePointer?
            defer { sqlite3_close_v2(database) }
            guard sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK,
                sqlite3_exec(database, sql, nil, nil, nil) == SQLITE_OK
            else {
                throw DistrictFailure.system(
                    "Damaging \(path)", reason: String(cString: sqlite3_errmsg(database)))
            }
            return Int(sqlite3_changes(database))
        }
    }
}
