import CCurl

/// The answer as it comes in, filled by libcurl's callbacks on the connection's thread.
final class Answer {
    /// More than any head of ours; a longer one is not an answer of a hub.
    static let maximumHeadBytes = 64 * 1024

    let limit: Int
    private(set) var headers: [String: String] = [:]
    private(set) var body: [UInt8] = []
    private(set) var headBytes = 0
    private(set) var failure: TransportFailure?
    private var isHeadWhole = false

    init(limit: Int) { self.limit = limit }

    /// One line of a head. An interim answer (100) is followed by another head, which counts.
    func receiveHead(_ line: UnsafeRawBufferPointer) -> Bool {
        headBytes += line.count
        guard headBytes <= Answer.maximumHeadBytes else {
            failure = .malformed("its head is longer than \(Answer.maximumHeadBytes) bytes")
            return false
        }
        guard !line.starts(with: "HTTP/".utf8) else {
            headers = [:]
            isHeadWhole = false
            return true
        }
        if line.first == 13 || line.first == 10 { isHeadWhole = true }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return true }
        let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
        headers[name] = Answer.trimmed(line[(colon + 1)...])
        return true
    }

    func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard body.count + bytes.count <= limit else {
            failure = .tooLarge(limit: limit)
            return false
        }
        if body.isEmpty, let length = headers["content-length"].flatMap({ Int($0) }) {
            body.reserveCapacity(min(max(length, bytes.count), limit))
        }
        body.append(contentsOf: bytes)
        return true
    }

    /// What is missing of an answer that libcurl takes for whole: to it, the end of the connection
    /// may also end a head, and a body whose length nobody has said.
    func missing(status: Int) -> TransportFailure? {
        if !isHeadWhole { return .cut("its head is incomplete") }
        let isBodyless = status == 204 || status == 304
        guard isBodyless || headers["content-length"] != nil || headers["transfer-encoding"] != nil
        else { return .cut("it does not say how long it is, so it may be incomplete") }
        return nil
    }

    private static func trimmed(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        let isSpace: (UInt8) -> Bool = { $0 == 32 || $0 == 9 || $0 == 13 || $0 == 10 }
        let rest = bytes.drop(while: isSpace)
        guard let last = rest.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(decoding: rest[...last], as: UTF8.self)
    }

    /// libcurl's header callback; `context` is an unretained `Answer`.
    static let headSink: ccurl_sink = { bytes, size, count, context in
        take(bytes, size * count, context) { $0.receiveHead($1) }
    }

    /// libcurl's body callback; `context` is an unretained `Answer`.
    static let bodySink: ccurl_sink = { bytes, size, count, context in
        take(bytes, size * count, context) { $0.receiveBody($1) }
    }

    /// Anything but the full count makes libcurl end the transfer.
    private static func take(
        _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, _ context: UnsafeMutableRawPointer?,
        _ receive: (Answer, UnsafeRawBufferPointer) -> Bool
    ) -> Int {
        guard let context else { return 0 }
        let answer = Unmanaged<Answer>.fromOpaque(context).takeUnretainedValue()
        return receive(answer, UnsafeRawBufferPointer(start: bytes, count: count)) ? count : 0
    }
}
