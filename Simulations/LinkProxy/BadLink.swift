/// A proxy that imitates a bad link between a clinic and the hub, for benchmarks and tests: round
/// trip time, bandwidth, outages, cuts at an exact byte, captive portals. It passes bytes on and
/// knows nothing of what they mean, TLS included.
///
/// What it does not imitate: loss of single packets (TCP would hide it behind delay), and what
/// the kernels at both ends of a real connection would take from TCP's slow start.

import NIOCore
import NIOPosix
import Synchronization

package final class BadLink: Sendable {
    /// Where clients connect to, on 127.0.0.1.
    package let port: Int
    private let group: MultiThreadedEventLoopGroup
    private let listener: any Channel
    private let engine: NIOLoopBound<LinkEngine>
    private let shared: SharedCounts
    private let current: Mutex<LinkConditions>

    private init(
        group: MultiThreadedEventLoopGroup, listener: any Channel, port: Int,
        engine: NIOLoopBound<LinkEngine>, shared: SharedCounts, conditions: LinkConditions
    ) {
        self.group = group
        self.listener = listener
        self.port = port
        self.engine = engine
        self.shared = shared
        current = Mutex(conditions)
    }

    /// Starts to listen on 127.0.0.1.
    ///
    /// - Parameters:
    ///   - targetPort: where the server listens. It need not be there yet.
    ///   - port: where to listen; 0 takes a free port, which ``port`` then tells.
    /// - Throws: NIO's `IOError` if the port is taken.
    package static func start(
        toPort targetPort: Int, host: String = "127.0.0.1", listeningOn port: Int = 0,
        conditions: LinkConditions = .perfect
    ) async throws -> BadLink {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let (loop, shared) = (group.next(), SharedCounts())
        do {
            let engine = try await loop.submit {
                NIOLoopBound(
                    LinkEngine(
                        on: loop, to: host, port: targetPort, conditions: conditions,
                        counts: shared), eventLoop: loop)
            }.get()
            let listener = try await listen(on: port, group: group, engine: engine)
            return BadLink(
                group: group, listener: listener, port: listener.localAddress?.port ?? port,
                engine: engine, shared: shared, conditions: conditions)
        } catch {
            try await group.shutdownGracefully()
            throw error
        }
    }

    private static func listen(
        on port: Int, group: MultiThreadedEventLoopGroup, engine: NIOLoopBound<LinkEngine>
    ) async throws -> any Channel {
        try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // A small buffer, so that senders feel the link and not the kernel's memory.
            .serverChannelOption(.socketOption(.so_rcvbuf), value: 32 << 10)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try engine.value.accept(channel) }
            }
            .bind(host: "127.0.0.1", port: port)
            .get()
    }

    /// How bad the link is; what is set holds for the bytes that leave from then on.
    package var conditions: LinkConditions {
        get { current.withLock { $0 } }
        set {
            // Both under the lock, so that the link ends with what was set last.
            current.withLock { conditions in
                conditions = newValue
                engine.eventLoop.execute { self.engine.value.change(to: newValue) }
            }
        }
    }

    /// Changes the conditions in place.
    package func change(_ change: (inout LinkConditions) -> Void) {
        current.withLock { conditions in
            change(&conditions)
            let changed = conditions
            engine.eventLoop.execute { self.engine.value.change(to: changed) }
        }
    }

    /// What was carried since the start.
    package var counts: LinkCounts { shared.value.withLock { $0 } }

    /// Plans a cut: when exactly so many more bytes have been handed over in that direction, the
    /// connection is closed at both ends. Takes the place of an earlier plan.
    ///
    /// - Parameter each: counts the bytes of each connection made from now on, and cuts them all;
    ///   otherwise counts what the link carries from now on, and cuts once.
    package func cut(after bytes: Int, _ direction: LinkDirection, each: Bool = false) async throws
    {
        precondition(bytes >= 0)
        let plan = CutPlan(
            direction: direction, bytes: bytes, counting: each ? .eachConnection : .link)
        try await engine.eventLoop.submit { self.engine.value.plan(plan) }.get()
    }

    /// Closes all connections at both ends now, and loses what was on its way.
    package func closeConnections() async throws {
        try await engine.eventLoop.submit { self.engine.value.closeAll() }.get()
    }

    /// New connections go to another port from now on: the server was started again.
    package func aim(atPort port: Int) async throws {
        try await engine.eventLoop.submit { self.engine.value.aim(atPort: port) }.get()
    }

    /// Closes everything, and gives the port back.
    package func stop() async throws {
        try await listener.close()
        try await closeConnections()
        try await group.shutdownGracefully()
    }
}
