import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Trust

/// Decides which closure answers a request, and whether it may.
struct HubResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    let routes: HubRoutes
    let limits: HubLimits
    /// Seconds since 1970.
    let trustedTime: @Sendable () -> Int64
    let flights: Flights

    func respond(to request: Request, context: Context) async throws -> Response {
        do {
            return try await answer(request, context)
        } catch let problem as Problem {
            return Response(problem: problem, closing: hasUnreadBody(request))
        } catch is CancellationError {
            return Response(problem: .stopping, closing: true)
        } catch {
            context.logger.error(
                "Request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            return Response(problem: .failed, closing: hasUnreadBody(request))
        }
    }

    private func answer(_ request: Request, _ context: Context) async throws -> Response {
        switch request.uri.path {
        case "/v1/exchange":
            try require(.post, request)
            return try await exchange(request, node: try await clinic(mayBeExpired: false))
        case "/v1/enrol":
            try require(.post, request)
            return try await enrol(request)
        case "/v1/renew":
            try require(.post, request)
            return try await renew(request, node: try await clinic(mayBeExpired: true))
        case "/metrics":
            try require(.get, request)
            if ClientConnection.current?.isLocal != true {
                do { _ = try await clinic(mayBeExpired: false) } catch {
                    throw Problem.metricsForbidden
                }
            }
            return Response(
                text: await routes.metrics(), type: "text/plain; version=0.0.4; charset=utf-8")
        case "/livez":
            try require(.get, request)
            return Response(text: "ok\n")
        case "/readyz":
            try require(.get, request)
            let (isReady, reason) = await routes.ready()
            return Response(
                text: isReady ? "ok\n" : reason + "\n",
                status: isReady ? .ok : .serviceUnavailable)
        default:
            throw Problem.notFound
        }
    }

    private func require(_ method: HTTPRequest.Method, _ request: Request) throws(Problem) {
        guard request.method == method else { throw .methodNotAllowed(method.rawValue) }
    }

    /// The clinic that the connection's certificate names, if it may do more than enrol now.
    private func clinic(mayBeExpired: Bool) async throws(Problem) -> UInt64 {
        switch ClientConnection.current?.peer ?? .anonymous {
        case .anonymous: throw .certificateMissing
        case .foreign: throw .certificateForeign
        case .clinic(let certificate):
            switch await routes.admission(certificate) {
            case .revoked: throw .clinicRevoked
            case .unknown: throw .clinicUnknown
            case .admitted: break
            }
            guard mayBeExpired || !certificate.isExpired(at: trustedTime()) else {
                throw .certificateExpired
            }
            return certificate.node
        }
    }

    private func hasUnreadBody(_ request: Request) -> Bool {
        !request.isWithoutBody && ClientConnection.current?.hasWholeBody == false
    }
}
