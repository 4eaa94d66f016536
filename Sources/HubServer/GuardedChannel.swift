import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import Trust

/// How a connection is set up and served: TLS, the watch over its pace, then HTTP/1.1.
struct GuardedChannel: ServerChildChannel {
    /// Hummingbird's connection, with ours beside it.
    struct Value: ServerChildChannelValue {
        let http: HTTP1Channel.Value
        let connection: ClientConnection

        var channel: any Channel { http.channel }
    }

    private let http: HTTP1Channel
    private let identity: ServerIdentity
    private let root: RootCertificate
    private let limits: HubLimits

    init(
        responder: @escaping HTTPChannelHandler.Responder, identity: ServerIdentity,
        root: RootCertificate, limits: HubLimits
    ) {
        self.identity = identity
        self.root = root
        self.limits = limits
        let configuration = HTTP1Channel.Configuration(
            httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                maxHeaderFieldSize: 8 * 1024, maxHeaderListSize: 16 * 1024, maxHeaderFieldCount: 64)
        )
        http = HTTP1Channel(
            responder: { request, writer, channel in
                let connection = ClientConnection.current
                connection?.pace { $0.headReceived(at: $1) }
                try await responder(request, writer, channel)
                let isWhole = request.isWithoutBody || connection?.hasWholeBody ?? true
                connection?.pace { $0.answered(isWhole: isWhole, at: $1) }
            }, configuration: configuration)
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let connection = ClientConnection(
            remote: channel.remoteAddress?.ipAddress ?? "", at: .now)
        return channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(identity.makeHandler())
            try pipeline.addHandler(
                ConnectionWatch(
                    connection: connection, root: root, limits: limits, logger: logger))
        }.flatMap {
            http.setup(channel: channel, logger: logger)
        }.map { Value(http: $0, connection: connection) }
    }

    func handle(value: Value, logger: Logger) async {
        await ClientConnection.$current.withValue(value.connection) {
            await http.handle(value: value.http, logger: logger)
        }
    }
}

extension Request {
    /// RFC 9112 section 6.3: a request without either header has no body.
    var isWithoutBody: Bool {
        let length = headers[.contentLength]
        return (length == nil || length == "0") && headers[.transferEncoding] == nil
    }
}
