import ControlServer
import Foundation
import HTTPSClient
import Logging
import ServiceLifecycle
import Testing

@Suite("The door for syncctl", .timeLimit(.minutes(1)))
struct ControlServiceTests {
    /// A path that no other test has.
    private let path = NSTemporaryDirectory() + "control-\(UUID().uuidString.prefix(8))"

    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func client() -> HTTPSConnection {
        HTTPSConnection(endpoint: Endpoint(carrier: .unixSocket(path: path)))
    }

    private func service(
        answer: @escaping @Sendable (String, [UInt8]) async -> ControlService.Answer = {
            (200, Array($0.utf8) + $1)
        }
    ) -> ControlService {
        ControlService(
            path: path, maximumBodyBytes: 1000, logger: ControlServiceTests.quiet, answer: answer)
    }

    /// Runs `body` while the service serves, then stops it as a signal would.
    private func run(
        _ service: ControlService, _ body: @Sendable @escaping () async throws -> Void
    ) async throws {
        let configuration = ServiceGroupConfiguration(
            services: [service], logger: ControlServiceTests.quiet)
        let group = ServiceGroup(configuration: configuration)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            tasks.addTask {
                await untilAnswered(path)
                do { try await body() } catch {
                    await group.triggerGracefulShutdown()
                    throw error
                }
                await group.triggerGracefulShutdown()
            }
            try await tasks.waitForAll()
        }
    }

    @Test("A command is answered, by a socket that is its owner's alone and goes with the daemon")
    func command() async throws {
        try await run(service()) {
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
            #expect((mode as? NSNumber)?.intValue == 0o600)
            let response = try await client().send(
                HTTPRequest(method: "POST", path: "/control/status", body: Array("{}".utf8)))
            #expect(response.status == 200)
            #expect(response.body == Array("status{}".utf8))
            let big = [UInt8](repeating: 1, count: 1001)
            let tooBig = try await client().send(
                HTTPRequest(method: "POST", path: "/control/import", body: big))
            #expect(tooBig.status == 413)
            #expect(try await client().send(HTTPRequest(path: "/control/status")).status == 404)
        }
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(!FileManager.default.fileExists(atPath: path + ".new"))
    }

    @Test("A command whose input isn't JSON says so in its headers")
    func headers() async throws {
        let typed = ControlService(
            path: path, logger: ControlServiceTests.quiet,
            answering: { (200, Array(($0.headers["content-type"] ?? "").utf8) + $0.body) })
        try await run(typed) {
            let response = try await client().send(
                HTTPRequest(
                    method: "POST", path: "/control/import", headers: [("Content-Type", "a/b")],
                    body: Array("!".utf8)))
            #expect(response.body == Array("a/b!".utf8))
        }
    }

    @Test("A running daemon's socket is refused, and its owner goes on serving")
    func inUse() async throws {
        let second = service { _, _ in (500, []) }
        try await run(service()) {
            let error = await #expect(throws: (any Error).self) { try await second.run() }
            #expect("\(error.map { "\($0)" } ?? "")".contains(path))
            let response = try await client().send(
                HTTPRequest(method: "POST", path: "/control/x", body: []))
            #expect(response.body == Array("x".utf8))
        }
    }

    @Test("What a dead daemon has left is replaced; what is no socket is not")
    func leftovers() async throws {
        // Killed amid its start: the private folder is there, and a socket nobody answers.
        try FileManager.default.createDirectory(
            atPath: path + ".new", withIntermediateDirectories: false)
        try deadSocket(at: path)
        try await run(service()) {
            let response = try await client().send(
                HTTPRequest(method: "POST", path: "/control/y", body: []))
            #expect(response.body == Array("y".utf8))
        }
        try Data("precious".utf8).write(to: URL(filePath: path))
        await #expect(throws: (any Error).self) { try await service().run() }
        #expect(try Data(contentsOf: URL(filePath: path)) == Data("precious".utf8))
        try FileManager.default.removeItem(atPath: path)
    }

    @Test("A command that waits is told when the daemon stops")
    func stop() async throws {
        let (entered, enter) = AsyncStream<Void>.makeStream()
        let waiting = service { _, _ in
            enter.yield()
            _ = await AsyncStream<Void> { _ in }.first { true }
            return (200, Array("\(Task.isCancelled)".utf8))
        }
        let answer = Task { () async throws -> HTTPResponse in
            await untilAnswered(path)
            return try await client().send(
                HTTPRequest(method: "POST", path: "/control/sync", isLongPoll: true))
        }
        try await run(waiting) { _ = await entered.first { true } }
        #expect(try await answer.value.body == Array("true".utf8))
    }
}
