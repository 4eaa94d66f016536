import CDisk

/// What was done with a disk since it was made.
package struct DiskCounters: Sendable, Equatable {
    package var reads: UInt64
    package var writes: UInt64
    package var syncs: UInt64
    package var bytesRead: UInt64
    package var bytesWritten: UInt64
    /// What ``SimulatedDisk/cutPower(after:)`` counts.
    package var changes: UInt64
    /// Unsynced sectors that crashes kept, lost and tore.
    package var keptSectors: UInt64
    package var lostSectors: UInt64
    package var tornSectors: UInt64

    init(_ counters: cdisk_counters) {
        reads = counters.reads
        writes = counters.writes
        syncs = counters.syncs
        bytesRead = counters.bytes_read
        bytesWritten = counters.bytes_written
        changes = counters.changes
        keptSectors = counters.sectors_kept
        lostSectors = counters.sectors_lost
        tornSectors = counters.sectors_torn
    }
}
