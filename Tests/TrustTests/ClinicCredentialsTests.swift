import Foundation
import Testing
import Trust

@Suite("A clinic's credentials")
struct ClinicCredentialsTests {
    private let authority: Authority

    init() throws { authority = try Authority.create(commonName: "Test hub", now: today) }

    private func certify(_ key: ClinicKey, by authority: Authority) throws -> String {
        try authority.sign(csrPEM: key.csrPEM(name: "x"), node: 7, name: "Sunrise", now: today)
    }

    @Test("Enrolment and renewal leave a pair that fits, and use a new key each time")
    func enrolAndRenew() throws {
        try withTemporaryFolder { path in
            let folder = try CredentialFolder(path: path)
            #expect(try folder.clinic() == nil)
            // An answer that was lost is asked for again with the same key.
            let key = try folder.pendingKey()
            #expect(try folder.pendingKey().privateKeyPEM == key.privateKeyPEM)
            let first = try folder.adopt(
                certificatePEM: certify(key, by: authority), root: authority.root)
            let found = try #require(try folder.clinic())
            #expect(found.0 == first)
            #expect(try found.1.keyHash == authority.rootKeyHash)
            let next = try folder.pendingKey()
            #expect(next.privateKeyPEM != key.privateKeyPEM)
            let second = try folder.adopt(certificatePEM: certify(next, by: authority))
            #expect(try folder.clinic()?.0 == second)
        }
    }

    @Test("A certificate of another root or for another key changes nothing")
    func strangers() throws {
        try withTemporaryFolder { path in
            let folder = try CredentialFolder(path: path)
            let kept = try folder.adopt(
                certificatePEM: certify(folder.pendingKey(), by: authority), root: authority.root)
            let other = try Authority.create(commonName: "Test hub", now: today)
            #expect(throws: TrustError.notAClinicCertificate) {
                try folder.adopt(certificatePEM: certify(folder.pendingKey(), by: other))
            }
            #expect(throws: TrustError.self) {
                try folder.adopt(certificatePEM: certify(ClinicKey(), by: authority))
            }
            #expect(try folder.clinic()?.0 == kept)
        }
    }

    @Test("Files are their owner's alone, and are replaced whole")
    func permissions() throws {
        try withTemporaryFolder { path in
            let folder = try CredentialFolder(path: path)
            try folder.write("one", as: "a.pem")
            try folder.write("two", as: "a.pem")
            #expect(try folder.read("a.pem") == "two")
            #expect(try folder.read("b.pem") == nil)
            let manager = FileManager.default
            #expect(try manager.contentsOfDirectory(atPath: path) == ["a.pem"])
            for (file, mode) in [(path + "/a.pem", 0o600), (path, 0o700)] {
                let found = try manager.attributesOfItem(atPath: file)[.posixPermissions]
                #expect((found as? NSNumber)?.intValue == mode)
            }
            try folder.remove("a.pem")
            #expect(try folder.read("a.pem") == nil)
        }
    }

    @Test("A folder that can't be written is named with the reason")
    func unwritable() throws {
        #expect(throws: TrustError.self) { try CredentialFolder(path: "/proc/clinicsync") }
        try withTemporaryFolder { path in
            let folder = try CredentialFolder(path: path)
            let error = #expect(throws: TrustError.self) {
                try folder.write("x", as: "missing/a.pem")
            }
            #expect(error?.description.contains("missing/a.pem") == true)
        }
    }

    @Test("An answer of another hub than the code's is refused")
    func impostor() throws {
        let other = try Authority.create(commonName: "Test hub", now: today)
        let code = EnrolmentCode(
            id: Array(1...8), secret: Array(1...16), rootKeyHash: try authority.rootKeyHash)
        func answer(_ authority: Authority) -> EnrolmentAnswer {
            EnrolmentAnswer(
                node: 7, name: "Sunrise", certificatePEM: "",
                rootCertificatePEM: authority.rootCertificatePEM)
        }
        #expect(throws: TrustError.anotherHub) { try answer(other).root(expectedBy: code) }
        #expect(try answer(authority).root(expectedBy: code).keyHash == code.rootKeyHash)
        #expect(answer(authority).nodeNumber == 7)
    }

    @Test("A problem from a newer hub is read all the same")
    func newerProblem() throws {
        let json = #"{"status":418,"code":"of-tomorrow","title":"t","detail":"d","more":1}"#
        let problem = try JSONDecoder().decode(Problem.self, from: Data(json.utf8))
        #expect(problem.code == .unknown)
        #expect(problem.status == 418)
    }
}
