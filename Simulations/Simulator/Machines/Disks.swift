import Foundation

/// The disks of a world: where databases lie, and what befalls them.
///
/// Files are known by their machine's name. A copy is taken of a database that is closed or whose
/// WAL has been checkpointed, so that the file alone is all of it.
final class Disks {
    private let folder: String

    /// - Parameter seed: what chance does to what was never synced.
    init(seed: UInt64) throws {
        let parent = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : "/tmp"
        // Where the files lie must not show in anything that a seed gives.
        folder = "\(parent)/simulated-\(getpid())-\(Disks.number.next())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    func path(_ name: String) -> String { "\(folder)/\(name).sqlite" }

    func copy(_ from: String, to: String) throws {
        remove(to)
        try FileManager.default.copyItem(atPath: path(from), toPath: path(to))
    }

    func remove(_ name: String) {
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: path(name) + suffix)
        }
    }

    /// The power goes: called before the database is closed.
    func crash(_ name: String) {}

    func close() { try? FileManager.default.removeItem(atPath: folder) }

    private static let number = SharedCounter()
}
