import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// A server on a Unix socket that answers each request with bytes that a test gives, right or
/// wrong, and hangs up.
final class ScriptedServer: Sendable {
    let path: String
    private let listener: Int32

    /// - Parameter answer: gets how many requests came before.
    init(_ answer: @escaping @Sendable (Int) -> [UInt8]) throws {
        path = NSTemporaryDirectory() + "scripted-\(UUID().uuidString.prefix(8))"
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0, listen(listener, 8) == 0 else { throw POSIXError(.EADDRINUSE) }
        let descriptor = listener
        Thread { ScriptedServer.serve(descriptor, answer) }.start()
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        unlink(path)
    }

    private static func serve(_ listener: Int32, _ answer: @Sendable (Int) -> [UInt8]) {
        var count = 0
        while true {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else { return }
            readHead(descriptor)
            _ = RawPeer.send(answer(count), to: descriptor)
            close(descriptor)
            count += 1
        }
    }

    /// Requests of these tests have no body.
    private static func readHead(_ descriptor: Int32) {
        var head: [UInt8] = []
        var byte: UInt8 = 0
        while !head.suffix(4).elementsEqual([13, 10, 13, 10]), read(descriptor, &byte, 1) == 1 {
            head.append(byte)
        }
    }
}
