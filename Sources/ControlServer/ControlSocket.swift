import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The file of a Unix socket: made in a private folder, then moved to its place, so that nobody
/// else can connect before its permissions are set, and a dead one is replaced in one step.
struct ControlSocket: Sendable {
    enum Failure: Error, Equatable {
        /// Another daemon answers on it.
        case inUse(path: String)
        /// There is a file that is no socket.
        case notASocket(path: String)
        /// The system allows about 107 bytes.
        case pathTooLong(path: String, limit: Int)
        case system(path: String, operation: String, reason: String)
    }

    /// A Unix socket's address holds 108 bytes on Linux, the closing zero included (unix(7)), and
    /// the private folder's name takes six.
    static let maximumPathBytes = 100

    let path: String
    private var folder: String { path + ".new" }
    private var boundPath: String { folder + "/s" }

    /// Makes the private folder. Returns the path to bind to.
    func prepare() throws(Failure) -> String {
        guard path.utf8.count <= ControlSocket.maximumPathBytes else {
            throw .pathTooLong(path: path, limit: ControlSocket.maximumPathBytes)
        }
        var status = stat()
        if lstat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: path) }
            guard try !isAnswered() else { throw .inUse(path: path) }
        }
        unlink(boundPath)
        rmdir(folder)
        guard mkdir(folder, 0o700) == 0 else { throw failure(folder, "making the folder") }
        return boundPath
    }

    /// Moves the bound socket to its place.
    func publish() throws(Failure) {
        guard chmod(boundPath, 0o600) == 0 else { throw failure(boundPath, "setting its mode") }
        guard rename(boundPath, path) == 0 else { throw failure(path, "moving it to its place") }
        rmdir(folder)
    }

    func remove() {
        unlink(path)
        unlink(boundPath)
        rmdir(folder)
    }

    /// Whether someone accepts connections on the socket that is there.
    private func isAnswered() throws(Failure) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw failure(path, "opening a socket") }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }

    private func failure(_ path: String, _ operation: String) -> Failure {
        .system(path: path, operation: operation, reason: String(cString: strerror(errno)))
    }
}

extension ControlSocket.Failure: CustomStringConvertible {
    var description: String {
        switch self {
        case .inUse(let path):
            "Another daemon already answers on \(path). Stop it, or configure another socket."
        case .notASocket(let path):
            "\(path) exists and is no socket. Move it away, or configure another socket."
        case .pathTooLong(let path, let limit):
            "\(path) is too long for a socket: the system allows \(limit) bytes. Configure a "
                + "shorter path."
        case .system(let path, let operation, let reason):
            "\(path): \(operation) failed: \(reason). Check that its folder exists and belongs to "
                + "the user that runs the daemon."
        }
    }
}
