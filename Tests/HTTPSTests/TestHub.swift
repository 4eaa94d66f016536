import Foundation
import HTTPSClient
import HubServer
import Logging
import ServiceLifecycle
import Synchronization
import Trust

/// The hub's real server on a free port of this machine, with an authority of its own, and
/// closures that a test sets.
struct TestHub: Sendable {
    /// What trusted time says, on both sides, unless a test says otherwise. Long past, so that a
    /// clinic's certificate, made for ten days, has expired for whoever looks at the wall clock.
    static let now: Int64 = 1_769_817_600

    static var today: Date { Date(timeIntervalSince1970: Double(now)) }

    let authority: Authority
    let port: Int
    /// Ends the server as a signal would.
    let stop: @Sendable () async -> Void

    var url: String { "https://127.0.0.1:\(port)" }

    /// Credentials of a clinic, as `Authority` issues them.
    static func credentials(
        _ node: UInt64, by authority: Authority, days: Int = 10
    ) throws -> Endpoint.Credentials {
        let key = ClinicKey()
        let certificate = try authority.sign(
            csrPEM: key.csrPEM(name: "x"), node: node, name: "Clinic", now: today, days: days)
        return Endpoint.Credentials(
            certificatePEM: certificate, privateKeyPEM: key.privateKeyPEM)
    }

    func client(
        _ credentials: Endpoint.Credentials? = nil, root: Endpoint.Root? = nil, url: String? = nil,
        now: Int64 = TestHub.now
    ) -> HTTPSConnection {
        let root = root ?? .certificate(pem: authority.rootCertificatePEM)
        let tls = Endpoint.TLS(root: root, credentials: credentials) { now }
        return HTTPSConnection(endpoint: Endpoint(carrier: .tls(url: url ?? self.url, tls)))
    }

    func client(of node: UInt64) throws -> HTTPSConnection {
        client(try TestHub.credentials(node, by: authority))
    }

    /// Routes that do the least that can be seen from outside: an exchange gives its input back.
    static func routes(
        exchange: @escaping @Sendable (UInt64, [UInt8]) async throws -> [UInt8] = { $1 }
    ) -> HubRoutes {
        HubRoutes(
            admission: { _ in .admitted },
            exchange: { node, body, _ in try await exchange(node, body) },
            enrol: { _ in throw CancellationError() }, renew: { _, _ in throw CancellationError() },
            metrics: { "clinics 1\n" }, ready: { (true, "") })
    }

    /// Runs `body` while the hub serves, then stops the hub.
    static func run(
        _ routes: HubRoutes = TestHub.routes(), limits: HubLimits = HubLimits(),
        hosts: [String] = ["127.0.0.1"], authority: Authority? = nil, now: Int64 = TestHub.now,
        _ body: @Sendable @escaping (TestHub) async throws -> Void
    ) async throws {
        let authority = try authority ?? Authority.create(commonName: "Test hub", now: today)
        let listening = Signal<Int>()
        let service = try HubService(
            configuration: HubService.Configuration(
                host: "127.0.0.1", port: 0, root: authority.root, limits: limits,
                trustedTime: { now }),
            credentials: authority.issueServerCertificate(hosts: hosts, now: today),
            routes: routes, logger: quiet, onListening: { listening.send($0) })
        var configuration = ServiceGroupConfiguration(services: [service], logger: quiet)
        configuration.maximumGracefulShutdownDuration = .seconds(10)
        let group = ServiceGroup(configuration: configuration)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            tasks.addTask {
                let port = await listening.next() ?? 0
                let hub = TestHub(
                    authority: authority, port: port,
                    stop: { await group.triggerGracefulShutdown() })
                do { try await body(hub) } catch {
                    await hub.stop()
                    throw error
                }
                await hub.stop()
            }
            try await tasks.waitForAll()
        }
    }

    static var quiet: Logger {
        Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    }
}

/// Counts, from any task.
final class Counter: Sendable {
    private let count = Mutex(0)

    func add() { count.withLock { $0 += 1 } }

    var value: Int { count.withLock { $0 } }
}

extension HTTPRequest {
    static func exchange(_ body: [UInt8], isLongPoll: Bool = false) -> HTTPRequest {
        HTTPRequest(
            method: "POST", path: "/v1/exchange",
            headers: [("Content-Type", "application/octet-stream")], body: body,
            timeout: .seconds(30), isLongPoll: isLongPoll)
    }

    static func form(_ path: String, _ form: some Encodable) throws -> HTTPRequest {
        HTTPRequest(
            method: "POST", path: path, headers: [("Content-Type", "application/json")],
            body: Array(try JSONEncoder().encode(form)), timeout: .seconds(30))
    }
}

extension HTTPResponse {
    /// The problem that the answer says, if it says one.
    var problem: Problem? {
        guard headers["content-type"] == Problem.mediaType else { return nil }
        return try? JSONDecoder().decode(Problem.self, from: Data(body))
    }
}
