/// One request to the client's endpoint.
package struct HTTPRequest: Sendable {
    /// `GET`, `POST`, `PUT` or `DELETE`.
    package var method: String
    /// Path and query, from the leading slash on, already percent-encoded.
    package var path: String
    /// Sent in this order, beside `Host` and `Content-Length`. Nothing else is added.
    package var headers: [(String, String)]
    package var body: [UInt8]
    /// From the start of the transfer to the last byte of the answer, connecting included.
    package var timeout: Duration
    /// Whether the server may stay silent until it has news: no lower bound on speed then.
    package var isLongPoll: Bool
    /// A longer body ends the transfer with `TransportFailure.tooLarge`.
    package var maximumResponseBytes: Int

    package init(
        method: String = "GET", path: String, headers: [(String, String)] = [],
        body: [UInt8] = [], timeout: Duration = .seconds(120), isLongPoll: Bool = false,
        maximumResponseBytes: Int = 16 * 1024 * 1024
    ) {
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.isLongPoll = isLongPoll
        self.maximumResponseBytes = maximumResponseBytes
    }
}

extension HTTPRequest {
    /// What the request's head takes on the wire, which libcurl only tells mixed with some of the
    /// body (RFC 9112 section 2.1).
    ///
    /// - Parameter authority: as `Host` says it.
    func headBytes(authority: String) -> Int {
        var count = "\(method) \(path) HTTP/1.1\r\nHost: \(authority)\r\n\r\n".utf8.count
        for (name, value) in headers { count += name.utf8.count + value.utf8.count + 4 }
        if method != "GET" || !body.isEmpty {
            count += "Content-Length: \(body.count)\r\n".utf8.count
        }
        return count
    }
}

/// What the server answered. A redirect is an answer like any other: it is never followed.
package struct HTTPResponse: Sendable, Equatable {
    package var status: Int
    /// Names in lower case; of a repeated header, the last one.
    package var headers: [String: String]
    package var body: [UInt8]
    /// Head and body as handed to TLS, without what TLS and TCP add.
    package var bytesSent: Int
    /// Head and body as TLS gave them, without what TLS and TCP add.
    package var bytesReceived: Int

    package init(
        status: Int, headers: [String: String] = [:], body: [UInt8] = [], bytesSent: Int = 0,
        bytesReceived: Int = 0
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.bytesSent = bytesSent
        self.bytesReceived = bytesReceived
    }
}
