import Causality
import Foundation
import HubDaemon
import Replica
import Sync
import Testing

@Suite("A backup beside the exchange")
struct BackupTests {
    @Test("What counts as backed up is what the copy holds, whatever is committed meanwhile")
    func heads() async throws {
        let hub = try TestHubNode()
        let machine = try await hub.enrol("first")
        let clinic = try machine.clinic(in: hub.folder)
        for _ in 0..<200 { try clinic.register() }
        try await clinic.catchUp(with: hub.node)
        let node = hub.node
        async let making = node.backUp()
        for _ in 0..<50 {
            try clinic.register()
            try await clinic.catchUp(with: node)
        }
        let backup = try await making
        try await clinic.catchUp(with: node)
        let heads = try backup.heads
        let own = clinic.replica.allOrigins.filter { $0.node == clinic.node }
        #expect(!own.isEmpty)
        for origin in own {
            #expect(clinic.replica.head(origin)?.backedUp == heads[origin])
        }
        #expect(clinic.replica.head(own[0])?.sequence == 250)
        // And a second one, of all.
        let all = try await node.backUp()
        try await clinic.catchUp(with: node)
        for origin in own {
            #expect(try all.heads[origin] == clinic.replica.head(origin)?.sequence)
            #expect(clinic.replica.head(origin)?.backedUp == clinic.replica.head(origin)?.sequence)
        }
    }

    @Test("Of two backups at once one is made, and the other says so")
    func twice() async throws {
        let hub = try TestHubNode()
        let node = hub.node
        async let first = HubCommands(node: node).answer("backup", [])
        async let second = HubCommands(node: node).answer("backup", [])
        let statuses = await [first.status, second.status].sorted()
        // One may have ended before the other began.
        #expect(statuses == [200, 409] || statuses == [200, 200])
        let files = try FileManager.default.contentsOfDirectory(atPath: hub.folder + "/backups")
        #expect(files.allSatisfy { $0.hasSuffix(".sqlite") })
    }
}
