// The hub's door: HTTPS routes that turn requests into bytes for the hub's closures and their
// results into answers. Knows nothing of what the bytes mean.
//
// Invariants: no closure but `enrol`, `ready` and, on this machine, `metrics` is called for a
// connection whose client certificate our root has not signed; admission and expiry are asked at each request, since a
// kept or resumed connection is never verified again; every body, wait and count has a bound in
// `HubLimits`; an answer that is no success is a `Problem` that says what to do.

import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import Trust

/// The hub's HTTPS server. HTTP/1.1 over TLS 1.3; client certificates are asked for.
package struct HubService: Service {
    package struct Configuration: Sendable {
        /// An address of this machine; `0.0.0.0` or `::` for all.
        package var host: String
        /// 0 takes a free one.
        package var port: Int
        package var root: RootCertificate
        package var limits: HubLimits
        /// Seconds since 1970, as the hub trusts it.
        package var trustedTime: @Sendable () -> Int64

        package init(
            host: String, port: Int, root: RootCertificate, limits: HubLimits = HubLimits(),
            trustedTime: @escaping @Sendable () -> Int64
        ) {
            self.host = host
            self.port = port
            self.root = root
            self.limits = limits
            self.trustedTime = trustedTime
        }
    }

    private let configuration: Configuration
    private let identity: ServerIdentity
    private let responder: HubResponder
    private let logger: Logger
    private let onListening: @Sendable (Int) async -> Void

    /// - Parameters:
    ///   - onListening: called with the port once connections are taken.
    /// - Throws: if the credentials can't be used for TLS.
    package init(
        configuration: Configuration, credentials: KeyedCertificate, routes: HubRoutes,
        logger: Logger, onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) throws {
        self.configuration = configuration
        self.logger = logger
        self.onListening = onListening
        identity = try ServerIdentity(credentials, root: configuration.root)
        responder = HubResponder(
            routes: routes, limits: configuration.limits, trustedTime: configuration.trustedTime,
            flights: Flights(limits: configuration.limits))
    }

    /// New connections are shown this certificate; those that are open keep theirs.
    package func replaceCredentials(_ credentials: KeyedCertificate) throws {
        try identity.replace(credentials)
    }

    /// Serves until graceful shutdown. Requests in flight are then cancelled and answered.
    package func run() async throws {
        let (limits, identity, root) = (configuration.limits, identity, configuration.root)
        let onListening = onListening
        var application = ApplicationConfiguration(
            address: .hostname(configuration.host, port: configuration.port))
        application.availableConnectionsDelegate = MaximumAvailableConnections(
            limits.maximumConnections, logger: logger)
        // The library says in its own words that it listens; the daemon's are enough.
        var quiet = logger
        quiet.logLevel = max(quiet.logLevel, .notice)
        let server = Application(
            responder: responder,
            server: HTTPServerBuilder { responder in
                GuardedChannel(
                    responder: responder, identity: identity, root: root, limits: limits)
            },
            configuration: application,
            onServerRunning: { channel in
                await onListening(channel.localAddress?.port ?? 0)
            },
            logger: quiet)
        do { try await server.run() } catch let error as IOError {
            throw ListenFailure(code: error.errnoCode)
        }
    }
}
