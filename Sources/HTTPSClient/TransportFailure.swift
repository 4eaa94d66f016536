/// Why a request got no answer. Whoever switches on it decides whether to wait, to look for
/// another way, or to tell a person.
///
/// The texts come from libcurl and OpenSSL: they name hosts, ports and certificates, never what
/// was sent.
package enum TransportFailure: Error, Equatable, Sendable {
    /// No connection: name not found, refused, no route.
    case unreachable(String)
    /// The time for connecting, for the whole request, or at too low a speed, is up.
    case timedOut(String)
    /// The server's certificate is not of our root, not for this host, or not valid at our time.
    case untrusted(String)
    /// TLS could not be agreed on: cut, an older version, or no TLS at all on that port.
    case handshake(String)
    /// This machine's own certificate or key can't be used.
    case credentials(String)
    /// The connection ended before the answer was whole.
    case cut(String)
    /// What came is no HTTP, or its head is beyond all bounds.
    case malformed(String)
    case tooLarge(limit: Int)
    /// The task was cancelled, or the client closed.
    case cancelled
    /// More than `HTTPSConnection.maximumWaiting` requests wait for this connection.
    case busy
}

extension TransportFailure: CustomStringConvertible {
    /// What happened, and what to do next.
    package var description: String {
        switch self {
        case .unreachable(let why):
            "The server can't be reached: \(why). Check the network and the server's address; "
                + "the request is tried again later."
        case .timedOut(let why):
            "The server did not answer in time: \(why). The link may be slow or gone; the request "
                + "is tried again later."
        case .untrusted(let why):
            "The server is not the one that this machine trusts: \(why). Nothing was sent. If the "
                + "hub was installed anew, enrol again; otherwise someone is in between (a captive "
                + "portal, an intercepting proxy)."
        case .handshake(let why):
            "No secure connection could be made: \(why). Check that the address and port are the "
                + "hub's, and that nothing in between (a captive portal, a proxy) answers instead."
        case .credentials(let why):
            "This machine's certificate or key can't be used: \(why). Restore the credentials "
                + "folder from its backup, or enrol again."
        case .cut(let why):
            "The connection ended before the answer was whole: \(why). The request is repeated."
        case .malformed(let why):
            "What answered does not speak HTTP: \(why). Check that the address is the hub's."
        case .tooLarge(let limit):
            "The answer was longer than the \(limit) bytes that were asked for, and was dropped. "
                + "Check that the address is the hub's, and that both run the same version."
        case .cancelled:
            "The request was cancelled."
        case .busy:
            "Too many requests wait for this connection; try again when some are done."
        }
    }
}
