// The door for `syncctl`: commands of this machine's own user, over a Unix socket.
//
// Invariants: the socket is the user's alone from its first moment; a running daemon's socket is
// never taken over, a dead one's is; what a command means is the daemon's to say.

import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// Serves `POST /control/<command>` on a Unix socket.
package struct ControlService: Service, CustomStringConvertible {
    /// Status of the answer, and its JSON.
    package typealias Answer = (status: Int, body: [UInt8])

    /// What was asked.
    package struct Command: Sendable {
        package var name: String
        /// JSON, which may be empty, unless `content-type` says otherwise.
        package var body: [UInt8]
        /// Of the request, by their names in lower case.
        package var headers: [String: String]

        package init(name: String, body: [UInt8] = [], headers: [String: String] = [:]) {
            self.name = name
            self.body = body
            self.headers = headers
        }
    }

    private let socket: ControlSocket
    private let responder: ControlResponder
    private let logger: Logger

    /// - Parameters:
    ///   - path: of the socket; its folder must exist. 100 bytes at most.
    ///   - maximumBodyBytes: a longer body is refused.
    ///   - answer: gets the command's name and its JSON, which may be empty. Its task is cancelled
    ///     when the daemon stops.
    package init(
        path: String, maximumBodyBytes: Int = 64 * 1024 * 1024, logger: Logger,
        answer: @escaping @Sendable (_ command: String, _ body: [UInt8]) async -> Answer
    ) {
        self.init(path: path, maximumBodyBytes: maximumBodyBytes, logger: logger) {
            (command: Command) in await answer(command.name, command.body)
        }
    }

    /// For commands whose input isn't always JSON: `answering` gets the headers as well.
    package init(
        path: String, maximumBodyBytes: Int = 64 * 1024 * 1024, logger: Logger,
        answering answer: @escaping @Sendable (Command) async -> Answer
    ) {
        socket = ControlSocket(path: path)
        responder = ControlResponder(maximumBodyBytes: maximumBodyBytes, answer: answer)
        self.logger = logger
    }

    package var description: String { "control" }

    /// Serves until graceful shutdown, then removes the socket.
    ///
    /// - Throws: `ControlSocket.Failure` if another daemon has the socket, or it can't be made.
    package func run() async throws {
        let socket = socket
        let (listening, failures) = AsyncThrowingStream<Never, any Error>.makeStream()
        let boundPath = try socket.prepare()
        defer { socket.remove() }
        // The library would say that it listens, and name the path that is not published yet.
        var quiet = logger
        quiet.logLevel = max(quiet.logLevel, .notice)
        let server = Application(
            responder: responder,
            configuration: ApplicationConfiguration(address: .unixDomainSocket(path: boundPath)),
            onServerRunning: { _ in
                do { try socket.publish() } catch { failures.finish(throwing: error) }
            },
            logger: quiet)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            group.addTask { for try await _ in listening {} }
            // The server ends when it is told to; the other only if the socket can't be published.
            try await group.next()
            group.cancelAll()
        }
    }
}

/// Reads a command, has it answered.
struct ControlResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    let maximumBodyBytes: Int
    let answer: @Sendable (ControlService.Command) async -> ControlService.Answer

    func respond(to request: Request, context: Context) async throws -> Response {
        let prefix = "/control/"
        guard request.method == .post, request.uri.path.hasPrefix(prefix) else {
            return response(
                404, "the path \(request.uri.path) is no command",
                remedy: "check that syncctl and the daemon are of one version")
        }
        var body: [UInt8] = []
        for try await part in request.body {
            guard body.count + part.readableBytes <= maximumBodyBytes else {
                return response(
                    413, "a command may have \(maximumBodyBytes) bytes at most",
                    remedy: "import fewer files at a time", closing: true)
            }
            body.append(contentsOf: part.readableBytesView)
        }
        guard request.headers[.contentLength].map({ Int($0) == body.count }) ?? true else {
            return response(
                400, "the command was cut off", remedy: "send it again", closing: true)
        }
        var headers: [String: String] = [:]
        for field in request.headers { headers[field.name.canonicalName] = field.value }
        let command = ControlService.Command(
            name: String(request.uri.path.dropFirst(prefix.count)), body: body, headers: headers)
        let task = Task { [answer] in await answer(command) }
        let (status, json) = await withTaskCancellationOrGracefulShutdownHandler {
            await task.value
        } onCancelOrGracefulShutdown: {
            task.cancel()
        }
        return response(status, json)
    }

    private func response(
        _ status: Int, _ message: String, remedy: String, closing: Bool = false
    ) -> Response {
        let (status, json) = ControlRefusal(status, message, remedy: remedy).answer
        return response(status, json, closing: closing)
    }

    private func response(_ status: Int, _ json: [UInt8], closing: Bool = false) -> Response {
        var headers: HTTPFields = [.contentType: "application/json"]
        if closing { headers[.connection] = "close" }
        return Response(
            status: HTTPResponse.Status(code: status), headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: json)))
    }
}
