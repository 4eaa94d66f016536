import Foundation
import HTTPSClient
import HubServer
import Synchronization
import Testing
import Trust

@Suite("Who may do what at the hub", .timeLimit(.minutes(1)))
struct IdentityTests {
    @Test("A clinic exchanges bytes over one kept connection")
    func exchange() async throws {
        let nodes = Mutex<[UInt64]>([])
        let routes = TestHub.routes { node, body in
            nodes.withLock { $0.append(node) }
            return body.reversed()
        }
        try await TestHub.run(routes) { hub in
            let client = try hub.client(of: 42)
            for size in [0, 1, 100, 20_000, 100_000] {
                let body = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
                let response = try await client.send(.exchange(body))
                #expect(response.status == 200)
                #expect(response.body == body.reversed())
                #expect(response.bytesSent - size - "\(size)\(hub.port)".count == 106)
                #expect(response.bytesReceived > size && response.bytesReceived < size + 300)
            }
        }
        #expect(nodes.withLock { $0 } == [42, 42, 42, 42, 42])
    }

    @Test("Without a certificate there is enrolment and health, and nothing else")
    func anonymous() async throws {
        let routes = TestHub.routes { _, _ in
            Issue.record("An exchange without a certificate")
            return []
        }
        try await TestHub.run(routes) { hub in
            let client = hub.client()
            for path in ["/v1/exchange", "/v1/renew"] {
                let response = try await client.send(HTTPRequest(method: "POST", path: path))
                #expect(response.status == 401)
                #expect(response.problem?.code == .certificateMissing)
            }
            for path in ["/livez", "/readyz"] {
                #expect(try await client.send(HTTPRequest(path: path)).status == 200)
            }
            // From this machine, monitoring may ask.
            let metrics = try await client.send(HTTPRequest(path: "/metrics"))
            #expect(String(decoding: metrics.body, as: UTF8.self) == "clinics 1\n")
            let missing = try await client.send(HTTPRequest(path: "/other"))
            #expect(missing.problem?.code == .notFound)
            let wrongMethod = try await client.send(HTTPRequest(path: "/v1/exchange"))
            #expect(wrongMethod.problem?.code == .methodNotAllowed)
        }
    }

    @Test("A machine that knows only the root key's hash enrols, then exchanges")
    func enrolment() async throws {
        let authority = try Authority.create(commonName: "Test hub", now: TestHub.today)
        let code = EnrolmentCode(
            id: Array(1...8), secret: Array(1...16), rootKeyHash: try authority.rootKeyHash)
        var routes = TestHub.routes()
        routes.enrol = { request in
            guard request.codeIDBytes == code.id, request.secretBytes == code.secret else {
                throw Problem(status: 403, code: .codeRefused, title: "t", detail: "d")
            }
            let certificate = try authority.sign(
                csrPEM: request.csrPEM, node: 7, name: "Sunrise", now: TestHub.today)
            return EnrolmentAnswer(
                node: 7, name: "Sunrise", certificatePEM: certificate,
                rootCertificatePEM: authority.rootCertificatePEM)
        }
        try await TestHub.run(routes, authority: authority) { hub in
            let client = hub.client(root: .keyHash(code.rootKeyHash))
            let key = ClinicKey()
            let wrong = EnrolmentCode(
                id: code.id, secret: Array(2...17), rootKeyHash: code.rootKeyHash)
            let csr = try key.csrPEM(name: "x")
            let refused = try await client.send(
                .form("/v1/enrol", EnrolmentRequest(code: wrong, csrPEM: csr)))
            #expect(refused.problem?.code == .codeRefused)
            let response = try await client.send(
                .form("/v1/enrol", EnrolmentRequest(code: code, csrPEM: csr)))
            let answer = try JSONDecoder().decode(
                EnrolmentAnswer.self, from: Data(response.body))
            let root = try answer.root(expectedBy: code)
            client.replaceCredentials(
                Endpoint.Credentials(
                    certificatePEM: answer.certificatePEM, privateKeyPEM: key.privateKeyPEM),
                root: .certificate(pem: try root.pem))
            #expect(try await client.send(.exchange([1, 2, 3])).body == [1, 2, 3])
        }
    }

    @Test("An expired certificate renews itself and does nothing else")
    func expired() async throws {
        let authority = try Authority.create(commonName: "Test hub", now: TestHub.today)
        var routes = TestHub.routes()
        routes.renew = { node, csr in
            try authority.sign(csrPEM: csr, node: node, name: "Sunrise", now: TestHub.today)
        }
        try await TestHub.run(routes, authority: authority) { hub in
            let client = hub.client(
                try TestHub.credentials(9, by: authority, days: -1))
            let refused = try await client.send(.exchange([1]))
            #expect(refused.status == 403)
            #expect(refused.problem?.code == .certificateExpired)
            let key = ClinicKey()
            let request = RenewalRequest(csrPEM: try key.csrPEM(name: "x"))
            let response = try await client.send(.form("/v1/renew", request))
            let answer = try JSONDecoder().decode(RenewalAnswer.self, from: Data(response.body))
            #expect(try ClinicCertificate(pem: answer.certificatePEM).node == 9)
            client.replaceCredentials(
                Endpoint.Credentials(
                    certificatePEM: answer.certificatePEM, privateKeyPEM: key.privateKeyPEM))
            #expect(try await client.send(.exchange([1])).status == 200)
        }
    }

    @Test("Revocation works on a connection that is open already")
    func revoked() async throws {
        let admission = Mutex(HubRoutes.Admission.admitted)
        var routes = TestHub.routes()
        routes.admission = { _ in admission.withLock { $0 } }
        let sealed = routes
        try await TestHub.run(sealed) { hub in
            let client = try hub.client(of: 3)
            #expect(try await client.send(.exchange([1])).status == 200)
            admission.withLock { $0 = .revoked }
            #expect(try await client.send(.exchange([1])).problem?.code == .clinicRevoked)
            let renewal = try await client.send(.form("/v1/renew", RenewalRequest(csrPEM: "")))
            #expect(renewal.problem?.code == .clinicRevoked)
            admission.withLock { $0 = .unknown }
            #expect(try await client.send(.exchange([1])).problem?.code == .clinicUnknown)
        }
    }

    @Test("A certificate of another authority of the same name is nobody's")
    func foreign() async throws {
        let other = try Authority.create(commonName: "Test hub", now: TestHub.today)
        try await TestHub.run { hub in
            let client = hub.client(try TestHub.credentials(1, by: other))
            let response = try await client.send(.exchange([1]))
            #expect(response.status == 401)
            #expect(response.problem?.code == .certificateForeign)
        }
    }

    @Test("A hub of another root, another host, or another time is not believed")
    func untrustedHub() async throws {
        let other = try Authority.create(commonName: "Test hub", now: TestHub.today)
        let routes = TestHub.routes { _, _ in
            Issue.record("Something was sent to a hub that is not trusted")
            return []
        }
        try await TestHub.run(routes) { hub in
            let late = TestHub.now + 398 * 86_400
            let clients = [
                hub.client(root: .certificate(pem: other.rootCertificatePEM)),
                hub.client(root: .keyHash(try other.rootKeyHash)),
                hub.client(url: "https://localhost:\(hub.port)"),
                hub.client(
                    root: .keyHash(try hub.authority.rootKeyHash),
                    url: "https://localhost:\(hub.port)"),
                hub.client(now: late),
                hub.client(root: .keyHash(try hub.authority.rootKeyHash), now: late),
            ]
            for client in clients {
                let failure = await #expect(throws: TransportFailure.self) {
                    try await client.send(.exchange([1]))
                }
                guard case .untrusted = failure else {
                    Issue.record("\(String(describing: failure))")
                    return
                }
            }
        }
    }

    @Test("Credentials that are no credentials are named as such")
    func brokenCredentials() async throws {
        try await TestHub.run { hub in
            let client = hub.client(
                Endpoint.Credentials(certificatePEM: "rubbish", privateKeyPEM: "rubbish"))
            let failure = await #expect(throws: TransportFailure.self) {
                try await client.send(.exchange([1]))
            }
            guard case .credentials = failure else {
                Issue.record("\(String(describing: failure))")
                return
            }
        }
    }
}
