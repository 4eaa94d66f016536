import NIOCore

/// A captive portal, as hotels and mobile networks have: it answers whatever a client says first
/// with a web page, and hangs up.
final class CaptivePortal: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private var hasAnswered = false

    static let page = "<html><head><title>Log in</title></head><body>Buy airtime</body></html>\n"

    /// An answer of HTTP/1.1 with the page.
    static let answer =
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: \(page.utf8.count)\r\n"
        + "Connection: close\r\n\r\n\(page)"

    func channelActive(context: ChannelHandlerContext) {
        // The channel reads only when it is asked to.
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasAnswered else { return }
        hasAnswered = true
        let answer = context.channel.allocator.buffer(string: CaptivePortal.answer)
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(answer)).whenComplete { _ in
            channel.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
