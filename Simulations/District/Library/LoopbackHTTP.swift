import Dispatch
import FHIR
import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Plain HTTP/1.1 to 127.0.0.1, a connection a request (RFC 9112).
package struct LoopbackHTTP: Sendable {
    package let port: UInt16

    package struct Answer: Sendable {
        package let status: Int
        /// Names in lower case.
        package let headers: [String: String]
        package let body: [UInt8]

        package func json() throws -> JSON { try JSON(parsing: body) }
    }

    /// - Parameter address: as `http://127.0.0.1:8080`.
    package init(address: String) throws(DistrictFailure) {
        guard let colon = address.lastIndex(of: ":"),
            let port = UInt16(address[address.index(after: colon)...])
        else { throw .unexpected("\(address) is no address with a port.") }
        self.port = port
    }

    /// - Throws: ``DistrictFailure/unreachable(_:)`` where there is no whole answer.
    package func send(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8] = []
    ) async throws -> Answer {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if !body.isEmpty || method != "GET" { head += "Content-Length: \(body.count)\r\n" }
        let request = Array(head.utf8) + Array("\r\n".utf8) + body
        let (port, what) = (port, "\(method) \(path.prefix { $0 != "?" })")
        return try await withCheckedThrowingContinuation { continuation in
            // Blocking calls stay off the threads of Swift's own pool.
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result {
                        try Answer(bytes: LoopbackHTTP.exchange(request, port), for: what)
                    })
            }
        }
    }

    private static func exchange(_ request: [UInt8], _ port: UInt16) throws -> [UInt8] {
        let descriptor = socket(AF_INET, loopbackStream, 0)
        guard descriptor >= 0 else { throw failure("socket") }
        defer { close(descriptor) }
        var address = sockaddr_in.loopback(port)
        let connected = withUnsafeBytes(of: &address) { bytes in
            connect(
                descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                socklen_t(bytes.count))
        }
        guard connected == 0 else { throw failure("connect") }
        // A server may answer before it has read all; then it reads no more.
        var sent = 0
        while sent < request.count {
            let count = request[sent...].withUnsafeBytes { transmit(descriptor, $0) }
            if count <= 0 { break }
            sent += count
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count <= 0 { break }
            answer += buffer[..<count]
        }
        return answer
    }

    private static func failure(_ call: String) -> DistrictFailure {
        .unreachable("The daemon (\(call): \(String(cString: strerror(errno))))")
    }
}

extension LoopbackHTTP.Answer {
    fileprivate init(bytes: [UInt8], for what: String) throws {
        let cut = DistrictFailure.unreachable("An answer to \(what)")
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { throw cut }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
            .split(separator: "\r\n")
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { throw cut }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        let body = Array(bytes[end.upperBound...])
        let length = headers["content-length"].flatMap { Int($0) } ?? (status == 204 ? 0 : -1)
        guard body.count == length || status == 304 else { throw cut }
        self.init(status: status, headers: headers, body: body)
    }
}

#if canImport(Glibc)
    private let loopbackStream = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    private let withoutSignal = Int32(MSG_NOSIGNAL)
#else
    private let loopbackStream = SOCK_STREAM
    private let withoutSignal: Int32 = 0
#endif

/// send(2), without the signal where the other side is gone.
private func transmit(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    send(descriptor, bytes.baseAddress, bytes.count, withoutSignal)
}

extension sockaddr_in {
    fileprivate static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}

/// A TCP port that is free now.
package enum FreePort {
    /// Below the ports that systems hand out to clients: while a daemon is down, no connection of
    /// another takes its place.
    private static let range: ClosedRange<UInt16> = 20_000...31_999
    private static let tries = 200

    package static func find() throws(DistrictFailure) -> Int {
        for _ in 0..<tries {
            let port = UInt16.random(in: range)
            let descriptor = socket(AF_INET, loopbackStream, 0)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            var address = sockaddr_in.loopback(port)
            let bound = withUnsafeBytes(of: &address) { bytes in
                bind(
                    descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                    socklen_t(bytes.count))
            }
            if bound == 0 { return Int(port) }
        }
        throw .unexpected("No port of 127.0.0.1 is free between 20000 and 31999.")
    }
}
