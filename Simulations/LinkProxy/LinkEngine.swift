import NIOCore
import NIOPosix
import Synchronization

/// All connections of one link, on its event loop.
final class LinkEngine {
    let loop: any EventLoop
    private(set) var conditions: LinkConditions
    private(set) var cut: CutPlan?
    private let counts: SharedCounts
    private let targetHost: String
    private var targetPort: Int
    private var pipes: [LinkDirection: Pipe] = [:]
    private var connections: [ObjectIdentifier: LinkConnection] = [:]

    init(
        on loop: any EventLoop, to host: String, port: Int, conditions: LinkConditions,
        counts: SharedCounts
    ) {
        self.loop = loop
        self.conditions = conditions
        self.counts = counts
        targetHost = host
        targetPort = port
        for direction in LinkDirection.allCases {
            pipes[direction] = Pipe(direction, of: self)
        }
    }

    func pipe(_ direction: LinkDirection) -> Pipe { pipes[direction]! }

    // MARK: changes while running

    func change(to conditions: LinkConditions) {
        let wasBlackHole = self.conditions.isBlackHole
        self.conditions = conditions
        guard wasBlackHole, !conditions.isBlackHole else { return }
        for connection in connections.values {
            connection.flow(.up).deliverDue()
            connection.flow(.down).deliverDue()
        }
        for direction in LinkDirection.allCases { pipe(direction).resume() }
    }

    func aim(atPort port: Int) { targetPort = port }

    func plan(_ cut: CutPlan) { self.cut = cut }

    func closeAll() {
        for connection in connections.values { connection.closeAll() }
    }

    // MARK: connections

    /// Called while a client's channel is set up; it reads nothing until it is asked to.
    func accept(_ client: any Channel) throws {
        counts.value.withLock { $0.connections += 1 }
        switch conditions.newConnections {
        case .dropped: client.close(promise: nil)
        case .answeredByPortal:
            try client.pipeline.syncOperations.addHandler(CaptivePortal())
        case .carried:
            let connection = LinkConnection(client: client, engine: self)
            connections[ObjectIdentifier(connection)] = connection
            try connection.attachClient()
            loop.assumeIsolated().scheduleTask(in: conditions.roundTrip) {
                self.connect(connection)
            }
        }
    }

    private func connect(_ connection: LinkConnection) {
        guard connections[ObjectIdentifier(connection)] != nil else { return }
        connection.open()
        let carried = NIOLoopBound(connection, eventLoop: loop)
        ClientBootstrap(group: loop)
            .channelOption(.autoRead, value: false)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try carried.value.connected(to: channel) }
            }
            .connect(host: targetHost, port: targetPort)
            .assumeIsolated()
            .whenFailure { _ in connection.closeAll() }
    }

    func forget(_ connection: LinkConnection) {
        connections[ObjectIdentifier(connection)] = nil
    }

    // MARK: counting

    func carried(_ bytes: Int, _ direction: LinkDirection) {
        guard bytes > 0 else { return }
        counts.value.withLock { $0[direction] += bytes }
        if cut?.counting == .link && cut?.direction == direction { cut?.bytes -= bytes }
    }

    /// Bytes of all connections that may still pass before the next packet is cut.
    func bytesBeforeCut(_ direction: LinkDirection) -> Int? {
        guard let cut, cut.counting == .link, cut.direction == direction else { return nil }
        return cut.bytes
    }

    func haveCut() {
        counts.value.withLock { $0.cuts += 1 }
        if cut?.counting == .link { cut = nil }
    }
}

/// The counts, which other threads read.
final class SharedCounts: Sendable {
    let value = Mutex(LinkCounts())
}
