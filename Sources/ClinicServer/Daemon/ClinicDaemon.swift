// The clinic's daemon: one replica behind an actor, an exchange with the hub in the background,
// FHIR on loopback, and the answers for `syncctl`.
//
// Invariants: no read or write of a user waits for the network; the replica has one owner, the
// actor ``ClinicNode``, on a thread of its own; an answer that is not the hub's moves nothing; no
// health data enters a log line, a metric or an error.

import Causality
import Foundation
import Logging
import Settings
import Sync
import Synchronization
import Trust

/// What the services of the daemon share. A clinic that isn't enrolled has no node: its daemon
/// runs all the same, and says so.
package final class ClinicDaemon: Sendable {
    package struct Configuration: Sendable {
        package var folder: ClinicFolder
        /// Wins over what the enrolment says.
        package var hubURL: String?
        package var limits: ClinicSession.Limits
        package var socket: String
        package var version: String
        /// Bytes of the disk below which `status` warns.
        package var lowDisk: UInt64

        package init(
            folder: ClinicFolder, hubURL: String?, limits: ClinicSession.Limits, socket: String,
            version: String, lowDisk: UInt64
        ) {
            self.folder = folder
            self.hubURL = hubURL
            self.limits = limits
            self.socket = socket
            self.version = version
            self.lowDisk = lowDisk
        }
    }

    let configuration: Configuration
    let logger: Logger
    /// When this process started, in milliseconds since 1970, as its wall clock had it.
    let started = MachineClock.now().wall
    let metrics = ClinicMetrics()
    private let lock: FolderLock
    private struct State {
        var node: ClinicNode?
        /// Where FHIR is served, once it is: `http://127.0.0.1:8080`.
        var address: String?
    }
    private let state = Mutex(State())
    private let enrolled = Bell()
    let connection = Mutex(HubConnection())

    /// - Throws: when another daemon has the folder, or what is in it can't be read.
    package init(_ configuration: Configuration, logger: Logger) throws {
        self.configuration = configuration
        self.logger = logger
        lock = try configuration.folder.lock()
        try open()
    }

    package var node: ClinicNode? { state.withLock { $0.node } }
    var address: String? { state.withLock { $0.address } }

    func serves(at address: String) { state.withLock { $0.address = address } }

    /// Opens the replica once the clinic is enrolled. Returns whether it is open.
    @discardableResult
    func open() throws -> Bool {
        try state.withLock { state in
            guard state.node == nil else { return true }
            let folder = configuration.folder
            guard let enrolment = try folder.enrolment(), let id = enrolment.nodeID,
                let (credentials, root) = try folder.credentials.clinic()
            else { return false }
            state.node = try ClinicNode(
                node: id, enrolment: enrolment, database: folder.database,
                identity: FileIdentity(ofFile: folder.database).bytes,
                limits: configuration.limits, credentials: credentials, root: root)
            enrolled.ring()
            return true
        }
    }

    /// Waits until the clinic is enrolled; `nil` when the task is cancelled before.
    func enrolledNode() async -> ClinicNode? {
        while !Task.isCancelled {
            if let node { return node }
            await enrolled.wait()
        }
        return nil
    }

    /// Closes the replica: after it, the file alone is all of it.
    package func close() async {
        let node = state.withLock { state in
            defer { state.node = nil }
            return state.node
        }
        do { try await node?.close() } catch {
            logger.error("The replica could not be closed", metadata: ["error": "\(error)"])
        }
    }

    /// Where the hub is.
    func hubURL(_ enrolment: Enrolment) -> String { configuration.hubURL ?? enrolment.hubURL }

    /// What a clinic that isn't enrolled is to do.
    package static let notEnrolledNotice = notEnrolled
    static let notEnrolled = """
        this clinic is not enrolled yet: have a code made on the hub (syncctl clinic add NAME), \
        then run clinicd enrol --config FILE --code CODE
        """
}
