// The hub as it runs: its database on a thread of its own, the exchanges that wait for news,
// enrolment, backups, and what syncctl asks. What hubd adds is configuration.
//
// Invariants: the database is touched on one thread and by one process; nothing of it is awaited
// between a check and the act that depends on it; each waiting exchange is resumed exactly once;
// no health data enters a log line, an error or a metric.

import Causality
import FHIR
import Foundation
import Hospital
import Hub
import Logging
import Replica
import Settings
import Sync
import Trust

/// The hub's one owner. Everything that blocks on its database runs on its executor.
package actor HubNode {
    private nonisolated let executor = DatabaseExecutor(label: "hub")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    let hub: HubStore
    nonisolated let settings: HubSettings
    nonisolated let authority: Authority
    nonisolated let registryFile: RegistryFile
    /// Why what is kept beside the database is behind it, if it is.
    var registryTrouble: String?
    nonisolated let view: HubView
    nonisolated let metrics = HubMetrics()
    nonisolated let logger: Logger
    nonisolated let databasePath: String
    var waiters = Waiters()
    /// The last time that storage failed, until something was written again.
    var trouble: String?
    /// Each for what needs not wait for the others: sums for clinics, copies, what status counts.
    nonisolated let reader: DatabaseReader
    nonisolated let copier: DatabaseReader
    nonisolated let counter: DatabaseReader
    var lastBackup: Backup?
    var isBackingUp = false
    /// Why the last try to make one came to nothing.
    var backupTrouble: String?
    /// When that was, by the monotonic clock in milliseconds: it is not tried again at once.
    var lastBackupTry: UInt64?
    var isVerifying = false
    /// Records by the number of frames at which they were counted: counting reads every table.
    var countedRecords: (frames: UInt64, records: Int64)?

    /// Opens the hub's database, or makes it.
    ///
    /// - Throws: `StorageFailure`, or a `CocoaError` if the file can't be made.
    package init(
        _ settings: HubSettings, authority: Authority, registry: RegistryFile, logger: Logger
    ) throws {
        self.settings = settings
        self.authority = authority
        registryFile = registry
        self.logger = logger
        databasePath = settings.dataDirectory + "/hub.sqlite"
        reader = DatabaseReader(path: databasePath)
        copier = DatabaseReader(path: databasePath)
        counter = DatabaseReader(path: databasePath)
        let identity = try FileIdentity(ofFile: databasePath)
        hub = try HubStore(
            path: databasePath, schema: HospitalSchema.current, identity: identity.bytes,
            now: SystemClock.reading(), random: SystemRandomNumberGenerator(),
            boundMilliseconds: UInt64(settings.clockBound.milliseconds))
        hub.sliceBytes = min(hub.sliceBytes, settings.exchange.maximumBytes)
        hub.chunkBytes = min(hub.chunkBytes, settings.exchange.chunkBytes)
        let kept = try registryFile.read()
        try hub.merge(kept.entries, revision: kept.revision)
        let revision = try hub.registryRevision
        if hub.registry != kept.entries || revision != kept.revision {
            try registryFile.write(hub.registry, revision: revision)
        }
        view = HubView(time: hub.time)
        view.update(hub.clinics, time: hub.time)
        lastBackup = BackupFolder(path: settings.backup.directory).newest
    }

    /// Closes the database; what is in memory for show is saved first.
    package func close() throws {
        try hub.saveReadPositions()
        try hub.close()
    }

    // MARK: Exchange

    package enum Step: Sendable {
        case answer([UInt8])
        /// Nothing is new: to be asked again when the ticket is over.
        case wait(Waiters.Ticket, Duration)
    }

    /// Answers a clinic's request, or lets it wait.
    ///
    /// - Parameter waited: how long it has waited already; `nil` before that, when it may.
    /// - Throws: `HubRefusal`, `Malformed`, `StorageFailure`; nothing was committed then.
    package func answer(_ request: HubRequest, from node: UInt64, waited: Duration?) throws -> Step
    {
        let mayWait = waited == nil && settings.exchange.longPoll > .zero
        do {
            let answer = try hub.answer(
                request, from: NodeID(rawValue: node), at: SystemClock.reading(), mayWait: mayWait,
                waited: UInt64(waited?.milliseconds ?? 0))
            switch answer {
            case .answer(let bytes, let woken):
                if !woken.isEmpty { committed(woken) }
                return .answer(bytes)
            case .nothingNew(let feeds, let wait):
                let longest = settings.exchange.longPoll
                let asked = Duration.seconds(Int64(min(wait, 86_400)))
                return .wait(waiters.arm(feeds), min(asked, longest))
            }
        } catch let failure as StorageFailure {
            trouble = failure.description
            throw failure
        }
    }

    /// Sums of what a clinic may read, taken beside the exchanges of the others.
    package nonisolated func sums(_ request: SumsRequest, for node: UInt64) async throws -> [UInt8]
    {
        let feed = try await self.feed(of: request, for: NodeID(rawValue: node))
        return try await reader.read { try $0.sums(request, of: feed) }
    }

    private func feed(of request: SumsRequest, for node: NodeID) throws -> FeedName {
        try hub.feed(of: request, for: node)
    }

    /// Returns when there may be news for a ticket: at once where it came meanwhile, else when it
    /// comes, when `longest` has passed, or when the task is cancelled.
    func news(for ticket: Waiters.Ticket, atMost longest: Duration) async {
        // News wake it; this only bounds the wait.
        let timer = Task {
            try await Task.sleep(for: longest)
            self.endWait(ticket)
        }
        defer { timer.cancel() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled { waiters.end(ticket) }
                waiters.wait(ticket, continuation)
            }
        } onCancel: {
            Task { await self.endWait(ticket) }
        }
    }

    private func endWait(_ ticket: Waiters.Ticket) { waiters.end(ticket) }

    func committed(_ woken: Set<FeedName>) {
        trouble = nil
        view.update(time: hub.time)
        waiters.wake(woken)
    }

    // MARK: Time

    /// The time that the hub relies on, in milliseconds since 1970.
    var now: UInt64 { hub.reading(SystemClock.reading()).now }

    /// An operator says that the wall clock is right.
    func confirmClock() throws {
        try hub.confirmClock(SystemClock.reading())
        view.update(time: hub.time)
        logger.notice("The clock was confirmed", metadata: ["time": "\(Moment.text(now))"])
    }

    /// What is to be done now and then: time is kept moving on, so that a hub which only gives
    /// for months believes its clock all the same.
    func keepUp() throws {
        try hub.node.transaction { try hub.advanceClock(SystemClock.reading()) }
        view.update(time: hub.time)
        try hub.saveReadPositions()
        if registryTrouble != nil { try? keepRegistry() }
    }
}

extension Duration {
    var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
