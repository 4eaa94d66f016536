import Causality
import ControlServer
import FHIR
import Foundation
import Hub
import HubServer
import Logging
import Sync
import Trust

/// The registry of clinics, as an operator changes it.
extension HubNode {
    /// Keeps the registry beside the database, so that it outlives it.
    ///
    /// - Throws: ``HubFailure/registryNotKept(reason:)``; it is tried again later.
    func keepRegistry() throws {
        do {
            try registryFile.write(hub.registry, revision: hub.registryRevision)
            registryTrouble = nil
        } catch {
            registryTrouble = "\(error)"
            logger.error(
                "The registry could not be kept beside the database", metadata: ["why": "\(error)"])
            throw HubFailure.registryNotKept(reason: "\(error)")
        }
    }

    /// Whether a clinic is let in, whom the registry may have to be told of first.
    package func admission(of certificate: ClinicCertificate) -> HubRoutes.Admission {
        let known = view.admission(of: certificate)
        return known == .unknown ? readmit(certificate) : known
    }

    /// Lets in a clinic whose certificate is this hub's own work and whom neither the database nor
    /// what is kept beside it knows. It may hold the only copy of what was written since; it gets
    /// the narrower scope until an operator decides.
    private func readmit(_ certificate: ClinicCertificate) -> HubRoutes.Admission {
        let clinic = NodeID(rawValue: certificate.node)
        do {
            try hub.readmit(clinic, name: "readmitted-\(clinic)", scope: .own, organization: "")
        } catch {
            logger.error("A clinic could not be let in again", metadata: ["clinic": "\(clinic)"])
            return .unknown
        }
        try? keepRegistry()
        view.update(hub.clinics, time: hub.time)
        logger.notice(
            """
            A clinic that this hub did not know was let in again, with scope own; syncctl clinic \
            scope changes that
            """, metadata: ["clinic": "\(clinic)"])
        Task { await lookAnew() }
        return view.admission(of: certificate)
    }

    /// Makes a one-use enrolment code. A clinic that has a code and has not enrolled gets a new
    /// one, and its old code is worth nothing; so does one that was revoked, to come back with.
    func addClinic(
        _ name: String, scope: RegisteredClinic.Scope? = nil, organization: String? = nil
    ) throws -> JSON {
        var random = SystemRandomNumberGenerator()
        let code = EnrolmentCode.create(rootKeyHash: try authority.rootKeyHash, using: &random)
        let clinic: RegisteredClinic
        do {
            clinic = try hub.add(
                name, scope: scope, organization: organization, codeID: code.id,
                verifier: code.verifier, at: SystemClock.reading())
        } catch HubRefusal.nameTaken {
            throw ControlRefusal(
                409, "a clinic named \(name) is enrolled already",
                remedy: "choose another name; or, if its machine is gone or replaced, run `syncctl "
                    + "clinic revoke \(name)` first, and it comes back with the new code")
        } catch HubRefusal.badName {
            throw ControlRefusal(
                400, "a clinic's name has 1 to 64 bytes", remedy: "choose a shorter name")
        }
        view.update(hub.clinics, time: hub.time)
        logger.notice(
            "A clinic was added",
            metadata: [
                "clinic": "\(clinic.node)", "name": "\(name)",
                "scope": "\(clinic.scope.rawValue)",
            ])
        if hub.isLooking { Task { await lookAnew() } }
        try keepRegistry()
        return [
            "name": .string(clinic.name), "id": .string(clinic.node.description),
            "scope": .string(clinic.scope.rawValue),
            // With the address, so that the code is all that a clinic needs to be told.
            "code": .string("\(code.text)@\(advertisedURL)"),
            "expires": .string(Moment.text(clinic.codeExpires)), "url": .string(advertisedURL),
        ]
    }

    /// Shuts a clinic out. That holds whatever copy the hub is put back to.
    func revokeClinic(_ name: String) throws -> JSON {
        let node = hub.clinics.values.first { $0.name == name }?.node
        let certificatesFrom =
            Int64(now / 1000) + HubNode.certificateSeconds + HubNode.secondsRounded
        guard try hub.revoke(name, certificatesFrom: certificatesFrom) else { throw unknown(name) }
        view.update(hub.clinics, time: hub.time)
        // What it has waiting is answered now: with the refusal.
        if let node { waiters.wake([FeedName(.own, node)]) }
        logger.notice("A clinic was revoked", metadata: ["name": "\(name)"])
        try keepRegistry()
        return ["name": .string(name), "revoked": .bool(true)]
    }

    /// Changes which patients a clinic is sent, and returns when all have been looked at.
    func setScope(of name: String, to scope: RegisteredClinic.Scope) async throws
        -> JSON
    {
        guard let node = try hub.setScope(name, scope) else { throw unknown(name) }
        logger.notice(
            "A clinic's scope was set", metadata: ["name": "\(name)", "scope": "\(scope.rawValue)"])
        try keepRegistry()
        await lookAnew()
        waiters.wake([FeedName(.own, node)])
        return ["name": .string(name), "scope": .string(scope.rawValue)]
    }

    private func unknown(_ name: String) -> ControlRefusal {
        ControlRefusal(
            404, "there is no clinic named \(name)",
            remedy: "see `syncctl clinic list` for the names")
    }

    private static let patientsAtOnce = 256

    /// Looks at all patients of clinics whose scope has changed, in steps between which clinics
    /// are answered.
    func lookAnew() async {
        while hub.isLooking {
            do { committed(try hub.lookAnew(HubNode.patientsAtOnce)) } catch {
                logger.error("Who holds what can't be looked at", metadata: ["why": "\(error)"])
                return
            }
            await Task.yield()
        }
    }

    // MARK: Certificates

    private static let certificateSeconds = Int64(Authority.leafDays) * 86_400
    /// A certificate ends at a whole second, which may be the one after: so much later than now is
    /// later than all of them.
    private static let secondsRounded: Int64 = 2

    /// When a clinic's next certificate counts as signed: so late that it ends after all that are
    /// void, although a second has not passed or a clock was put back.
    func signingTime(for clinic: NodeID) -> Date {
        let void = hub.clinics[clinic]?.certificatesFrom ?? 0
        return max(
            Moment.date(now),
            Date(timeIntervalSince1970: Double(void - HubNode.certificateSeconds)))
    }
}
