import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// Sockets without any protocol, on threads of their own, for what a well-behaved peer never does.
enum RawPeer {
    /// Runs blocking calls off the cooperative pool.
    static func onThread<Value: Sendable>(
        _ work: @escaping @Sendable () -> Value
    ) async -> Value {
        await withCheckedContinuation { continuation in
            Thread { continuation.resume(returning: work()) }.start()
        }
    }

    /// Connects, says nothing, and waits for the other side to end it. False after 20 seconds.
    static func waitForEnd(port: Int) async -> Bool {
        await onThread {
            let descriptor = connected(toPort: port)
            guard descriptor >= 0 else { return false }
            defer { close(descriptor) }
            var time = timeval(tv_sec: 20, tv_usec: 0)
            let size = socklen_t(MemoryLayout<timeval>.size)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, size)
            var byte: UInt8 = 0
            while true {
                let count = read(descriptor, &byte, 1)
                if count <= 0 { return count == 0 || errno == ECONNRESET }
            }
        }
    }

    static func connected(toPort port: Int) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(port: port)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            return -1
        }
        return descriptor
    }

    static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    /// Sends all of `bytes`; false if the peer has gone.
    static func send(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
