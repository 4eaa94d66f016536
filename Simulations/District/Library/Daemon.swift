import FHIR
import Foundation
import HTTPSClient
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A daemon of the district, whether it runs or not: `hubd` or `clinicd` on a folder of its own.
///
/// ```
/// FOLDER/daemon.yaml    its configuration      FOLDER/data/    its dataDirectory
/// FOLDER/daemon.log     what it has logged
/// ```
package final class Daemon: Sendable {
    package enum Role: String, Sendable { case hub = "hubd", clinic = "clinicd" }

    package let role: Role
    package let name: String
    package let folder: String
    package let programs: ProgramFolder
    private let running = Mutex<RunningProgram?>(nil)
    private let control: HTTPSConnection

    package var configuration: String { "\(folder)/daemon.yaml" }
    package var data: String { "\(folder)/data" }
    package var database: String {
        "\(data)/\(role == .hub ? "hub" : "clinic").sqlite"
    }
    package var log: String { "\(folder)/daemon.log" }
    package var socket: String { "\(data)/control.sock" }

    /// Makes the folder and writes the configuration. Starts nothing.
    package init(
        _ role: Role, name: String, folder: String, programs: ProgramFolder, settings: String
    ) throws(DistrictFailure) {
        self.role = role
        self.name = name
        self.folder = folder
        self.programs = programs
        control = HTTPSConnection(
            endpoint: Endpoint(
                carrier: .unixSocket(path: "\(folder)/data/control.sock"),
                connectTimeout: .seconds(5)))
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
        } catch { throw .system("Making \(folder)", reason: error.localizedDescription) }
        try configure(settings)
    }

    /// Writes another configuration, for the next start.
    package func configure(_ settings: String) throws(DistrictFailure) {
        do {
            try Data("dataDirectory: data\n\(settings)".utf8)
                .write(to: URL(filePath: configuration))
        } catch {
            throw .system("Writing \(configuration)", reason: error.localizedDescription)
        }
    }

    // MARK: Running

    package var pid: pid_t? { running.withLock { $0?.pid } }
    package var isRunning: Bool { running.withLock { $0.map { $0.status == nil } ?? false } }

    private static let startTimeout = Duration.seconds(60)

    /// Starts it, and waits until it answers and listens.
    package func start() async throws {
        precondition(!isRunning, "\(name) runs already")
        let program = try RunningProgram(
            programs.program(role.rawValue), ["--config", configuration], output: log)
        running.withLock { $0 = program }
        let isReady = try await Polling.until(within: Daemon.startTimeout) {
            if let status = program.status {
                throw DistrictFailure.ended(program: name, status: status, log: logEnd)
            }
            // Asked only once it is there: a failed try costs more than a look.
            guard FileManager.default.fileExists(atPath: socket) else { return false }
            return await (try? status())?["addresses"]?.elements.isEmpty == false
        }
        guard isReady else {
            throw DistrictFailure.notReady(program: name, after: Daemon.startTimeout, log: logEnd)
        }
    }

    /// Stops it as a service manager would.
    /// - Returns: how long it took.
    /// - Throws: where it doesn't end with status 0 within 20 seconds; it is gone all the same.
    @discardableResult
    package func stop() async throws -> Duration {
        guard let program = running.withLock({ $0 }) else { return .zero }
        let clock = ContinuousClock()
        let start = clock.now
        program.signal(SIGTERM)
        let status = await program.waitUntilEnd(within: .seconds(20))
        running.withLock { $0 = nil }
        guard status == 0 else {
            throw DistrictFailure.ended(program: name, status: status ?? -1, log: logEnd)
        }
        return clock.now - start
    }

    /// Ends it as a power cut would end it, as far as a process can be.
    package func killNow() async {
        guard let program = running.withLock({ $0 }) else { return }
        program.signal(SIGKILL)
        await program.waitUntilEnd()
        running.withLock { $0 = nil }
    }

    /// The end of its log.
    package var logEnd: String {
        let text = String(
            decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
        return text.split(separator: "\n").suffix(12).joined(separator: "\n")
    }

    // MARK: Asking

    /// A command over its socket, as `syncctl` sends it.
    package func ask(
        _ command: String, _ body: JSON = [:], timeout: Duration = .seconds(120)
    ) async throws -> JSON {
        try await ask(command, bytes: body.compactBytes, timeout: timeout, on: control)
    }

    /// Takes FHIR in, over a connection of its own.
    package func take(_ document: [UInt8]) async throws -> JSON {
        let client = HTTPSConnection(endpoint: Endpoint(carrier: .unixSocket(path: socket)))
        return try await ask("import", bytes: document, timeout: .seconds(300), on: client)
    }

    private func ask(
        _ command: String, bytes: [UInt8], timeout: Duration, on client: HTTPSConnection
    ) async throws -> JSON {
        let response: HTTPResponse
        do {
            response = try await client.send(
                HTTPRequest(
                    method: "POST", path: "/control/\(command)",
                    headers: [("Content-Type", "application/fhir+json")], body: bytes,
                    timeout: timeout, isLongPoll: true, maximumResponseBytes: 256 << 20))
        } catch { throw DistrictFailure.unreachable("\(name) (\(command): \(error))") }
        guard response.status < 400 else {
            throw DistrictFailure.refused("\(command) at \(name)", status: response.status)
        }
        return try JSON(parsing: response.body)
    }

    package func status() async throws -> JSON { try await ask("status", timeout: .seconds(30)) }

    /// Where it is reached.
    package func address() async throws -> String {
        guard let address = try await status()["addresses"]?.elements.first?.text else {
            throw DistrictFailure.unexpected("\(name) has no address.")
        }
        return address
    }

    /// `syncctl … --config FILE`.
    package func syncctl(
        _ arguments: String..., within limit: Duration = .seconds(300)
    ) async throws -> CommandRun {
        try await CommandRun.run(
            programs.program("syncctl"), arguments + ["--config", configuration], in: folder,
            within: limit)
    }
}

extension Daemon {
    /// Lets some time go by, and ends it as a power cut would: at a moment that chance has drawn,
    /// whatever happens then.
    package func kill(after time: Duration) async throws {
        try await Task.sleep(for: time)
        await killNow()
    }

    /// Waits until its process is there, which need not answer yet; at most as long as `limit`, or
    /// until the task is cancelled. A process that has just died may still be taken to run for a
    /// moment, since its connections end before the system tells of its own end.
    package func waitUntilRunning(within limit: Duration) async {
        _ = try? await Polling.until(within: limit) { isRunning }
    }
}
