import Causality
import Hub
import Logging
import Records
import Replica
import Settings
import Sync

/// Backups of the hub: what is in one has outlived a loss of the database, so clinics may let go
/// of their logs up to there.
extension HubNode {
    /// Makes a backup now, and has the clinics know of it.
    ///
    /// - Throws: `StorageFailure` or `HubFailure`; then nothing counts as backed up.
    func backUp() throws -> Backup {
        do {
            let backup = try makeBackup()
            backupTrouble = nil
            return backup
        } catch {
            backupTrouble = "\(error)"
            metrics.backedUp(false)
            logger.error("No backup was made", metadata: ["why": "\(error)"])
            throw error
        }
    }

    private func makeBackup() throws -> Backup {
        let folder = BackupFolder(path: settings.backup.directory)
        // Before the copy, so that it holds all that they say.
        var heads: [(origin: Origin, head: NodeStore.Head)] = []
        for origin in hub.node.allOrigins {
            if let head = hub.node.head(origin), head.sequence > head.backedUp {
                heads.append((origin, head))
            }
        }
        let backup = try folder.add(at: now, size: databaseBytes) {
            try hub.node.store.backUp(to: $0)
        }
        try hub.node.transaction {
            for (origin, head) in heads {
                try hub.node.setAcknowledged(
                    origin, head.acknowledged, backedUp: head.sequence)
            }
        }
        folder.prune(keeping: settings.backup.keep, latest: backup)
        lastBackup = backup
        metrics.backedUp(true)
        waiters.wake(Set(heads.map { FeedName(.own, $0.origin.node) }))
        logger.info(
            "Backed up", metadata: ["path": "\(backup.path)", "bytes": "\(backup.bytes)"])
        return backup
    }

    /// Milliseconds after which a backup that failed is tried again.
    private static let pauseAfterFailure: UInt64 = 60_000

    /// Makes a backup if one is due: something was committed since the last, and that is as long
    /// ago as the configuration says, or there is none.
    func backUpIfDue() throws {
        guard let every = settings.backup.every else { return }
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
        _ = try backUp()
    }
}
