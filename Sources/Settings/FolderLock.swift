#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Keeps a second daemon out of a data directory: two on one database would use one stamp or one
/// place in a feed twice. The system lets go of it when the process ends, however it ends.
package final class FolderLock: Sendable {
    package enum Failure: Error, Equatable, CustomStringConvertible {
        case taken(path: String)
        case system(path: String, reason: String)

        package var description: String {
            switch self {
            case .taken(let path):
                "Another daemon already runs on this data directory (it holds \(path)). Stop it, "
                    + "or configure another dataDirectory."
            case .system(let path, let reason):
                "\(path) can't be made: \(reason). Check that dataDirectory exists and belongs "
                    + "to the user that runs the daemon."
            }
        }
    }

    private let descriptor: Int32

    /// - Parameter path: of the file; it is made where it is missing.
    package init(path: String) throws(Failure) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .system(path: path, reason: String(cString: strerror(errno)))
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw .taken(path: path)
        }
    }

    deinit { close(descriptor) }
}
