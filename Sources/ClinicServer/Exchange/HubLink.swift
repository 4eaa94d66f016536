import Foundation
import HTTPSClient
import Settings
import Synchronization
import Sync
import Trust

/// Why a request brought nothing that the clinic may act on. Nothing has moved.
enum ExchangeFailure: Error, Sendable, CustomStringConvertible {
    case transport(TransportFailure)
    /// The hub refused, and says why.
    case refused(Problem)
    /// Something answered that is no hub: a captive portal, a proxy.
    case notTheHub(status: Int)
    /// What came as an answer can't be read, or could not be stored.
    case unusable(String)

    /// Whether this side gave it up.
    var wasCancelled: Bool { if case .transport(.cancelled) = self { true } else { false } }

    var description: String {
        switch self {
        case .transport(let failure): failure.description
        case .refused(let problem): "The hub refuses: \(problem.detail)"
        case .notTheHub(let status):
            "What answered (status \(status)) is not the hub: a captive portal or a proxy may be "
                + "in between. Check the network and the hub's address."
        case .unusable(let reason): "The hub's answer was not taken: \(reason)"
        }
    }
}

/// Kept connections to the hub, one a direction and one for what an operator asks beside them.
final class HubLink: Sendable {
    let push: HTTPSConnection
    let pull: HTTPSConnection
    let aside: HTTPSConnection
    private let folder: CredentialFolder
    private let name: String
    private let limits: ClinicSession.Limits
    private let metrics: ClinicMetrics
    private struct Renewal {
        var expires: Int64
        /// Monotonic seconds before which it is not tried again.
        var notBefore: UInt64 = 0
    }
    private let renewal: Mutex<Renewal>

    /// An expired certificate is renewed, and one that soon will be.
    static let renewalSeconds: Int64 = 60 * 86_400
    private static let retrySeconds: UInt64 = 3600

    init(node: ClinicNode, url: String, folder: CredentialFolder, metrics: ClinicMetrics) throws {
        self.folder = folder
        self.metrics = metrics
        limits = node.limits
        name = node.enrolment.name
        let credentials = Endpoint.Credentials(
            certificatePEM: node.credentials.certificatePEM,
            privateKeyPEM: node.credentials.privateKeyPEM)
        let clock = node.clock
        let tls = Endpoint.TLS(
            root: .certificate(pem: try node.root.pem), credentials: credentials
        ) { clock.seconds }
        let endpoint = Endpoint(carrier: .tls(url: url, tls))
        (push, pull) = (HTTPSConnection(endpoint: endpoint), HTTPSConnection(endpoint: endpoint))
        aside = HTTPSConnection(endpoint: endpoint)
        let certificate = try ClinicCertificate(pem: node.credentials.certificatePEM)
        renewal = Mutex(Renewal(expires: certificate.notValidAfter))
    }

    /// Posts a message of the exchange and returns the answer's bytes, whatever they say.
    ///
    /// - Parameter wait: seconds that the hub may be silent before it answers.
    func exchange(
        _ bytes: [UInt8], wait: UInt64, on client: HTTPSConnection
    ) async throws(ExchangeFailure) -> [UInt8] {
        let request = HTTPRequest(
            method: "POST", path: "/v1/exchange",
            headers: [("Content-Type", "application/octet-stream")], body: bytes,
            timeout: timeout(wait: wait), isLongPoll: wait > 0,
            maximumResponseBytes: HubLink.mostAnswerBytes)
        let response: HTTPResponse
        do { response = try await client.send(request) } catch {
            metrics.failed()
            throw .transport(error)
        }
        metrics.exchanged(sent: response.bytesSent, received: response.bytesReceived)
        guard response.status == 200, response.isBinary else {
            metrics.failed()
            throw HubLink.failure(response)
        }
        return response.body
    }

    /// The largest message of the exchange.
    private static let mostAnswerBytes = 80 << 20
    /// Where a link is slower than this, in bytes a second, smaller messages should be configured.
    private static let slowestLink = 2500

    /// A long poll may be silent for its wait, and then bring a whole answer over a slow link.
    private func timeout(wait: UInt64) -> Duration {
        .seconds(Int(wait) + 30 + (wait > 0 ? 1 : 4) * limits.bytes / HubLink.slowestLink)
    }

    private static func failure(_ response: HTTPResponse) -> ExchangeFailure {
        guard response.headers["content-type"] == Problem.mediaType,
            let problem = try? JSONDecoder().decode(Problem.self, from: Data(response.body))
        else { return .notTheHub(status: response.status) }
        return .refused(problem)
    }

    // MARK: Renewal

    /// Whether the certificate is due to be renewed.
    ///
    /// - Parameter now: trusted time, in seconds since 1970.
    func isRenewalDue(now: Int64) -> Bool {
        let monotonic = MachineClock.now().monotonic / 1000
        return renewal.withLock {
            $0.expires - now < HubLink.renewalSeconds && $0.notBefore <= monotonic
        }
    }

    /// Has the hub certify a new key, and shows the new certificate from then on. An attempt that
    /// fails is repeated an hour later.
    func renew(on client: HTTPSConnection) async throws {
        let monotonic = MachineClock.now().monotonic / 1000
        renewal.withLock { $0.notBefore = monotonic + HubLink.retrySeconds }
        let csr = try folder.pendingKey().csrPEM(name: name)
        let response = try await client.send(
            HTTPRequest(
                method: "POST", path: "/v1/renew", headers: [("Content-Type", "application/json")],
                body: Array(try JSONEncoder().encode(RenewalRequest(csrPEM: csr)))))
        guard response.status == 200,
            let answer = try? JSONDecoder().decode(RenewalAnswer.self, from: Data(response.body))
        else { throw HubLink.failure(response) }
        let renewed = try folder.adopt(certificatePEM: answer.certificatePEM)
        let certificate = try ClinicCertificate(pem: renewed.certificatePEM)
        renewal.withLock { $0.expires = certificate.notValidAfter }
        let credentials = Endpoint.Credentials(
            certificatePEM: renewed.certificatePEM, privateKeyPEM: renewed.privateKeyPEM)
        for client in [push, pull, aside] { client.replaceCredentials(credentials) }
    }

    /// When the certificate expires, in seconds since 1970.
    var expires: Int64 { renewal.withLock { $0.expires } }
}

extension HTTPResponse {
    fileprivate var isBinary: Bool {
        let type = headers["content-type"]?.prefix { $0 != ";" }
        return type?.lowercased() == "application/octet-stream"
    }
}
