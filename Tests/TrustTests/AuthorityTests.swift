import Foundation
import Testing
import Trust

@Suite("The hub's authority")
struct AuthorityTests {
    private let authority: Authority

    init() throws { authority = try Authority.create(commonName: "Test hub", now: today) }

    private func certify(_ node: UInt64, days: Int = 397) throws -> String {
        try authority.sign(
            csrPEM: ClinicKey().csrPEM(name: "asked for"), node: node, name: "Sunrise", now: today,
            days: days)
    }

    @Test(
        "A clinic's certificate names its node and its end",
        arguments: [0, 1, 0xfedc_ba98, .max] as [UInt64])
    func clinic(node: UInt64) throws {
        let certificate = try ClinicCertificate(pem: certify(node))
        #expect(certificate.node == node)
        #expect(certificate.name == "Sunrise")
        let end = Int64(today.timeIntervalSince1970) + 397 * 86_400
        #expect(certificate.notValidAfter == end)
        #expect(!certificate.isExpired(at: end))
        #expect(certificate.isExpired(at: end + 1))
    }

    @Test("A request that was signed with another key is refused")
    func tamperedRequest() throws {
        let request = try ClinicKey().csrPEM(name: "Sunrise")
        var lines = request.split(separator: "\n").map(String.init)
        var body = Data(base64Encoded: lines[1..<lines.count - 1].joined()) ?? Data()
        // Another name: the request still parses, and its signature no longer fits.
        let name = try #require(body.firstRange(of: Data("Sunrise".utf8)))
        body.replaceSubrange(name, with: Data("Sunset!".utf8))
        let text = body.base64EncodedString(
            options: [.lineLength64Characters, .endLineWithLineFeed])
        lines = [lines[0], text, lines[lines.count - 1]]
        #expect(throws: TrustError.requestNotSigned) {
            try authority.sign(
                csrPEM: lines.joined(separator: "\n"), node: 1, name: "x", now: today)
        }
        #expect(throws: TrustError.unreadable(what: "The certificate request")) {
            try authority.sign(csrPEM: "no request", node: 1, name: "x", now: today)
        }
    }

    @Test("The authority is the same after a restart, and never replaced")
    func restart() throws {
        try withTemporaryFolder { path in
            let folder = try CredentialFolder(path: path)
            let first = try folder.authority(commonName: "Hub", now: today)
            let second = try folder.authority(commonName: "Hub", now: today)
            #expect(try first.rootKeyHash == second.rootKeyHash)
            try folder.write("rubbish", as: "root.pem")
            #expect(throws: TrustError.self) {
                try folder.authority(commonName: "Hub", now: today)
            }
            #expect(try folder.read("root.pem") == "rubbish")
        }
    }

    @Test("A server certificate is kept until 30 days before its end")
    func serverRenewal() throws {
        try withTemporaryFolder { path in
            let folder = try CredentialFolder(path: path)
            let hosts = ["hub.example", "127.0.0.1", "::1"]
            func credentials(_ now: Date, _ hosts: [String]) throws -> KeyedCertificate {
                try folder.serverCredentials(of: authority, hosts: hosts, now: now)
            }
            let first = try credentials(today, hosts)
            #expect(try credentials(today + days(366), hosts) == first)
            let second = try credentials(today + days(368), hosts)
            #expect(second != first)
            #expect(try credentials(today + days(368), hosts) == second)
            // Another address to be reached at needs another certificate.
            let third = try credentials(today + days(368), hosts + ["10.0.0.1"])
            #expect(third != second)
            // So does a clock that was years ahead at issue and has been put right.
            #expect(try credentials(today, hosts + ["10.0.0.1"]) != third)
            try folder.write("rubbish", as: "server.pem")
            #expect(try credentials(today, hosts) != third)
            #expect(throws: TrustError.noHosts) { try credentials(today, []) }
        }
    }

    @Test("A hub whose clock says 1970 makes certificates that are good today")
    func deadClock() throws {
        let first = Date(timeIntervalSince1970: 0)
        let authority = try Authority.create(commonName: "Hub", now: first)
        let server = try authority.issueServerCertificate(hosts: ["hub"], now: first)
        #expect(authority.isGood(server, hosts: ["hub"], now: first))
        #expect(authority.isGood(server, hosts: ["hub"], now: Authority.earliest + days(366)))
        let pem = try authority.sign(
            csrPEM: ClinicKey().csrPEM(name: "x"), node: 1, name: "x", now: first)
        let end = Int64(Authority.earliest.timeIntervalSince1970) + 397 * 86_400
        #expect(try ClinicCertificate(pem: pem).notValidAfter == end)
    }

    @Test("A certificate and another one's key are not taken for a pair")
    func mismatch() throws {
        #expect(throws: TrustError.keyDoesNotFitCertificate(what: "the credentials")) {
            try KeyedCertificate(
                certificatePEM: certify(1), privateKeyPEM: ClinicKey().privateKeyPEM)
        }
    }

    @Test("A server's certificate and a root are no clinic's")
    func purposes() throws {
        let server = try authority.issueServerCertificate(hosts: ["hub"], now: today)
        for pem in [server.certificatePEM, authority.rootCertificatePEM] {
            #expect(throws: TrustError.self) { try ClinicCertificate(pem: pem) }
        }
    }
}
