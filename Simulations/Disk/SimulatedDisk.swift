// The disk of a simulated machine: files in memory behind SQLite's VFS interface, whose unsynced
// part is at the mercy of chance when power is cut.
//
// Invariants: what was synced outlives every crash; nothing outlives one but what was written; the
// same operations on a disk of the same seed leave the same bytes; no file of the real machine is
// touched.

import CDisk

/// The disk of one machine. What opens a database by the path of a file of this disk meets it
/// alone, and any number of disks may be in use at once.
///
/// ```swift
/// let disk = try SimulatedDisk(seed: 7)
/// let store = try Store(path: disk.path("clinic.sqlite"))
/// disk.cutPower(after: 12)
/// …                       // until something throws
/// try store.close()
/// try disk.restart()
/// ```
///
/// A connection that isn't closed keeps memory of the disk. WALs, too, are memory: a replica that
/// is open for long takes up to 64 MB until its next checkpoint.
package final class SimulatedDisk {
    let disk: OpaquePointer

    /// Makes an empty disk.
    ///
    /// - Throws: ``DiskFailure/isUnsupported`` where SQLite takes no URI for a file's name.
    package init(seed: UInt64) throws(DiskFailure) {
        guard let made = cdisk_make(seed) else { throw .isUnsupported }
        disk = made
    }

    deinit { cdisk_release(disk) }

    /// The path by which SQLite opens a file of this disk. Files that SQLite puts beside it, or
    /// that an open connection makes by a plain name (`VACUUM INTO '/backup.sqlite'`), are on this
    /// disk too.
    package func path(_ name: String) -> String {
        "file:/\(name)?vfs=\(String(cString: cdisk_vfs_name(disk)))"
    }

    /// The time that SQL functions of this disk's databases are told, in milliseconds since 1970.
    package func setTime(_ milliseconds: UInt64) { cdisk_set_time(disk, milliseconds) }

    // MARK: Power

    /// Stops the machine, now: of what is unsynced chance decides, and from now on every operation
    /// fails. What has files open is to be closed then.
    package func cutPower() { cdisk_cut_power(disk) }

    /// Stops the machine in the middle of a change of the disk: a write, a sync, a shortening, a
    /// file made or deleted.
    ///
    /// - Parameter changes: which one from now; 1 is the next, 0 none any more.
    package func cutPower(after changes: UInt64) { cdisk_cut_power_after(disk, changes) }

    package var isOff: Bool { cdisk_is_off(disk) }

    /// Starts the machine again.
    ///
    /// - Throws: ``DiskFailure/filesAreOpen(_:)`` while something has files open from before.
    package func restart() throws(DiskFailure) {
        guard cdisk_restart(disk) else { throw .filesAreOpen(Int(cdisk_open_files(disk))) }
    }

    /// How many files connections have open.
    package var openFiles: Int { Int(cdisk_open_files(disk)) }

    /// Syncs the folder, as who makes a file does to be sure that it is still there after a crash.
    package func syncFolder() { cdisk_sync_folder(disk) }

    // MARK: What happened

    package var counters: DiskCounters { DiskCounters(cdisk_count(disk)) }

    /// How many sectors a crash could lose now.
    package var unsyncedSectors: Int { Int(cdisk_unsynced_sectors(disk)) }
}
