import HTTPSClient
import HubServer
import Testing
import Trust

@Suite("Links that break", .timeLimit(.minutes(2)))
struct BrokenLinkTests {
    private static let body = [UInt8](repeating: 5, count: 700)

    @Test("A request that is cut on its way reaches no one, wherever it is cut")
    func requestCut() async throws {
        let calls = Counter()
        let routes = TestHub.routes { _, body in
            #expect(body == BrokenLinkTests.body)
            calls.add()
            return [1]
        }
        try await TestHub.run(routes) { hub in
            let credentials = try TestHub.credentials(1, by: hub.authority)
            var answered = 0
            for up in stride(from: 1, through: 3500, by: 83) {
                let proxy = try CuttingProxy(target: hub.port, up: up, down: 1_000_000)
                let client = hub.client(credentials, url: "https://127.0.0.1:\(proxy.port)")
                do throws(TransportFailure) {
                    _ = try await client.send(.exchange(BrokenLinkTests.body))
                    answered += 1
                } catch {
                    switch error {
                    case .cut, .handshake: break
                    default: Issue.record("\(up) bytes: \(error)")
                    }
                }
                withExtendedLifetime(proxy) {}
            }
            #expect(answered > 0, "The widest cut must let a request through")
            #expect(answered < 40, "The narrowest must not")
            // What was not cut, and at most one that was cut after its last byte.
            #expect(calls.value >= answered && calls.value <= answered + 1)
        }
    }

    @Test("An answer that is cut on its way is no answer, wherever it is cut")
    func answerCut() async throws {
        let answer = [UInt8](repeating: 6, count: 700)
        try await TestHub.run(TestHub.routes { _, _ in answer }) { hub in
            let credentials = try TestHub.credentials(1, by: hub.authority)
            for down in stride(from: 1, through: 4000, by: 83) {
                let proxy = try CuttingProxy(target: hub.port, up: 1_000_000, down: down)
                let client = hub.client(credentials, url: "https://127.0.0.1:\(proxy.port)")
                do throws(TransportFailure) {
                    let response = try await client.send(.exchange(BrokenLinkTests.body))
                    #expect(response.body == answer)
                } catch {
                    switch error {
                    case .cut, .handshake: break
                    default: Issue.record("\(down) bytes: \(error)")
                    }
                }
                withExtendedLifetime(proxy) {}
            }
        }
    }

    @Test("Requests share one connection, refused ones too, and new credentials make a new one")
    func keptConnection() async throws {
        try await TestHub.run { hub in
            let proxy = try CuttingProxy(target: hub.port, up: 1_000_000, down: 1_000_000)
            let credentials = try TestHub.credentials(1, by: hub.authority)
            let client = hub.client(credentials, url: "https://127.0.0.1:\(proxy.port)")
            for _ in 0..<20 {
                #expect(try await client.send(.exchange([1])).status == 200)
                #expect(try await client.send(HTTPRequest(path: "/none")).status == 404)
            }
            #expect(proxy.accepted.value == 1)
            client.replaceCredentials(try TestHub.credentials(2, by: hub.authority))
            #expect(try await client.send(.exchange([1])).status == 200)
            #expect(proxy.accepted.value == 2)
        }
    }

    @Test("A kept connection that the hub has closed meanwhile is made anew")
    func keptConnectionGone() async throws {
        var limits = HubLimits()
        limits.silence = .milliseconds(100)
        limits.handshake = .milliseconds(300)
        try await TestHub.run(limits: limits) { hub in
            let client = try hub.client(of: 1)
            #expect(try await client.send(.exchange([1])).status == 200)
            // Longer than the hub keeps an idle connection; a raw one shows when that is over.
            #expect(await RawPeer.waitForEnd(port: hub.port))
            #expect(try await client.send(.exchange([2])).body == [2])
        }
    }
}
