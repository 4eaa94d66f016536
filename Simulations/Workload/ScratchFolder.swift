import Foundation

/// A new, empty folder for what a benchmark writes, gone with ``remove()``.
package struct ScratchFolder: Sendable {
    package let path: String

    package enum Place: Sendable {
        /// In memory where the machine has `/dev/shm`, else as `disk`.
        case memory
        /// In the folder for temporary files.
        case disk
    }

    package init(_ name: String, in place: Place) throws {
        let files = FileManager.default
        let parent =
            place == .memory && files.isWritableFile(atPath: "/dev/shm")
            ? "/dev/shm" : files.temporaryDirectory.path
        path = "\(parent)/\(name)-\(UUID().uuidString)"
        try files.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    package func file(_ name: String) -> String { path + "/" + name }

    package func remove() { try? FileManager.default.removeItem(atPath: path) }
}
