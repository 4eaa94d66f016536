import Disk

/// The disks of a world, by the names of their machines, and copies of disks, which are kept like
/// disks.
///
/// A copy is taken of a database that is closed or whose WAL has been checkpointed, so that the
/// file alone is all of it.
final class Disks {
    private let seed: UInt64
    private var disks: [String: SimulatedDisk] = [:]
    private static let file = "data.sqlite"

    /// - Parameter seed: what chance does to what was never synced.
    init(seed: UInt64) { self.seed = seed }

    private func disk(_ name: String) throws -> SimulatedDisk {
        if let known = disks[name] { return known }
        let made = try SimulatedDisk(seed: seed ^ Trace.hash(name.utf8))
        disks[name] = made
        return made
    }

    func path(_ name: String) throws -> String {
        let disk = try disk(name)
        if disk.isOff { try disk.restart() }
        return disk.path(Disks.file)
    }

    func copy(_ from: String, to: String) throws {
        let bytes = try disk(from).bytes(of: Disks.file) ?? []
        let target = try disk(to)
        if target.isOff { try target.restart() }
        try target.restore(DiskImage(files: [DiskImage.File(name: Disks.file, bytes: bytes)]))
    }

    func remove(_ name: String) { disks[name] = nil }

    // MARK: Power and room

    /// The power goes, now.
    func cutPower(_ name: String) { disks[name]?.cutPower() }

    /// The power goes in the middle of a change of the disk; 0: it doesn't any more.
    func cutPower(_ name: String, after changes: UInt64) {
        disks[name]?.cutPower(after: changes)
    }

    func isOff(_ name: String) -> Bool { disks[name]?.isOff ?? false }

    /// Leaves room for some bytes alone, or as much as there is.
    func leaveRoom(_ name: String, _ bytes: UInt64?) {
        guard let disk = disks[name] else { return }
        disk.setCapacity(bytes.map { disk.usedBytes + $0 })
    }

    // MARK: Errors

    /// An operation fails, and is none of the product's to blame.
    func fail(_ name: String, _ operation: SimulatedDisk.Operation, after count: UInt64) {
        disks[name]?.fail(operation, after: count)
    }

    func heal(_ name: String) { disks[name]?.heal() }

    func close() { disks = [:] }
}
