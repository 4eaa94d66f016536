import Logging
import NIOCore
import NIOSSL
import NIOTLS
import Trust

/// Stands behind TLS in a connection's pipeline: learns who the peer is, counts what it sends, and
/// closes the connection when it no longer keeps pace, or has hung up.
final class ConnectionWatch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: ClientConnection
    private let root: RootCertificate
    private let limits: HubLimits
    private let logger: Logger
    private var nextCheck: Scheduled<Void>?

    init(
        connection: ClientConnection, root: RootCertificate, limits: HubLimits, logger: Logger
    ) {
        self.connection = connection
        self.root = root
        self.limits = limits
        self.logger = logger
    }

    func handlerAdded(context: ChannelHandlerContext) { scheduleCheck(context) }

    func handlerRemoved(context: ChannelHandlerContext) {
        nextCheck?.cancel()
        nextCheck = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let count = unwrapInboundIn(data).readableBytes
        guard connection.pace({ $0.received(count, at: $1) }) else { return }
        context.fireChannelRead(data)
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection.hangUp()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted:
            let shown = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
            connection.handshakeCompleted(Peer(der: try? shown?.toDERBytes(), root: root))
            context.fireUserInboundEventTriggered(event)
        case ChannelEvent.inputClosed:
            // HTTP knows no use for a half-open connection: whoever closes one way has gone.
            connection.hangUp()
            context.fireUserInboundEventTriggered(event)
            context.close(promise: nil)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    private func scheduleCheck(_ context: ChannelHandlerContext) {
        let loop = context.eventLoop.assumeIsolated()
        nextCheck = loop.scheduleTask(in: TimeAmount(limits.tick)) { self.check(context) }
    }

    private func check(_ context: ChannelHandlerContext) {
        nextCheck = nil
        let unsent = try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)
        let verdict = connection.pace { pace, now in
            pace.check(at: now, unsent: unsent ?? 0, limits: limits)
        }
        guard verdict != .fine else { return scheduleCheck(context) }
        logger.debug(
            "Connection closed",
            metadata: ["reason": "\(verdict.rawValue)", "remote": "\(connection.remote)"])
        connection.hangUp()
        context.close(promise: nil)
    }
}

/// The handler is only ever touched on its channel's event loop.
@available(*, unavailable)
extension ConnectionWatch: Sendable {}
