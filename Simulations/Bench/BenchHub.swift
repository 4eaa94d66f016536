import Causality
import Foundation
import Hub
import HubServer
import Logging
import Records
import Replica
import ServiceLifecycle
import Sync
import Trust

/// The hub of a benchmark: the product's store and its HTTPS server, with the workload's schema.
actor BenchHub {
    private nonisolated let executor = DatabaseExecutor(label: "hub")
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }
    private let store: HubStore

    init(folder: String) throws { store = try BenchHub.open(folder) }

    static func open(_ folder: String) throws -> HubStore {
        try HubStore(
            path: folder + "/hub.sqlite", schema: BenchSchema.schema, identity: [1],
            now: Clocks.reading(), random: SystemRandomNumberGenerator())
    }

    func exchange(_ node: UInt64, _ body: [UInt8]) throws -> [UInt8] {
        let answer = try store.answer(
            body, from: NodeID(rawValue: node), at: Clocks.reading(), mayWait: false)
        guard case .answer(let bytes, _) = answer else { return [] }
        return bytes
    }

    /// Serves until standard input ends. Prints its port first.
    static func serve(folder: String) async throws {
        let hub = try BenchHub(folder: folder)
        let credentials = try CredentialFolder(path: folder + "/credentials")
        let authority = try credentials.authority(commonName: "bench", now: Date())
        let server = try HubService(
            configuration: HubService.Configuration(
                host: "127.0.0.1", port: 0, root: authority.root,
                trustedTime: { Int64(Date().timeIntervalSince1970) }),
            credentials: try credentials.serverCredentials(
                of: authority, hosts: ["127.0.0.1"], now: Date()),
            routes: HubRoutes(
                admission: { _ in .admitted },
                exchange: { node, body, _ in try await hub.exchange(node, body) },
                enrol: { _ in throw HubRefusal.unknownCode },
                renew: { _, _ in throw HubRefusal.unknownCode }, metrics: { "" },
                ready: { (true, "") }),
            logger: Logger(label: "bench", factory: { _ in SwiftLogNoOpLogHandler() }),
            onListening: { port in
                Standard.say("\(port)")
            })
        let group = ServiceGroup(services: [server], logger: Logger(label: "bench"))
        let running = Task { try await group.run() }
        await Standard.inputEnd()
        await group.triggerGracefulShutdown()
        try await running.value
    }
}

enum Clocks {
    static func reading() -> ClockReading {
        let wall = UInt64(Date().timeIntervalSince1970 * 1000)
        return ClockReading(wall: wall, monotonic: DispatchTime.now().uptimeNanoseconds / 1_000_000)
    }
}

enum Standard {
    /// Writes a line at once. (Flushing all streams would wait for the one that is being read.)
    static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

    /// Returns when standard input has come to its end.
    static func inputEnd() async {
        await withCheckedContinuation { continuation in
            Thread {
                while readLine() != nil {}; continuation.resume()
            }.start()
        }
    }
}
