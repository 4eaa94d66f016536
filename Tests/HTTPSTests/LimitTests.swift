import HTTPSClient
import HubServer
import Synchronization
import Testing
import Trust

@Suite("The hub's bounds and its end", .timeLimit(.minutes(1)))
struct LimitTests {
    @Test("A body beyond the limit is refused before it is read, and the connection recovers")
    func oversizedBody() async throws {
        var limits = HubLimits()
        limits.maximumExchangeBytes = 1000
        try await TestHub.run(limits: limits) { hub in
            let client = try hub.client(of: 1)
            let fits = [UInt8](repeating: 7, count: 1000)
            #expect(try await client.send(.exchange(fits)).status == 200)
            for size in [1001, 3_000_000] {
                let response = try await client.send(.exchange([UInt8](repeating: 7, count: size)))
                #expect(response.status == 413)
                #expect(response.problem?.code == .bodyTooLarge)
                #expect(response.problem?.detail.contains("1000") == true)
            }
            #expect(try await client.send(.exchange(fits)).status == 200)
        }
    }

    @Test("Wrong media types and malformed forms are refused")
    func malformed() async throws {
        try await TestHub.run { hub in
            let client = try hub.client(of: 1)
            var request = HTTPRequest.exchange([1])
            request.headers = [("Content-Type", "text/html")]
            #expect(try await client.send(request).problem?.code == .mediaTypeUnsupported)
            let form = try HTTPRequest.form("/v1/enrol", ["csrPEM": 1])
            #expect(try await client.send(form).problem?.code == .requestMalformed)
        }
    }

    @Test("A clinic with too many exchanges in flight is told to wait")
    func tooMany() async throws {
        var limits = HubLimits()
        limits.maximumExchangesPerClinic = 1
        let (entered, leave) = (Signal<Void>(), Signal<Void>())
        let routes = TestHub.routes { _, body in
            if body == [1] {
                entered.send()
                _ = await leave.next()
            }
            return body
        }
        try await TestHub.run(routes, limits: limits) { hub in
            let credentials = try TestHub.credentials(1, by: hub.authority)
            let (one, two) = (hub.client(credentials), hub.client(credentials))
            async let first = one.send(.exchange([1], isLongPoll: true))
            await entered.next()
            let refused = try await two.send(.exchange([2]))
            #expect(refused.status == 429)
            #expect(refused.headers["retry-after"] == "5")
            #expect(refused.problem?.retryAfter == 5)
            let other = try hub.client(of: 2)
            #expect(try await other.send(.exchange([3])).body == [3])
            leave.send()
            #expect(try await first.body == [1])
            #expect(try await two.send(.exchange([2])).body == [2])
        }
    }

    @Test("An error of the hub tells the clinic nothing but that it may try again")
    func failure() async throws {
        struct Secret: Error { let name = "Amina" }
        let routes = TestHub.routes { _, body in
            if body == [1] { throw Secret() }
            throw Problem.init(status: 409, code: .failed, title: "t", detail: "d")
        }
        try await TestHub.run(routes) { hub in
            let client = try hub.client(of: 1)
            let response = try await client.send(.exchange([1]))
            #expect(response.status == 500)
            #expect(!String(decoding: response.body, as: UTF8.self).contains("Amina"))
            #expect(try await client.send(.exchange([2])).status == 409)
        }
    }

    @Test("A long poll that the clinic gives up ends at the hub too, and the next one works")
    func longPollCancelled() async throws {
        let (entered, ended) = (Signal<Void>(), Signal<Bool>())
        let routes = TestHub.routes { _, body in
            guard body == [1] else { return body }
            entered.send()
            _ = await Signal<Void>().next()
            ended.send(Task.isCancelled)
            return []
        }
        try await TestHub.run(routes) { hub in
            let client = try hub.client(of: 1)
            let poll = Task { () async throws -> HTTPResponse in
                try await client.send(.exchange([1], isLongPoll: true))
            }
            await entered.next()
            poll.cancel()
            await #expect(throws: TransportFailure.cancelled) { try await poll.value }
            #expect(await ended.next() == true)
            #expect(try await client.send(.exchange([2])).body == [2])
        }
    }

    @Test("A request that is cancelled before it begins never begins")
    func cancelledEarly() async throws {
        let calls = Counter()
        let (entered, leave) = (Signal<Void>(), Signal<Void>())
        let routes = TestHub.routes { _, body in
            calls.add()
            entered.send()
            _ = await leave.next()
            return body
        }
        try await TestHub.run(routes) { hub in
            let client = try hub.client(of: 1)
            async let first = client.send(.exchange([1], isLongPoll: true))
            await entered.next()
            let second = Task { () async throws -> HTTPResponse in
                try await client.send(.exchange([2]))
            }
            second.cancel()
            await #expect(throws: TransportFailure.cancelled) { try await second.value }
            leave.send()
            #expect(try await first.status == 200)
        }
        #expect(calls.value == 1)
    }

    @Test("A stop answers what is in flight, and does not wait for idle connections")
    func gracefulStop() async throws {
        let entered = Signal<Void>()
        let routes = TestHub.routes { _, body in
            guard body == [1] else { return body }
            entered.send()
            _ = await Signal<Void>().next()
            return [9]
        }
        let clock = ContinuousClock()
        let stopped = Mutex(clock.now)
        try await TestHub.run(routes) { hub in
            let (idle, busy) = (try hub.client(of: 1), try hub.client(of: 2))
            #expect(try await idle.send(.exchange([2])).status == 200)
            async let poll = busy.send(.exchange([1], isLongPoll: true))
            await entered.next()
            stopped.withLock { $0 = clock.now }
            await hub.stop()
            #expect(try await poll.body == [9])
        }
        #expect(clock.now - stopped.withLock { $0 } < .seconds(9))
    }

    @Test("A peer that connects and says nothing is let go")
    func slowHandshake() async throws {
        var limits = HubLimits()
        limits.handshake = .milliseconds(100)
        try await TestHub.run(limits: limits) { hub in
            #expect(await RawPeer.waitForEnd(port: hub.port))
        }
    }
}
