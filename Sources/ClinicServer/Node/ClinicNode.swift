import Causality
import FHIR
import Hospital
import Records
import Replica
import Sync
import Trust

/// The clinic's replica and its side of the exchange, one call at a time on a thread of its own.
/// Nothing here waits for anything but the disk.
package actor ClinicNode {
    private nonisolated let executor = DatabaseExecutor(label: "clinic replica")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    nonisolated let id: NodeID
    nonisolated let enrolment: Enrolment
    /// As they were at the start; a renewal keeps the newer ones in the folder.
    nonisolated let credentials: KeyedCertificate
    nonisolated let root: RootCertificate
    nonisolated let clock: TrustedClock
    nonisolated let limits: ClinicSession.Limits
    /// One for each channel of the exchange, and one for whoever keeps the search index.
    nonisolated let pushBell = Bell()
    nonisolated let pullBell = Bell()
    nonisolated let indexBell = Bell()
    /// Rung when what is held was found to differ from the hub's.
    nonisolated let repairBell = Bell()
    /// After each exchange, failed or not.
    nonisolated let progress = Announcements()

    let clinic: Clinic
    var session: ClinicSession
    let resources: ResourceStore
    let index: SearchIndex
    var exchange = ExchangeState()
    /// One for comparisons, and one for what status counts, which is not to wait for these.
    nonisolated let reader: ReplicaReader
    nonisolated let counter: ReplicaReader
    /// How many review items there are, and the content of which that was counted.
    var reviewItems: (version: Clinic.ContentVersion, count: Int)?
    private var isClosed = false

    init(
        node: NodeID, enrolment: Enrolment, database: String, identity: [UInt8],
        limits: ClinicSession.Limits, credentials: KeyedCertificate, root: RootCertificate
    ) throws {
        id = node
        self.enrolment = enrolment
        self.credentials = credentials
        self.root = root
        self.limits = limits
        clinic = try Clinic(
            path: database, schema: HospitalSchema.current, node: node, identity: identity,
            now: MachineClock.now(), random: SystemRandomNumberGenerator())
        clock = TrustedClock(clinic.time)
        reader = ReplicaReader(path: database, clinic: node)
        counter = ReplicaReader(path: database, clinic: node)
        session = ClinicSession(limits: limits)
        index = try SearchIndex(clinic.replica)
        resources = ResourceStore(clinic)
    }

    func close() throws {
        guard !isClosed else { return }
        isClosed = true
        try clinic.close()
    }

    /// Why the node can do nothing more: the daemon is stopping.
    struct Closed: Error {}

    private func checkOpen() throws { if isClosed { throw Closed() } }

    // MARK: Reading and writing

    func read<T>(_ body: (ResourceStore) throws -> T) throws -> T {
        try checkOpen()
        return try clinic.replica.store.reading { try body(resources) }
    }

    /// Commits what `body` writes as one transaction, and wakes the exchange if that was anything.
    func write<T>(
        author: String, purpose: String = "", _ body: (LocalTransaction) throws -> T
    ) throws -> T {
        try checkOpen()
        let before = clinic.hlc
        let result: T
        do {
            result = try clinic.write(
                author: author, purpose: purpose, at: MachineClock.now(), body)
        } catch {
            noteStorage(error)
            throw error
        }
        noteStorage(nil)
        clock.update(clinic.time)
        if clinic.hlc != before { wakeExchange() }
        return result
    }

    /// Ends the waits of both channels, and has the search index looked at.
    func wakeExchange() {
        pushBell.ring()
        pullBell.ring()
        indexBell.ring()
    }

    /// Remembers that the disk refused, or that it works again.
    func noteStorage(_ error: (any Error)?) {
        if let failure = error as? StorageFailure {
            exchange.storageFailure = failure
        } else if error == nil {
            exchange.storageFailure = nil
        }
    }
}
