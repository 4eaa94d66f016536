import Causality
import ControlServer
import Hospital
import Hub
import Logging
import Records
import Replica
import Settings
import Sync

/// Backups of the hub: what is in one has outlived a loss of the database, so clinics may let go
/// of their logs up to there.
extension HubNode {
    /// Makes a backup now, and has the clinics know of it. The copy is written beside the exchanges.
    ///
    /// - Throws: `StorageFailure`, `HubFailure` or `ControlRefusal`; then nothing counts as backed
    ///   up.
    package func backUp() async throws -> Backup {
        guard !isBackingUp else {
            throw ControlRefusal(
                409, "a backup is being made already",
                remedy: "wait until it has ended: `syncctl status` shows it")
        }
        isBackingUp = true
        defer { isBackingUp = false }
        do {
            let backup = try await makeBackup()
            backupTrouble = nil
            return backup
        } catch {
            backupTrouble = "\(error)"
            metrics.backedUp(false)
            logger.error("No backup was made", metadata: ["why": "\(error)"])
            throw error
        }
    }

    private func makeBackup() async throws -> Backup {
        let folder = BackupFolder(path: settings.backup.directory)
        let (now, size) = (now, databaseBytes)
        let (backup, heads) = try await copier.read { reader in
            let backup = try folder.add(at: now, size: size) { try reader.node.store.copy(to: $0) }
            return (backup, try backup.heads)
        }
        let woken = try note(heads)
        folder.prune(keeping: settings.backup.keep, latest: backup)
        lastBackup = backup
        metrics.backedUp(true)
        waiters.wake(woken)
        logger.info(
            "Backed up", metadata: ["path": "\(backup.path)", "bytes": "\(backup.bytes)"])
        return backup
    }

    /// Takes down what has outlived a loss of the database: what is in the copy, and no more.
    ///
    /// - Returns: the feeds of the clinics that have something to let go of.
    private func note(_ heads: [Origin: UInt64]) throws -> Set<FeedName> {
        var woken: Set<FeedName> = []
        try hub.node.transaction {
            for (origin, sequence) in heads.sorted(by: { $0.key < $1.key }) {
                guard let head = hub.node.head(origin), head.backedUp < sequence else { continue }
                try hub.node.setAcknowledged(
                    origin, head.acknowledged, backedUp: min(sequence, head.sequence))
                woken.insert(FeedName(.own, origin.node))
            }
        }
        return woken
    }

    /// Milliseconds after which a backup that failed is tried again.
    private static let pauseAfterFailure: UInt64 = 60_000

    /// Makes a backup if one is due: something was committed since the last, and that is as long
    /// ago as the configuration says, or there is none.
    func backUpIfDue() async throws {
        guard !isBackingUp, let every = settings.backup.every else { return }
        let isNew = hub.node.allOrigins.contains { origin in
            hub.node.head(origin).map { $0.sequence > $0.backedUp } ?? false
        }
        guard isNew else { return }
        let interval = UInt64(every.milliseconds)
        // A backup from the future, by a clock that was put back, says nothing of its age.
        if let last = lastBackup, last.at <= now, now - last.at < interval { return }
        let moment = SystemClock.reading().monotonic
        if let lastBackupTry, moment - lastBackupTry < HubNode.pauseAfterFailure { return }
        lastBackupTry = moment
        _ = try await backUp()
    }
}

extension Backup {
    /// The last frame of each origin that is in the copy.
    package var heads: [Origin: UInt64] {
        get throws {
            let copy = try NodeStore(reading: path, schema: HospitalSchema.current)
            var heads: [Origin: UInt64] = [:]
            for origin in copy.allOrigins { heads[origin] = copy.head(origin)?.sequence }
            try copy.close()
            return heads
        }
    }
}
