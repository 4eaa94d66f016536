import Causality
import Foundation
import Hospital
import Hub
import HubDaemon
import Records
import Replica
import Sync
import Testing

@Suite("A clinic's scope is changed")
struct ScopeTests {
    private func patients(_ clinic: Clinic) throws -> Int64 {
        try clinic.replica.store.reading {
            try clinic.replica.store.count("SELECT count(*) FROM patient WHERE _hidden IS NULL")
        }
    }

    @Test("It is sent the district's patients from then on, and its own again after")
    func thereAndBack() async throws {
        let hub = try TestHubNode()
        let (a, b) = (try await hub.enrol("a"), try await hub.enrol("b"))
        let first = try a.clinic(in: hub.folder)
        let second = try b.clinic(in: hub.folder)
        for _ in 0..<300 { try first.register() }
        for _ in 0..<3 { try second.register() }
        for _ in 0..<3 {
            for clinic in [first, second] { try await clinic.catchUp(with: hub.node) }
        }
        #expect(try patients(second) == 3)
        #expect(
            try await hub.ask("clinic-scope", ["name": "b", "scope": "district"]).status == 200)
        for _ in 0..<3 { try await second.catchUp(with: hub.node) }
        #expect(try patients(second) == 303)
        #expect(try second.standing(at: TestMachine.clock).isEqual == true)
        #expect(second.comparisons[.district] != nil)
        #expect(try await hub.clinic("b")?["digestEqual"] as? Bool == true)

        _ = try await hub.ask("clinic-scope", ["name": "b", "scope": "own"])
        _ = try await hub.node.backUp()
        for _ in 0..<4 { try await second.catchUp(with: hub.node) }
        #expect(try patients(second) == 3)
        #expect(second.comparisons[.district] == nil)
        #expect(try second.standing(at: TestMachine.clock).isEqual == true)
        // What it registers is held as ever.
        try second.register()
        for _ in 0..<2 { try await second.catchUp(with: hub.node) }
        #expect(try patients(second) == 4)
        #expect(try second.standing(at: TestMachine.clock).isEqual == true)
        let verified = try await hub.ask("verify")
        #expect(verified.json["equal"] as? Bool == true, "\(verified.json)")
    }

    @Test("A clinic that is added, or gets another Organization, is sent who names it already")
    func named() async throws {
        let hub = try TestHubNode()
        let a = try await hub.enrol("a")
        let first = try a.clinic(in: hub.folder)
        for number in 0..<300 { try first.register(managedBy: number < 200 ? "late" : "moved") }
        for _ in 0..<2 { try await first.catchUp(with: hub.node) }
        let late = try await hub.enrol("late")
        let second = try late.clinic(in: hub.folder)
        for _ in 0..<3 { try await second.catchUp(with: hub.node) }
        #expect(try patients(second) == 200)
        #expect(try second.standing(at: TestMachine.clock).isEqual == true)
        #expect(try patients(first) == 300)
        // Its machine is replaced, and it is told its right Organization.
        _ = try await hub.ask("clinic-revoke", ["name": "late"])
        let added = try await hub.ask("clinic-add", ["name": "late", "organization": "moved"])
        let folder = hub.folder + "/replacement"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let third = try await hub.machine(code: added.json["code"] as? String ?? "")
            .clinic(in: folder)
        for _ in 0..<3 { try await third.catchUp(with: hub.node) }
        #expect(try patients(third) == 100)
        #expect(try third.standing(at: TestMachine.clock).isEqual == true)
    }

    @Test("A hub that is stopped while it looks at who holds what goes on where it was")
    func interrupted() async throws {
        let folder = "/tmp/looks-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func open() throws -> HubStore {
            try HubStore(
                path: folder + "/hub.sqlite", schema: HospitalSchema.current, identity: [1],
                now: TestMachine.clock, random: SystemRandomNumberGenerator())
        }
        var hub = try open()
        let added = try hub.add(
            "a", scope: .own, organization: nil, codeID: [1], verifier: [1],
            at: TestMachine.clock)
        let a = TestMachine(node: added.node, certificatePEM: "")
        let clinic = try a.clinic(in: folder)
        for _ in 0..<10 { try clinic.register() }
        let sent = try clinic.exchange(
            pushBytes: 1 << 20, pulls: true, wait: 0, limit: 1 << 20, at: TestMachine.clock)
        _ = try hub.answer(sent.bytes, from: a.node, at: TestMachine.clock, mayWait: false)
        _ = try hub.setScope("a", .district)
        _ = try hub.lookAnew(4)
        #expect(hub.isLooking)
        try hub.close()
        hub = try open()
        #expect(hub.isLooking)
        while hub.isLooking { _ = try hub.lookAnew(4) }
        let held = try hub.node.store.reading {
            try hub.node.store.count("SELECT count(*) FROM _holder")
        }
        #expect(held == 0)
        try hub.close()
        try clinic.close()
    }
}
