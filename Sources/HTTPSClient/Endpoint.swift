/// Where a client connects to, and whom it believes there.
package struct Endpoint: Sendable {
    /// How bytes get there.
    package enum Carrier: Sendable {
        /// TLS 1.3 to `https://host:port`, without a trailing slash.
        case tls(url: String, TLS)
        /// Plain HTTP over a Unix socket of this machine.
        case unixSocket(path: String)
    }

    /// What decides whether a server is the right one.
    package enum Root: Sendable, Equatable {
        /// The server's chain must end at this certificate. No other root counts, the system's
        /// neither.
        case certificate(pem: String)
        /// The chain that the server sends must hold a root with this key, and end there: SHA-256
        /// of its SubjectPublicKeyInfo, 32 bytes. This is how a clinic enrols that doesn't have
        /// the root's certificate yet.
        case keyHash([UInt8])
    }

    /// A certificate chain in PEM, leaf first, and its private key.
    package struct Credentials: Sendable, Equatable {
        package var certificatePEM: String
        package var privateKeyPEM: String

        package init(certificatePEM: String, privateKeyPEM: String) {
            self.certificatePEM = certificatePEM
            self.privateKeyPEM = privateKeyPEM
        }
    }

    package struct TLS: Sendable {
        package var root: Root
        /// What this machine shows; `nil` before it is enrolled.
        package var credentials: Credentials?
        /// Seconds since 1970 at which certificates are judged, asked at each request. The wall
        /// clock of a clinic lies too often to be used here.
        package var trustedTime: @Sendable () -> Int64
        /// As `http://host:port`; `nil` connects directly, whatever the environment says.
        package var proxy: String?

        package init(
            root: Root, credentials: Credentials? = nil, proxy: String? = nil,
            trustedTime: @escaping @Sendable () -> Int64
        ) {
            self.root = root
            self.credentials = credentials
            self.proxy = proxy
            self.trustedTime = trustedTime
        }
    }

    /// A transfer that stays below `bytesPerSecond` for all of `window` is given up.
    package struct LeastSpeed: Sendable, Equatable {
        package var bytesPerSecond: Int
        package var window: Duration

        package init(bytesPerSecond: Int, window: Duration) {
            self.bytesPerSecond = bytesPerSecond
            self.window = window
        }
    }

    package var carrier: Carrier
    package var connectTimeout: Duration
    package var leastSpeed: LeastSpeed

    package init(
        carrier: Carrier, connectTimeout: Duration = .seconds(30),
        leastSpeed: LeastSpeed = LeastSpeed(bytesPerSecond: 20, window: .seconds(60))
    ) {
        self.carrier = carrier
        self.connectTimeout = connectTimeout
        self.leastSpeed = leastSpeed
    }

    /// What `Host` says: the URL's host, with its port unless that is the scheme's own.
    var authority: String {
        switch carrier {
        case .unixSocket: return "localhost"
        case .tls(let url, _):
            let authority = url.hasPrefix("https://") ? String(url.dropFirst(8)) : url
            return authority.hasSuffix(":443") ? String(authority.dropLast(4)) : authority
        }
    }
}
