import FHIR
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import Settings

/// FHIR R4 at `/fhir/R4`, and `/livez` and `/metrics`, on this machine alone: plain HTTP, without
/// accounts.
package struct FHIRService: Service, CustomStringConvertible {
    private let daemon: ClinicDaemon
    private let listen: ListenAddress

    /// Connections that may be open at once.
    private static let mostConnections = 256

    package init(_ daemon: ClinicDaemon, listen: ListenAddress) {
        precondition(listen.isLoopback, "FHIR is served on loopback only until accounts exist")
        self.daemon = daemon
        self.listen = listen
    }

    package var description: String { "FHIR" }

    /// Serves until graceful shutdown.
    ///
    /// - Throws: when the address can't be had.
    package func run() async throws {
        let (daemon, listen) = (daemon, listen)
        // The library says in its own words that it listens; the daemon's are enough.
        var quiet = daemon.logger
        quiet.logLevel = max(quiet.logLevel, .notice)
        let server = Application(
            responder: FHIRResponder(daemon: daemon),
            configuration: ApplicationConfiguration(
                address: .hostname(listen.host, port: listen.port),
                availableConnectionsDelegate: MaximumAvailableConnections(
                    FHIRService.mostConnections, logger: daemon.logger)),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? listen.port
                let address = ListenAddress(host: listen.host, port: port)
                daemon.serves(at: "http://\(address)")
                daemon.logger.info("Serving FHIR", metadata: ["address": "\(address)"])
            },
            logger: quiet)
        do { try await server.run() } catch let error as IOError {
            throw ListenFailure(
                address: "\(listen)", reason: String(cString: strerror(error.errnoCode)))
        }
    }
}

/// Why programs of this machine can't reach FHIR.
package struct ListenFailure: Error, Equatable, CustomStringConvertible {
    let address: String
    let reason: String

    package var description: String {
        "\(address) can't be listened on: \(reason). Stop what listens there, or set listen to "
            + "another port of this machine (port 0 takes a free one)."
    }
}

/// Decides what a request is for, and answers every error as an OperationOutcome.
struct FHIRResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    let daemon: ClinicDaemon
    /// A whole Bundle is in memory once as bytes and once as a document.
    static let mostBodyBytes = 64 << 20

    func respond(to request: Request, context: Context) async throws -> Response {
        let answer = await self.answer(request, context)
        daemon.metrics.answered(answer.status.code)
        return answer
    }

    private func answer(_ request: Request, _ context: Context) async -> Response {
        guard FHIRResponder.isLocal(request.head.authority) else {
            let failure = FHIRFailure(
                421, .forbidden, "This service is for programs of this machine: ask 127.0.0.1")
            return FHIRAnswer(failure).response(closing: true)
        }
        switch request.uri.path {
        case "/livez": return Response(plain: "ok\n")
        case "/metrics":
            let text = await daemon.metricsText()
            return Response(plain: text, type: "text/plain; version=0.0.4; charset=utf-8")
        case let path where path == FHIRRequest.prefix || path.hasPrefix(FHIRRequest.prefix + "/"):
            return await fhir(request, context)
        default:
            let failure = FHIRFailure(
                404, .notFound, "This service is at \(FHIRRequest.prefix), /livez and /metrics")
            return FHIRAnswer(failure).response(closing: true)
        }
    }

    private func fhir(_ request: Request, _ context: Context) async -> Response {
        do {
            var read = try FHIRRequest(request)
            read.body = try await body(of: request)
            return try await daemon.answer(read).response()
        } catch {
            let failure = FHIRFailure(of: error)
            if failure.isOurs {
                context.logger.error(
                    "A request failed",
                    metadata: ["method": "\(request.method)", "error": "\(error)"])
            }
            return FHIRAnswer(failure).response(closing: failure.status == 413)
        }
    }

    private func body(of request: Request) async throws -> [UInt8] {
        var body: [UInt8] = []
        do {
            for try await part in request.body {
                guard body.count + part.readableBytes <= FHIRResponder.mostBodyBytes else {
                    throw FHIRFailure(
                        413, .tooLong,
                        "A body may have \(FHIRResponder.mostBodyBytes) bytes; send several "
                            + "Bundles")
                }
                body.append(contentsOf: part.readableBytesView)
            }
            return body
        } catch let failure as FHIRFailure { throw failure } catch {
            // Of a client that has gone, nobody reads this.
            throw FHIRFailure(
                400, .structure, "The body ended before it was whole; send the request again")
        }
    }

    /// Whether a browser meant this machine: a page from elsewhere whose name was made to point
    /// here names itself.
    static func isLocal(_ authority: String?) -> Bool {
        guard let authority else { return true }
        return ListenAddress(authority)?.isLoopback
            ?? ListenAddress("\(authority):80")?.isLoopback ?? false
    }
}

extension Response {
    init(plain text: String, type: String = "text/plain; charset=utf-8") {
        self.init(
            status: .ok, headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
