import Causality
import Foundation
import HTTPSClient
import Sync
import Trust

/// Why an enrolment did not come about, and what to do.
package enum EnrolmentFailure: Error, Sendable, CustomStringConvertible {
    case noHubURL
    case refused(Problem)
    case unreachable(TransportFailure)
    case notTheHub(status: Int)
    /// The code makes another clinic than the one whose records are in the folder.
    case anotherClinic(folder: String, name: String)

    package var description: String {
        switch self {
        case .noHubURL:
            "The hub's address is not known. Set hub.url in the configuration, or "
                + "CLINICSYNC_HUB_URL, to what clinics reach the hub by."
        case .refused(let problem): "\(problem.title). \(problem.detail)"
        case .unreachable(.untrusted(let why)):
            "What answers at the hub's address does not have the key that the code names: \(why). "
                + "Nothing was sent. Check the address; if the hub was installed anew, have a new "
                + "code made there. If this machine's clock is wrong, set it."
        case .unreachable(.unreachable(let why)), .unreachable(.timedOut(let why)),
            .unreachable(.cut(let why)):
            "The hub gave no answer: \(why). Check the network and the address behind the ‘@’ of "
                + "the code (or hub.url), then run this again with the same code."
        case .unreachable(let failure): failure.description
        case .notTheHub(let status):
            "What answers at the hub's address (status \(status)) is not a hub. Check hub.url."
        case .anotherClinic(let folder, let name):
            "\(folder) holds the records of the clinic ‘\(name)’, and the code is for another. "
                + "Enrol with an empty dataDirectory, or have a code made for that clinic."
        }
    }
}

/// Makes this machine a clinic of a hub, with a one-use code. Needs no running daemon.
package struct Enroller: Sendable {
    private let folder: ClinicFolder
    private let code: EnrolmentCode
    private let url: String

    /// - Parameters:
    ///   - text: the code; the hub's address may follow it behind an `@`.
    ///   - hubURL: as configured; it wins over the code's.
    /// - Throws: `EnrolmentCodeError`, ``EnrolmentFailure/noHubURL``.
    package init(folder: ClinicFolder, code text: String, hubURL: String?) throws {
        self.folder = folder
        let parts = text.split(separator: "@", maxSplits: 1).map(String.init)
        code = try EnrolmentCode(text: parts.first ?? "")
        let advertised = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : nil
        guard let url = hubURL ?? advertised else { throw EnrolmentFailure.noHubURL }
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
    }

    /// Enrols. It may be repeated with the same code, whether its answer was lost or not: the key is
    /// kept before it is sent, and by it the hub knows the machine again.
    ///
    /// - Throws: ``EnrolmentFailure``, `TrustError`.
    package func run() async throws -> Enrolment {
        let known = try folder.enrolment()
        let isAgain = known == nil || known?.code == code.name
        let key = try folder.credentials.enrolmentKey(again: isAgain)
        let csr = try key.csrPEM(name: known?.name ?? "clinic")
        let answer: EnrolmentAnswer
        do {
            answer = try await ask(EnrolmentRequest(code: code, csrPEM: csr))
        } catch EnrolmentFailure.refused(let problem) where problem.code == .codeUsed {
            // The certificate that the code gave has been renewed since, with another key.
            if let known, isAgain, try folder.credentials.clinic() != nil { return known }
            throw EnrolmentFailure.refused(problem)
        }
        let root = try answer.root(expectedBy: code)
        guard let node = answer.nodeNumber else {
            throw TrustError.unreadable(what: "The hub's answer")
        }
        if let known, let id = known.nodeID, id.rawValue != node, folder.hasDatabase {
            throw EnrolmentFailure.anotherClinic(folder: folder.path, name: known.name)
        }
        _ = try folder.credentials.adopt(
            certificatePEM: answer.certificatePEM, root: root, key: key)
        let enrolment = Enrolment(
            node: answer.node, name: answer.name, hubURL: url, code: code.name)
        try folder.write(enrolment)
        return enrolment
    }

    private func ask(_ request: EnrolmentRequest) async throws -> EnrolmentAnswer {
        // A clock that lost its battery is before all certificates; nothing here expires so soon
        // that a wrong guess would matter.
        let now = Int64(max(MachineClock.now().wall, TrustedTime.earliest) / 1000)
        let tls = Endpoint.TLS(root: .keyHash(code.rootKeyHash)) { now }
        let client = HTTPSConnection(endpoint: Endpoint(carrier: .tls(url: url, tls)))
        let form = HTTPRequest(
            method: "POST", path: "/v1/enrol", headers: [("Content-Type", "application/json")],
            body: Array(try JSONEncoder().encode(request)))
        let response: HTTPResponse
        do { response = try await client.send(form) } catch {
            throw EnrolmentFailure.unreachable(error)
        }
        let body = Data(response.body)
        if response.status == 200,
            let answer = try? JSONDecoder().decode(EnrolmentAnswer.self, from: body)
        {
            return answer
        }
        guard response.headers["content-type"] == Problem.mediaType,
            let problem = try? JSONDecoder().decode(Problem.self, from: body)
        else { throw EnrolmentFailure.notTheHub(status: response.status) }
        throw EnrolmentFailure.refused(problem)
    }

    /// Tells a daemon that runs on this folder, if one does.
    ///
    /// - Returns: whether one has taken notice.
    package static func tellDaemon(socket: String) async -> Bool {
        guard FileManager.default.fileExists(atPath: socket) else { return false }
        let client = HTTPSConnection(
            endpoint: Endpoint(
                carrier: .unixSocket(path: socket), connectTimeout: .seconds(5)))
        let response = try? await client.send(
            HTTPRequest(method: "POST", path: "/control/enrolled", timeout: .seconds(30)))
        return response?.status == 200
    }
}
