import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// A link that breaks: passes a number of bytes each way, then hangs up on both sides.
final class CuttingProxy: Sendable {
    let port: Int
    /// Connections taken so far.
    let accepted = Counter()
    private let listener: Int32

    /// - Parameters:
    ///   - target: the port of this machine to pass bytes to.
    ///   - up: bytes from the client that get through.
    ///   - down: bytes to the client that get through.
    init(target: Int, up: Int, down: Int) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = RawPeer.loopback(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && listen(descriptor, 8) == 0
                    && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isListening else { throw POSIXError(.EADDRINUSE) }
        port = Int(in_port_t(bigEndian: address.sin_port))
        Thread { [accepted] in
            while true {
                let client = accept(descriptor, nil, nil)
                guard client >= 0 else { return }
                accepted.add()
                let server = RawPeer.connected(toPort: target)
                CuttingProxy.pass(client, server, up: up, down: down)
                close(client)
                close(server)
            }
        }.start()
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private static func pass(_ client: Int32, _ server: Int32, up: Int, down: Int) {
        var left = [up, down]
        var ends = [
            pollfd(fd: client, events: Int16(POLLIN), revents: 0),
            pollfd(fd: server, events: Int16(POLLIN), revents: 0),
        ]
        var buffer = [UInt8](repeating: 0, count: 4096)
        while left[0] > 0, left[1] > 0, poll(&ends, 2, 20_000) > 0 {
            for way in 0...1 where ends[way].revents != 0 {
                let count = read(ends[way].fd, &buffer, min(buffer.count, left[way]))
                guard count > 0, RawPeer.send(Array(buffer[..<count]), to: ends[1 - way].fd)
                else { return }
                left[way] -= count
            }
        }
    }
}
