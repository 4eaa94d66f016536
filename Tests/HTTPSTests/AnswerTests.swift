import HTTPSClient
import Testing

@Suite("What a client makes of answers", .timeLimit(.minutes(1)))
struct AnswerTests {
    private func send(
        _ answer: String, maximum: Int = 1000
    ) async throws(TransportFailure) -> HTTPResponse {
        let server: ScriptedServer
        do { server = try ScriptedServer { _ in Array(answer.utf8) } } catch {
            throw .unreachable("\(error)")
        }
        let client = HTTPSConnection(endpoint: Endpoint(carrier: .unixSocket(path: server.path)))
        let response = try await client.send(
            HTTPRequest(path: "/x", timeout: .seconds(20), maximumResponseBytes: maximum))
        withExtendedLifetime(server) {}
        return response
    }

    @Test("Status, headers and body come as they are")
    func plain() async throws {
        let response = try await send(
            "HTTP/1.1 201 Created\r\nContent-Type:  text/plain \r\nX-A: 1\r\nx-a: 2\r\n"
                + "Content-Length: 5\r\n\r\nhello")
        #expect(response.status == 201)
        #expect(response.headers["content-type"] == "text/plain")
        #expect(response.headers["x-a"] == "2")
        #expect(response.body == Array("hello".utf8))
    }

    @Test("An interim answer is passed over")
    func interim() async throws {
        let response = try await send(
            "HTTP/1.1 103 Early Hints\r\nX-B: 1\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")
        #expect(response.status == 204)
        #expect(response.headers["x-b"] == nil)
    }

    @Test("A captive portal's redirect and its page are answers, not detours")
    func portal() async throws {
        let redirect = try await send(
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/login\r\n"
                + "Content-Length: 0\r\n\r\n")
        #expect(redirect.status == 302)
        #expect(redirect.headers["location"] == "http://127.0.0.1:9/login")
        let page = try await send(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>")
        #expect(page.headers["content-type"] == "text/html")
    }

    @Test("An answer that is cut anywhere is no answer")
    func cut() async throws {
        let whole = Array("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n01234567890123456789".utf8)
        let server = try ScriptedServer { count in Array(whole.prefix(count)) }
        let client = HTTPSConnection(endpoint: Endpoint(carrier: .unixSocket(path: server.path)))
        for length in 0..<whole.count {
            let failure = await #expect(throws: TransportFailure.self) {
                try await client.send(HTTPRequest(path: "/x", timeout: .seconds(20)))
            }
            switch failure {
            case .cut, .malformed: break
            default: Issue.record("After \(length) bytes: \(String(describing: failure))")
            }
        }
        #expect(try await client.send(HTTPRequest(path: "/x")).body.count == 20)
    }

    @Test(
        "An answer beyond the request's bound is dropped, announced or not",
        arguments: ["Content-Length: 1001\r\n", ""])
    func tooLarge(length: String) async throws {
        let body = String(repeating: "x", count: 1001)
        await #expect(throws: TransportFailure.tooLarge(limit: 1000)) {
            try await send("HTTP/1.1 200 OK\r\n\(length)Connection: close\r\n\r\n\(body)")
        }
    }

    @Test("Another protocol, or a head without end, is no answer")
    func malformed() async throws {
        let endless = "HTTP/1.1 200 OK\r\n" + String(repeating: "X: y\r\n", count: 20_000)
        for answer in ["SSH-2.0-OpenSSH_9.2\r\n\r\n", endless] {
            let failure = await #expect(throws: TransportFailure.self) { try await send(answer) }
            guard case .malformed = failure else {
                Issue.record("\(String(describing: failure))")
                return
            }
        }
    }

    @Test("Nobody there is unreachable, and TLS to something else is no handshake")
    func nobody() async throws {
        let client = HTTPSConnection(
            endpoint: Endpoint(carrier: .unixSocket(path: "/tmp/no-such-socket")))
        let failure = await #expect(throws: TransportFailure.self) {
            try await client.send(HTTPRequest(path: "/x"))
        }
        guard case .unreachable = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
    }

    @Test("A silent server costs no more than the time that the request gives")
    func silence() async throws {
        let hold = HeldLine()
        let server = try ScriptedServer { _ in
            hold.wait()
            return []
        }
        let client = HTTPSConnection(endpoint: Endpoint(carrier: .unixSocket(path: server.path)))
        let failure = await #expect(throws: TransportFailure.self) {
            try await client.send(HTTPRequest(path: "/x", timeout: .milliseconds(100)))
        }
        hold.release()
        guard case .timedOut = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
    }
}
