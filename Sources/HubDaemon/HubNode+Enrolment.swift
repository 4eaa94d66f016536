import Causality
import FHIR
import Hub
import HubServer
import Logging
import Replica
import Sync
import Trust

/// How a machine comes to be a clinic, and stays one.
extension HubNode {
    /// `POST /v1/enrol`.
    ///
    /// - Throws: a `Problem`: the code is unknown, used or expired, the clinic revoked, or the
    ///   request can't be signed.
    package func enrol(_ request: EnrolmentRequest) throws -> EnrolmentAnswer {
        do {
            guard let id = request.codeIDBytes, let secret = request.secretBytes else {
                throw HubRefusal.unknownCode
            }
            let verifier = EnrolmentCode.verifier(of: secret)
            let before = Set(hub.clinics.values.filter(\.isEnrolled).map(\.node))
            let (clinic, certificate) = try hub.enrol(
                codeID: id, request: Authority.keyName(ofRequest: request.csrPEM),
                at: SystemClock.reading(),
                verify: { isEqual($0, verifier) },
                sign: { node, name in
                    try authority.sign(
                        csrPEM: request.csrPEM, node: node.rawValue, name: name,
                        now: signingTime(for: node))
                })
            let isNew = !before.contains(clinic.node)
            view.update(hub.clinics, time: hub.time)
            // Tried again later where it fails: the machine has its certificate.
            if isNew { try? keepRegistry() }
            logger.log(
                level: isNew ? .notice : .info,
                isNew ? "A clinic has enrolled" : "An enrolment was answered again",
                metadata: ["clinic": "\(clinic.node)", "name": "\(clinic.name)"])
            return EnrolmentAnswer(
                node: clinic.node.rawValue, name: clinic.name, certificatePEM: certificate,
                rootCertificatePEM: authority.rootCertificatePEM)
        } catch {
            throw refused(error, "Enrolment refused", clinic: nil)
        }
    }

    /// `POST /v1/renew`: the next certificate of a clinic, in PEM.
    func renew(_ node: UInt64, csrPEM: String) throws -> String {
        do {
            guard let clinic = hub.clinics[NodeID(rawValue: node)] else {
                throw HubRefusal.unknownClinic
            }
            if clinic.isRevoked { throw HubRefusal.revoked }
            let certificate = try authority.sign(
                csrPEM: csrPEM, node: node, name: clinic.name, now: signingTime(for: clinic.node))
            logger.info("A certificate was renewed", metadata: ["clinic": "\(clinic.node)"])
            return certificate
        } catch {
            throw refused(error, "Renewal refused", clinic: node)
        }
    }

    /// Logs a refusal, and gives what the other side is told.
    private func refused(
        _ error: any Error, _ message: Logger.Message, clinic: UInt64?
    ) -> any Error {
        if let failure = error as? StorageFailure { trouble = failure.description }
        guard let problem = Problem.of(error) else { return error }
        var metadata: Logger.Metadata = ["code": "\(problem.code.rawValue)"]
        if let clinic { metadata["clinic"] = "\(Hexadecimal.text(clinic))" }
        logger.log(level: problem.status >= 500 ? .error : .notice, message, metadata: metadata)
        return problem
    }
}

/// Compares without telling by its duration where the two begin to differ.
private func isEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    guard a.count == b.count else { return false }
    return zip(a, b).reduce(UInt8(0)) { $0 | $1.0 ^ $1.1 } == 0
}
