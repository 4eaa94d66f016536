import NIOCore

/// One connection through the link: a client's, and the proxy's own to the server for it.
final class LinkConnection {
    private let engine: LinkEngine
    private let client: any Channel
    private var server: (any Channel)?
    private lazy var up = Flow(.up, of: self, engine: engine)
    private lazy var down = Flow(.down, of: self, engine: engine)
    /// Directions whose end has been handed over.
    private var ended: Set<LinkDirection> = []
    /// Ends whose channel is gone.
    private var gone: Set<LinkDirection> = []

    init(client: any Channel, engine: LinkEngine) {
        self.client = client
        self.engine = engine
        down.sink = client
        // Made now, so that both directions are under the plan for a cut that holds now.
        _ = up
    }

    /// Adds the handlers that feed this connection to its two channels.
    func attachClient() throws {
        try client.pipeline.syncOperations.addHandler(LinkEnd(of: self, sending: .up))
    }

    /// The proxy's own connection to the server stands.
    func connected(to server: any Channel) throws {
        try server.pipeline.syncOperations.addHandler(LinkEnd(of: self, sending: .down))
        self.server = server
        down.source = server
        down.open()
        up.sink = server
        up.readIfRoom()
    }

    /// Starts taking in what the client sends.
    func open() {
        up.source = client
        up.open()
    }

    func flow(_ direction: LinkDirection) -> Flow { direction == .up ? up : down }

    /// There is room again at the end that receives from `direction`.
    func hasRoom(for direction: LinkDirection) { flow(direction).readIfRoom() }

    /// The end that sends in `direction` is gone altogether: what it sent still arrives, and what
    /// was meant for it has nowhere to go.
    func lost(sender direction: LinkDirection) {
        gone.insert(direction)
        flow(direction).ended()
        flow(direction == .up ? .down : .up).discard()
        if ended.contains(direction) { close(flow(direction).sink, mode: .all) }
        if gone.count == 2 { engine.forget(self) }
    }

    /// The end of what is sent in `direction` has arrived.
    func delivered(endOf direction: LinkDirection) {
        ended.insert(direction)
        if ended.count == 2 {
            close(client, mode: .all)
            close(server, mode: .all)
        } else {
            close(flow(direction).sink, mode: gone.contains(direction) ? .all : .output)
        }
    }

    /// Breaks the connection once what was handed over to `sink` is written.
    func breakOff(after sink: any Channel) {
        LinkConnection.afterWrites(to: sink) { self.closeAll() }
    }

    private func close(_ channel: (any Channel)?, mode: CloseMode) {
        guard let channel else { return }
        LinkConnection.afterWrites(to: channel) { channel.close(mode: mode, promise: nil) }
    }

    /// Closes both ends now.
    func closeAll() {
        up.discard()
        down.discard()
        client.close(promise: nil)
        server?.close(promise: nil)
        engine.forget(self)
    }

    /// Closing a channel gives up what is not yet written, so an empty write is waited for.
    private static func afterWrites(to channel: any Channel, _ act: @escaping () -> Void) {
        channel.writeAndFlush(ByteBuffer()).assumeIsolated().whenComplete { _ in act() }
    }
}

/// Hands what a channel receives to its connection.
final class LinkEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let connection: LinkConnection
    /// The direction in which this end sends.
    private let direction: LinkDirection

    init(of connection: LinkConnection, sending direction: LinkDirection) {
        self.connection = connection
        self.direction = direction
    }

    private var flow: Flow { connection.flow(direction) }

    func channelActive(context: ChannelHandlerContext) {
        // A channel that is asked to read before it is active forgets it.
        flow.readIfRoom()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        flow.received(unwrapInboundIn(data))
    }

    func channelReadComplete(context: ChannelHandlerContext) { flow.readIfRoom() }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { connection.hasRoom(for: direction == .up ? .down : .up) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent { flow.ended() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) { connection.lost(sender: direction) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
