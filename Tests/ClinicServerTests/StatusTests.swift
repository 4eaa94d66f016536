import Causality
import ClinicServer
import FHIR
import Records
import Replica
import Settings
import Sync
import Testing

@Suite("What a clinic says of itself")
struct StatusTests {
    @Test("Little room on the disk is a warning before it is trouble")
    func disk() async throws {
        let clinic = try TestClinic()
        func reasons(_ lowDisk: UInt64) async throws -> [String] {
            var reasons: [String] = []
            try await clinic.withDaemon(lowDisk: lowDisk) { commands in
                let status = try await commands.ask("status")
                #expect(status["state"]?.text == "warning")
                reasons = status["reasons"]?.elements.compactMap(\.text) ?? []
            }
            return reasons
        }
        #expect(try await reasons(.max).contains { $0.contains("disk") })
        #expect(try await !reasons(0).contains { $0.contains("disk") })
        // Almost none is critical, whatever is configured.
        #expect(DiskSpace(free: 1 << 20).isFull && DiskSpace(free: 1 << 20).isLow(0))
        #expect(!DiskSpace(free: 1 << 40).isFull && !DiskSpace(free: nil).isLow(.max))
    }

    @Test(
        "Each command of the hub is refused, and says where to run it",
        arguments: [
            "clinic-add", "clinic-list", "clinic-scope", "clinic-revoke", "backup", "clock-confirm",
        ])
    func commandOfTheHub(name: String) async throws {
        try await TestClinic().withDaemon { commands in
            let error = try await commands.ask(name)["error"]
            #expect(error?["message"]?.text?.contains("is the hub's command") == true)
            #expect(error?["remedy"]?.text?.contains("on the hub's machine") == true)
        }
    }

    /// Another clinic's frame about a patient, as it would be parked.
    private func frame(_ patient: RecordID, _ text: String, _ sequence: UInt64) -> Frame {
        let origin = Origin(
            node: NodeID(rawValue: 9), incarnation: Incarnation(rawValue: 1), lane: .care)
        let header = FrameHeader(
            origin: origin, sequence: sequence,
            hlc: HLC(milliseconds: TestClinic.clock.wall + sequence), quality: .measured)
        let key = RecordKey(entity: 1, id: patient)
        let write = UnitWrite(unit: 4, value: .text(text))
        let set = ChangeSet(
            compartment: .patient(patient), changes: [Change(key: key, units: [write])])
        return Frame(
            header: header, salt: Salt(high: 1, low: sequence),
            changeSets: [set.encoded(stamp: header.stamp)])
    }

    private func put(_ clinic: Clinic, _ patient: RecordID, _ gender: String) throws {
        let name = clinic.node.description
        try clinic.write(at: TestClinic.clock) { transaction in
            try transaction.put(
                RecordKey(entity: 1, id: patient), in: .patient(patient),
                [(1, .text(name)), (4, .text(gender))])
        }
    }

    @Test("Letters are tried again, each says what became of it, and conflicts are counted")
    func letters() async throws {
        let clinic = try TestClinic()
        let patient = RecordID("p-1")
        let previous = FrameHash(bytes: [UInt8](repeating: 3, count: 32))!
        try clinic.withReplica { replica in
            try put(replica, patient, "female")
            try replica.replica.transaction {
                let compartment = Compartment.patient(patient)
                let root = try #require(try replica.replica.tables.root(compartment))
                try replica.replica.store.run(
                    "INSERT INTO _held VALUES (?, 0)", [.integer(root.rawValue)])
                let parked = frame(patient, "male", 5)
                try replica.letters.add(
                    .parked, parked.header.origin, 5, reason: "newer", since: 1,
                    bytes: parked.bytes, previous: previous)
                try replica.letters.add(
                    .parked, parked.header.origin, 6, reason: "newer", since: 1, bytes: [9])
                try replica.letters.add(
                    .refused, parked.header.origin, 7,
                    reason: RefusalReason.wrongScope.description, since: 1, bytes: [])
            }
        }
        try await clinic.withDaemon { commands in
            #expect(try await commands.ask("status")["reviewItems"]?.compact == "0")
            let result = try await commands.ask("letters-retry")
            let letters = result["letters"]?.elements ?? []
            #expect(letters.map { $0["outcome"]?.text } == ["applied", "parked", "refused"])
            #expect(letters.allSatisfy { $0["advice"]?.text?.isEmpty == false })
            #expect(letters[2]["advice"]?.text?.contains("only that clinic") == true)
            #expect(result["applied"]?.compact == "1" && result["refused"]?.compact == "1")
            // The count follows what has changed.
            #expect(try await commands.ask("status")["reviewItems"]?.compact == "1")
            #expect(try await commands.ask("letters-list").elements.count == 2)
            let shown = try await commands.ask("status")
            // What is refused of another's doesn't count among what was written here.
            #expect(shown["refused"]?.compact == "0" && shown["parked"]?.compact == "1")
        }
    }
}
