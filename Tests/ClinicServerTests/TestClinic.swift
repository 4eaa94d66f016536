import Causality
import ClinicServer
import ControlServer
import FHIR
import Foundation
import Hospital
import Logging
import Records
import Settings
import Sync
import Trust

/// A clinic as clinicd runs it, enrolled, on real files, whose hub is not there.
final class TestClinic {
    let folder: ClinicFolder
    let node = NodeID(rawValue: 7)

    init() throws {
        folder = try ClinicFolder(path: "/tmp/clinic-\(UUID().uuidString)")
        let authority = try Authority.create(commonName: "Test hub", now: Date())
        let key = try folder.credentials.pendingKey()
        let certificate = try authority.sign(
            csrPEM: key.csrPEM(name: "first"), node: node.rawValue, name: "first", now: Date())
        _ = try folder.credentials.adopt(certificatePEM: certificate, root: authority.root)
        try folder.write(
            Enrolment(node: node.description, name: "first", hubURL: "https://127.0.0.1:1"))
    }

    deinit { try? FileManager.default.removeItem(atPath: folder.path) }

    static var clock: ClockReading {
        ClockReading(
            wall: UInt64(Date().timeIntervalSince1970 * 1000),
            monotonic: UInt64(ProcessInfo.processInfo.systemUptime * 1000))
    }

    /// The replica as it is while no daemon runs.
    func withReplica(_ body: (Clinic) throws -> Void) throws {
        let clinic = try Clinic(
            path: folder.database, schema: HospitalSchema.current, node: node,
            identity: FileIdentity(ofFile: folder.database).bytes, now: TestClinic.clock,
            random: SystemRandomNumberGenerator())
        try body(clinic)
        try clinic.close()
    }

    /// Runs `body` with the commands of a daemon on this folder.
    func withDaemon(
        lowDisk: UInt64 = 0, _ body: (ControlCommands) async throws -> Void
    ) async throws {
        let daemon = try ClinicDaemon(
            ClinicDaemon.Configuration(
                folder: folder, hubURL: nil, limits: ClinicSession.Limits(),
                socket: folder.path + "/socket", version: "test", lowDisk: lowDisk),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await body(ControlCommands(daemon))
        await daemon.close()
    }
}

extension ControlCommands {
    /// What syncctl is answered.
    func ask(_ command: String) async throws -> JSON {
        try JSON(parsing: await answer(ControlService.Command(name: command)).body)
    }
}
