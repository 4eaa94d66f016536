import CDisk

extension SimulatedDisk {
    package enum Operation: Sendable, CaseIterable {
        /// Reading from a file.
        case read
        /// Writing to a file, or shortening it.
        case write
        /// Writing what is volatile for good. When it fails, what was unsynced is lost to later
        /// syncs too, until it is written again, as on Linux.
        case sync

        var code: cdisk_operation {
            switch self {
            case .read: CDISK_READ
            case .write: CDISK_WRITE
            case .sync: CDISK_SYNC
            }
        }
    }

    /// Makes operations fail with an I/O error.
    ///
    /// - Parameters:
    ///   - count: which one from now; 1 is the next.
    ///   - persistently: whether all after it fail too, until ``heal()``.
    package func fail(_ operation: Operation, after count: UInt64 = 1, persistently: Bool = false) {
        cdisk_fail(disk, operation.code, count, persistently)
    }

    /// No operation fails any more for ``fail(_:after:persistently:)``.
    package func heal() {
        for operation in Operation.allCases { cdisk_fail(disk, operation.code, 0, false) }
    }

    /// Limits the bytes of all files together. What would go beyond fails with `SQLITE_FULL`.
    ///
    /// - Parameter bytes: `nil` for no limit.
    package func setCapacity(_ bytes: UInt64?) { cdisk_set_capacity(disk, bytes ?? 0) }

    /// The bytes of all files.
    package var usedBytes: UInt64 {
        fileNames.reduce(0) { $0 + UInt64(max(0, cdisk_file_size(disk, $1))) }
    }

    /// Whether syncs are confirmed and not done.
    package func setLying(_ lies: Bool) { cdisk_set_lying(disk, lies) }

    /// Turns one bit over, as rot does, of what is synced too.
    ///
    /// - Throws: ``DiskFailure/isNotThere(_:offset:)``.
    package func flipBit(
        _ bit: UInt8, ofByte offset: UInt64, in name: String
    ) throws(DiskFailure) {
        guard cdisk_flip(disk, name, offset, UInt32(bit)) else {
            throw .isNotThere(name, offset: offset)
        }
    }
}
