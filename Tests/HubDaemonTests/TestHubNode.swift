import Causality
import ControlServer
import Foundation
import Hospital
import Hub
import HubDaemon
import HubServer
import Logging
import Records
import Replica
import Settings
import Sync
import Trust

/// A hub as hubd runs it, on real files, without its door.
final class TestHubNode {
    let folder: String
    private let settings: HubSettings
    private(set) var node: HubNode

    init() throws {
        folder = "/tmp/hub-\(UUID().uuidString)"
        settings = try HubSettings.load(
            file: nil, environment: ["CLINICSYNC_DATA_DIRECTORY": folder],
            workingDirectory: "/tmp")
        node = try TestHubNode.open(settings)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private static func open(_ settings: HubSettings) throws -> HubNode {
        let folder = try CredentialFolder(path: settings.dataDirectory + "/credentials")
        let authority = try folder.authority(commonName: "Test hub", now: Date())
        return try HubNode(
            settings, authority: authority, registry: RegistryFile(folder: folder),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Stops the hub, has its files changed, and starts it again.
    func restart(_ change: () throws -> Void = {}) async throws {
        try await node.close()
        try change()
        node = try TestHubNode.open(settings)
    }

    /// Puts the database back to a backup, and nothing else.
    func restore(_ backup: Backup) async throws {
        try await restart {
            let database = folder + "/hub.sqlite"
            for suffix in ["", "-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: database + suffix)
            }
            try FileManager.default.copyItem(atPath: backup.path, toPath: database)
        }
    }

    /// What syncctl is answered.
    func ask(_ command: String, _ input: [String: String] = [:]) async throws -> (
        status: Int, json: [String: Any]
    ) {
        let body = Array(try JSONEncoder().encode(input))
        let answer = await HubCommands(node: node).answer(command, body)
        let json = try JSONSerialization.jsonObject(with: Data(answer.body))
        return (answer.status, json as? [String: Any] ?? [:])
    }

    /// What `status` says of a clinic.
    func clinic(_ name: String) async throws -> [String: Any]? {
        let clinics = try await ask("status").json["clinics"] as? [[String: Any]]
        return clinics?.first { $0["name"] as? String == name }
    }

    /// Makes a code, and has a machine enrol with it.
    func enrol(_ name: String, scope: String = "own") async throws -> TestMachine {
        let answer = try await ask("clinic-add", ["name": name, "scope": scope])
        return try await machine(code: answer.json["code"] as? String ?? "")
    }

    func machine(code text: String, key: ClinicKey = ClinicKey()) async throws -> TestMachine {
        let code = try EnrolmentCode(text: String(text.prefix { $0 != "@" }))
        let answer = try await node.enrol(
            EnrolmentRequest(code: code, csrPEM: key.csrPEM(name: "x")))
        return TestMachine(
            node: NodeID(rawValue: answer.nodeNumber ?? 0), certificatePEM: answer.certificatePEM)
    }
}

/// A machine that has enrolled.
struct TestMachine {
    let node: NodeID
    let certificatePEM: String

    func admission(at hub: TestHubNode) async throws -> HubRoutes.Admission {
        await hub.node.admission(of: try ClinicCertificate(pem: certificatePEM))
    }

    /// Its replica, in memory's folder.
    func clinic(in folder: String) throws -> Clinic {
        try Clinic(
            path: "\(folder)/clinic-\(node).sqlite", schema: HospitalSchema.current, node: node,
            identity: [1], now: TestMachine.clock, random: SystemRandomNumberGenerator())
    }

    static var clock: ClockReading {
        ClockReading(
            wall: UInt64(Date().timeIntervalSince1970 * 1000),
            monotonic: UInt64(ProcessInfo.processInfo.systemUptime * 1000))
    }
}

extension Clinic {
    /// Registers a patient, with an Organization that manages them where one is given.
    @discardableResult
    func register(managedBy organization: String? = nil) throws -> RecordID {
        var random = SystemRandomNumberGenerator()
        let id = RecordID(using: &random)
        var units: [(UInt8, Value)] = [(PatientUnit.registrar, .text(node.description))]
        if let organization {
            units.append((PatientUnit.managingOrganization, .text("Organization/\(organization)")))
        }
        try write(at: TestMachine.clock) { transaction in
            try transaction.put(
                RecordKey(entity: EntityNumber.patient, id: id), in: .patient(id), units)
        }
        return id
    }

    /// Exchanges until nothing moves any more.
    func catchUp(with hub: HubNode) async throws {
        for _ in 0..<100 {
            if let chunk = try chunkRequest(limit: 1 << 20) {
                try apply(await answer(chunk.encoded(), of: hub), to: chunk)
            }
            let sent = try exchange(
                pushBytes: 1 << 20, pulls: true, wait: 0, limit: 1 << 20, at: TestMachine.clock)
            let outcome = try apply(
                await answer(sent.bytes, of: hub), to: sent, at: TestMachine.clock)
            if outcome.behind == 0, outcome.received == 0, sent.request.frames.isEmpty,
                try chunkRequest(limit: 1) == nil, !hasPending
            {
                return
            }
        }
    }

    private func answer(_ bytes: [UInt8], of hub: HubNode) async throws -> [UInt8] {
        let step = try await hub.answer(
            HubRequest(bytes, from: node), from: node.rawValue, waited: .seconds(1))
        guard case .answer(let answer) = step else { return [] }
        return answer
    }
}
