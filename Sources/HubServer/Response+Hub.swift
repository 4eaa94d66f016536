import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Trust

extension Response {
    /// - Parameter closing: whether the connection is given up after this answer, since the rest
    ///   of the request is not worth reading.
    init(problem: Problem, closing: Bool) {
        var headers: HTTPFields = [.contentType: Problem.mediaType]
        if let seconds = problem.retryAfter { headers[.retryAfter] = String(seconds) }
        if closing { headers[.connection] = "close" }
        let body = (try? JSONEncoder.sorted.encode(problem)) ?? Data("{}".utf8)
        self.init(
            status: HTTPResponse.Status(code: problem.status), headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }

    init(json: some Encodable) throws {
        let body = try JSONEncoder.sorted.encode(json)
        self.init(
            status: .ok, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }

    init(
        text: String, type: String = "text/plain; charset=utf-8",
        status: HTTPResponse.Status = .ok
    ) {
        self.init(
            status: status, headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

extension JSONEncoder {
    fileprivate static var sorted: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
