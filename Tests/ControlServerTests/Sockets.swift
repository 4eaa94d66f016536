import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// Waits until someone takes connections on the socket at `path`.
func untilAnswered(_ path: String) async {
    while !Task.isCancelled {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        if withAddress(path, { connect(descriptor, $0, $1) }) == 0 { return }
        await Task.yield()
    }
}

/// A socket file whose process is gone.
func deadSocket(at path: String) throws {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    guard withAddress(path, { bind(descriptor, $0, $1) }) == 0 else {
        throw POSIXError(.EADDRINUSE)
    }
}

private func withAddress(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
}
