import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle
import Trust

extension HubResponder {
    static let exchangeType = "application/octet-stream"
    static let formType = "application/json"

    func exchange(_ request: Request, node: UInt64) async throws -> Response {
        let length = try checkedLength(
            request, type: HubResponder.exchangeType, limit: limits.maximumExchangeBytes)
        let flight = Flights.Kind.exchange(node: node, bytes: length)
        try flights.start(flight)
        defer { flights.land(flight) }
        let body = try await body(of: request, length: length)
        let answer = try await untilHangUpOrStop { [routes] in
            let remote = ClientConnection.current?.remote ?? ""
            return try await routes.exchange(node, body, HubRoutes.Call(remote: remote))
        }
        return Response(
            status: .ok, headers: [.contentType: HubResponder.exchangeType],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer)))
    }

    func enrol(_ request: Request) async throws -> Response {
        let form = try await form(
            EnrolmentRequest.self, request, fields: "codeID, secret and csrPEM")
        try flights.start(.form)
        defer { flights.land(.form) }
        return try Response(json: try await routes.enrol(form))
    }

    func renew(_ request: Request, node: UInt64) async throws -> Response {
        let form = try await form(RenewalRequest.self, request, fields: "csrPEM")
        try flights.start(.form)
        defer { flights.land(.form) }
        let certificate = try await routes.renew(node, form.csrPEM)
        return try Response(json: RenewalAnswer(certificatePEM: certificate))
    }

    /// Runs `operation` to its end; it is cancelled when the clinic hangs up, which leaves nobody
    /// to answer, and when the hub stops.
    private func untilHangUpOrStop(
        _ operation: @escaping @Sendable () async throws -> [UInt8]
    ) async throws -> [UInt8] {
        guard let connection = ClientConnection.current else { return try await operation() }
        let task = connection.untilHangUp(operation)
        defer { connection.finished() }
        return try await withTaskCancellationOrGracefulShutdownHandler {
            try await task.value
        } onCancelOrGracefulShutdown: {
            task.cancel()
        }
    }

    private func form<Form: Decodable>(
        _ type: Form.Type, _ request: Request, fields: String
    ) async throws -> Form {
        let length = try checkedLength(
            request, type: HubResponder.formType, limit: limits.maximumFormBytes)
        let body = try await body(of: request, length: length)
        do { return try JSONDecoder().decode(type, from: Data(body)) } catch {
            throw Problem.formMalformed(fields)
        }
    }

    /// The body's length as announced, before any of it is read.
    private func checkedLength(
        _ request: Request, type: String, limit: Int
    ) throws(Problem) -> Int {
        let found = request.headers[.contentType]?.prefix { $0 != ";" }.lowercased()
        guard found == type else { throw .mediaTypeUnsupported(expected: type) }
        guard let text = request.headers[.contentLength], let length = Int(text), length >= 0
        else { throw .lengthMissing }
        guard length <= limit else { throw .bodyTooLarge(limit: limit) }
        return length
    }

    private func body(of request: Request, length: Int) async throws -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(length)
        do {
            for try await part in request.body { body.append(contentsOf: part.readableBytesView) }
        } catch { throw Problem.bodyCut }
        guard body.count == length else { throw Problem.bodyCut }
        ClientConnection.current?.pace { $0.bodyReceived(at: $1) }
        return body
    }
}
