import Causality
import Foundation
import HTTPSClient
import Records
import Replica
import Sync
import Trust

/// A clinic of a benchmark: the product's replica, its session and its HTTPS client, with the
/// workload's schema. It exchanges until it has what it is to have, and then waits.
actor BenchClinic {
    private nonisolated let executor = DatabaseExecutor(label: "clinic")
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }
    private let clinic: Clinic
    private var session = ClinicSession(
        limits: ClinicSession.Limits(longPoll: 0, idle: 100, bytes: 1 << 20))
    private var random = SystemRandomNumberGenerator()
    private var isDone = false
    /// The channels that have nothing to do for now.
    private var waiting: [ClinicSession.Channel: CheckedContinuation<Void, Never>] = [:]

    /// What a run is to come to.
    struct Goal: Sendable {
        /// Records that must be here.
        var records: Int64
    }

    init(folder: String, name: String) throws {
        clinic = try BenchClinic.open(folder, name)
    }

    static func open(_ folder: String, _ name: String) throws -> Clinic {
        let node = try String(contentsOfFile: "\(folder)/\(name).node", encoding: .utf8)
        return try Clinic(
            path: "\(folder)/\(name).sqlite", schema: BenchSchema.schema,
            node: NodeID(rawValue: UInt64(node)!), identity: [1], now: Clocks.reading(),
            random: SystemRandomNumberGenerator())
    }

    /// What a channel is to send next, as soon as there is anything; `nil` once the goal is reached.
    func next(
        _ channel: ClinicSession.Channel, _ goal: Goal
    ) async throws -> ClinicSession.Request? {
        while try !reached(goal) {
            switch try session.next(channel, of: clinic, at: Clocks.reading()) {
            case .send(let request): return request
            case .wait(let time): await wait(channel, until: time)
            }
            try Task.checkCancellation()
        }
        return nil
    }

    /// Until a time of the session's, or until something comes of the other channel's request.
    private func wait(_ channel: ClinicSession.Channel, until time: UInt64) async {
        // The session's own next time comes as no event.
        let timer =
            time == .max
            ? nil
            : Task {
                let now = Clocks.reading().monotonic
                try await Task.sleep(for: .milliseconds(time - min(time, now)))
                wake(channel)
            }
        defer { timer?.cancel() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiting[channel] = $0 }
        } onCancel: {
            Task { await wake(channel) }
        }
    }

    private func wake(_ channel: ClinicSession.Channel) {
        waiting.removeValue(forKey: channel)?.resume()
    }

    private func wakeAll() { ClinicSession.Channel.allCases.forEach(wake) }

    private func reached(_ goal: Goal) throws -> Bool {
        if isDone { return true }
        guard !clinic.hasPending, !clinic.comparisons.isEmpty else { return false }
        // The last key costs nothing to ask; a count would read the whole table at each turn.
        let records = try clinic.replica.store.reading {
            try clinic.replica.store.count("SELECT max(_key) FROM patient")
        }
        isDone = try records >= goal.records && clinic.chunkRequest(limit: 1) == nil
        return isDone
    }

    func received(_ bytes: [UInt8], _ request: ClinicSession.Request, _ on: ClinicSession.Channel)
        throws
    {
        try session.received(
            bytes, for: request, on: on, by: clinic, at: Clocks.reading(), using: &random)
        wakeAll()
    }

    func failed(_ request: ClinicSession.Request, _ on: ClinicSession.Channel) {
        session.failed(request, on: on, at: Clocks.reading(), using: &random)
        wakeAll()
    }

    /// Exchanges through `port` until the goal is reached, prints what it took, and waits for the
    /// end of standard input.
    static func run(folder: String, name: String, port: Int, goal: Goal) async throws {
        let node = try BenchClinic(folder: folder, name: name)
        let start = Date()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for channel in ClinicSession.Channel.allCases {
                let client = try client(folder, name, port)
                group.addTask { try await exchange(node, client, channel, goal) }
            }
            try await group.waitForAll()
        }
        Standard.say("\(Date().timeIntervalSince(start))")
        await Standard.inputEnd()
    }

    private static func exchange(
        _ node: BenchClinic, _ client: HTTPSConnection, _ channel: ClinicSession.Channel,
        _ goal: Goal
    ) async throws {
        while let request = try await node.next(channel, goal) {
            let response = try? await client.send(
                HTTPRequest(
                    method: "POST", path: "/v1/exchange",
                    headers: [("Content-Type", "application/octet-stream")], body: request.bytes,
                    timeout: .seconds(600), maximumResponseBytes: 64 << 20))
            if let response, response.status == 200 {
                try await node.received(response.body, request, channel)
            } else {
                await node.failed(request, channel)
            }
        }
    }

    private static func client(_ folder: String, _ name: String, _ port: Int) throws
        -> HTTPSConnection
    {
        func read(_ file: String) throws -> String {
            try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
        }
        return HTTPSConnection(
            endpoint: Endpoint(
                carrier: .tls(
                    url: "https://127.0.0.1:\(port)",
                    Endpoint.TLS(
                        root: .certificate(pem: try read("root.crt")),
                        credentials: Endpoint.Credentials(
                            certificatePEM: try read("\(name).crt"),
                            privateKeyPEM: try read("\(name).secret")),
                        trustedTime: { Int64(Date().timeIntervalSince1970) })),
                leastSpeed: Endpoint.LeastSpeed(bytesPerSecond: 1, window: .seconds(120))))
    }
}
