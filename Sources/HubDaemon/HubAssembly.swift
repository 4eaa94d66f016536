import ControlServer
import FHIR
import Foundation
import HubServer
import Logging
import Records
import ServiceLifecycle
import Settings
import Sync
import Trust

/// What `hubd` consists of, put together from its configuration.
package struct HubAssembly: Sendable {
    /// In the order in which they start; they stop the other way round.
    package let services: [any Service]
    package let logger: Logger
    private let node: HubNode
    private let lock: FolderLock

    /// Opens all that the hub has, and makes what is missing.
    ///
    /// - Parameter announce: called with lines for the person who started it, once the hub can be
    ///   reached.
    /// - Throws: `FolderLock.Failure`, `HubFailure`, `TrustError`, `StorageFailure` or a `CocoaError`, each with a
    ///   description for people.
    package init(
        _ settings: HubSettings, announce: @escaping @Sendable (String) -> Void
    ) throws {
        let logger = Logger(label: "hubd")
        for warning in settings.report.warnings { logger.warning("\(warning)") }
        try HubAssembly.makeFolder(settings.dataDirectory)
        lock = try FolderLock(path: settings.dataDirectory + "/lock")
        let folder = try CredentialFolder(path: settings.dataDirectory + "/credentials")
        let isNew = !folder.hasAuthority
        let moment = Moment.date(SystemClock.reading().wall)
        let authority = try folder.authority(commonName: "ClinicSync hub", now: moment)
        if isNew {
            logger.notice(
                """
                A certificate authority was made. Keep a copy of it in a safe place: without it, \
                every clinic must enrol again
                """, metadata: ["folder": "\(folder.path)"])
        }
        let node = try HubNode(
            settings, authority: authority, registry: RegistryFile(folder: folder), logger: logger)
        let trusted = Moment.date(node.view.trustedTime())
        let server = try HubService(
            configuration: HubService.Configuration(
                host: settings.listen.host, port: settings.listen.port, root: authority.root,
                limits: HubAssembly.limits(settings),
                trustedTime: { Int64(node.view.trustedTime() / 1000) }),
            credentials: try folder.serverCredentials(
                of: authority, hosts: settings.hosts, now: trusted),
            routes: HubAssembly.routes(node, settings), logger: logger,
            onListening: { port in
                node.view.port = port
                let address = node.addresses.first ?? ""
                logger.notice(
                    "Listening",
                    metadata: ["address": "\(address)", "rootKeyHash": "\(node.rootKeyHash)"])
                announce("hubd listens on \(address)")
                announce("root key hash: \(node.rootKeyHash)")
            })
        let commands = HubCommands(node: node)
        let control = ControlService(path: settings.socket, logger: logger) { command, body in
            await commands.answer(command, body)
        }
        services = [
            NamedService(name: "control", service: control),
            NamedService(
                name: "upkeep",
                service: HubUpkeep(node: node, server: server, credentials: folder)),
            NamedService(
                name: "server", service: Listener(server: server, address: "\(settings.listen)")),
        ]
        self.node = node
        self.logger = logger
    }

    /// Closes the database. Nothing of the hub can be used any more.
    package func close() async throws { try await node.close() }

    /// What a start would do, a line each.
    package static func plan(_ settings: HubSettings) -> [String] {
        let files = FileManager.default
        let data = settings.dataDirectory
        var lines: [String] = []
        if !files.fileExists(atPath: data) { lines.append("makes the folder \(data)") }
        lines.append(
            files.fileExists(atPath: data + "/credentials/root.pem")
                ? "uses the certificate authority in \(data)/credentials"
                : "makes a certificate authority in \(data)/credentials")
        let database = data + "/hub.sqlite"
        lines.append(
            files.fileExists(atPath: database)
                ? "opens \(database) (\(DiskSpace.bytes(ofFile: database)) bytes)"
                : "makes the database \(database)")
        let names = settings.hosts.joined(separator: ", ")
        lines.append("takes clinics at \(settings.listen), as \(names)")
        lines.append(
            settings.backup.every == nil
                ? "makes backups only when asked, in \(settings.backup.directory)"
                : "makes backups in \(settings.backup.directory), and keeps "
                    + "\(settings.backup.keep)")
        return lines
    }

    private static func makeFolder(_ path: String) throws(HubFailure) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        } catch { throw HubFailure(path: path, error) }
    }

    private static func limits(_ settings: HubSettings) -> HubLimits {
        precondition(
            HubSettings.Exchange.leastBytes
                >= Limits.writtenFrameBytes + Limits.requestOverheadBytes,
            "a hub takes what any clinic may write")
        var limits = HubLimits()
        limits.maximumExchangeBytes = settings.exchange.maximumBytes
        return limits
    }

    private static func routes(_ node: HubNode, _ settings: HubSettings) -> HubRoutes {
        let exchange = HubExchange(
            node: node, turnstile: Turnstile(width: settings.exchange.maximumInFlight))
        return HubRoutes(
            admission: { certificate in
                let known = node.view.admission(of: certificate)
                return known == .unknown ? await node.admission(of: certificate) : known
            },
            exchange: { try await exchange.answer($0, $1, $2) },
            enrol: { try await node.enrol($0) },
            renew: { try await node.renew($0, csrPEM: $1) },
            metrics: { (try? await node.metricsPage()) ?? "" },
            ready: { await node.readiness() })
    }
}

/// A service under a short name, for the log.
private struct NamedService: Service, CustomStringConvertible {
    let name: String
    let service: any Service
    var description: String { name }

    func run() async throws { try await service.run() }
}

/// The HTTPS server, whose failure to listen says what to do.
private struct Listener: Service {
    let server: HubService
    let address: String

    func run() async throws {
        do { try await server.run() } catch is CancellationError {
        } catch {
            throw HubFailure.cannotListen(address: address, reason: "\(error)")
        }
    }
}

extension CredentialFolder {
    fileprivate var hasAuthority: Bool {
        FileManager.default.fileExists(atPath: path + "/root.pem")
    }
}
