import Causality
import Foundation
import HubDaemon
import HubServer
import Sync
import Testing
import Trust

@Suite("The registry of clinics")
struct RegistryTests {
    @Test("What was decided after a backup outlives the hub's being put back to it")
    func outlivesRestore() async throws {
        let hub = try TestHubNode()
        let (gone, kept) = (try await hub.enrol("gone"), try await hub.enrol("kept"))
        let backup = try await hub.node.backUp()
        let late = try await hub.enrol("late", scope: "district")
        #expect(try await hub.ask("clinic-revoke", ["name": "gone"]).status == 200)
        let widened = try await hub.ask("clinic-scope", ["name": "kept", "scope": "district"])
        #expect(widened.status == 200)
        try await hub.restore(backup)
        #expect(try await gone.admission(at: hub) == .revoked)
        #expect(try await kept.admission(at: hub) == .admitted)
        #expect(try await late.admission(at: hub) == .admitted)
        #expect(try await hub.clinic("gone")?["revoked"] as? Bool == true)
        #expect(try await hub.clinic("kept")?["scope"] as? String == "district")
        #expect(try await hub.clinic("late")?["scope"] as? String == "district")
        #expect(try await hub.clinic("late")?["id"] as? String == late.node.description)
    }

    @Test("A revoked clinic comes back by its name, as itself, and its old certificate stays void")
    func comesBack() async throws {
        let hub = try TestHubNode()
        let first = try await hub.enrol("first", scope: "district")
        #expect(try await hub.ask("clinic-add", ["name": "first"]).status == 409)
        _ = try await hub.ask("clinic-revoke", ["name": "first"])
        let again = try await hub.ask("clinic-add", ["name": "first"])
        #expect(again.status == 200 && again.json["scope"] as? String == "district")
        #expect(try await first.admission(at: hub) == .revoked, "the code alone changes nothing")
        let backup = try await hub.node.backUp()
        let second = try await hub.machine(code: again.json["code"] as? String ?? "")
        #expect(second.node == first.node)
        #expect(try await second.admission(at: hub) == .admitted)
        #expect(try await first.admission(at: hub) == .revoked)
        // The backup knows it as revoked; that it came back is newer.
        try await hub.restore(backup)
        #expect(try await second.admission(at: hub) == .admitted)
        #expect(try await first.admission(at: hub) == .revoked)
        _ = try await hub.ask("clinic-revoke", ["name": "first"])
        #expect(try await second.admission(at: hub) == .revoked)
    }

    @Test("A code that was made before a revocation is worth nothing after it")
    func deadCode() async throws {
        let hub = try TestHubNode()
        let added = try await hub.ask("clinic-add", ["name": "first"])
        _ = try await hub.ask("clinic-revoke", ["name": "first"])
        await #expect(throws: Problem.self) {
            _ = try await hub.machine(code: added.json["code"] as? String ?? "")
        }
    }

    @Test("The same machine gets its certificate again, another one is refused")
    func repeatedEnrolment() async throws {
        let hub = try TestHubNode()
        let code = try await hub.ask("clinic-add", ["name": "first"]).json["code"] as? String ?? ""
        let key = ClinicKey()
        let first = try await hub.machine(code: code, key: key)
        // Its signature is another one each time.
        let again = try await hub.machine(code: code, key: key)
        #expect(again.certificatePEM == first.certificatePEM && again.node == first.node)
        let problem = await #expect(throws: Problem.self) {
            _ = try await hub.machine(code: code)
        }
        #expect(problem?.code == .codeUsed)
    }

    @Test("A clinic that neither database nor registry knows is let in with scope own")
    func unknown() async throws {
        let hub = try TestHubNode()
        let backup = try await hub.node.backUp()
        let late = try await hub.enrol("late", scope: "district")
        try await hub.restore(backup)
        try await hub.restart {
            try FileManager.default.removeItem(
                atPath: hub.folder + "/credentials/registry.json")
            let database = hub.folder + "/hub.sqlite"
            for suffix in ["", "-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: database + suffix)
            }
            try FileManager.default.copyItem(atPath: backup.path, toPath: database)
        }
        #expect(try await late.admission(at: hub) == .admitted)
        let name = "readmitted-\(late.node)"
        #expect(try await hub.clinic(name)?["scope"] as? String == "own")
        _ = try await hub.ask("clinic-scope", ["name": name, "scope": "district"])
        #expect(try await hub.clinic(name)?["scope"] as? String == "district")
    }

    @Test("A registry that can't be read is never taken for an empty one")
    func unreadable() async throws {
        let hub = try TestHubNode()
        _ = try await hub.enrol("first")
        try await hub.node.close()
        let file = hub.folder + "/credentials/registry.json"
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(text.contains("\"first\""))
        try Data("{".utf8).write(to: URL(filePath: file))
        let error = await #expect(throws: HubFailure.self) { try await hub.restart() }
        #expect(error == .registryUnreadable(path: file))
        #expect(error?.description.contains("revoke again") == true)
    }

    @Test("A scope that is not one, and a name that nobody has, are said to be wrong")
    func wrong() async throws {
        let hub = try TestHubNode()
        _ = try await hub.enrol("first")
        #expect(try await hub.ask("clinic-scope", ["name": "x", "scope": "own"]).status == 404)
        #expect(try await hub.ask("clinic-scope", ["name": "first", "scope": "x"]).status == 400)
    }
}
