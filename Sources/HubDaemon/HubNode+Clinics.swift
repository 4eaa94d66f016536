import Causality
import FHIR
import Hub
import HubServer
import Logging
import Sync
import Trust

/// The registry of clinics, as an operator changes it.
extension HubNode {
    /// Lets in a clinic whose certificate is this hub's own work and whom the registry does not
    /// know: the hub was put back to a copy from before it enrolled, and the clinic may hold the
    /// only copy of what was written since. It gets the narrower scope until an operator decides.
    func readmit(_ id: UInt64) -> HubRoutes.Admission {
        let clinic = NodeID(rawValue: id)
        do {
            try hub.readmit(clinic, name: "readmitted-\(clinic)", scope: .own, organization: "")
        } catch {
            logger.error("A clinic could not be let in again", metadata: ["clinic": "\(clinic)"])
            return .unknown
        }
        view.update(hub.clinics, time: hub.time)
        logger.notice(
            "A clinic that this copy of the hub did not know was let in again, with scope own",
            metadata: ["clinic": "\(clinic)"])
        return view.admission(of: id)
    }

    /// Makes a one-use enrolment code. A clinic that has a code and has not enrolled gets a new
    /// one, and its old code is worth nothing.
    func addClinic(
        _ name: String, scope: RegisteredClinic.Scope, organization: String?
    ) throws -> Document {
        var random = SystemRandomNumberGenerator()
        let code = EnrolmentCode.create(rootKeyHash: try authority.rootKeyHash, using: &random)
        let clinic: RegisteredClinic
        do {
            clinic = try hub.add(
                name, scope: scope, organization: organization ?? name, codeID: code.id,
                verifier: code.verifier, at: SystemClock.reading())
        } catch HubRefusal.nameTaken {
            throw CommandRefusal(
                409, "a clinic named \(name) is enrolled already, or was revoked",
                remedy: "choose another name; `syncctl clinic list` shows those that are taken")
        } catch HubRefusal.badName {
            throw CommandRefusal(
                400, "a clinic's name has 1 to 64 bytes", remedy: "choose a shorter name")
        }
        view.update(hub.clinics, time: hub.time)
        logger.notice(
            "A clinic was added",
            metadata: [
                "clinic": "\(clinic.node)", "name": "\(name)", "scope": "\(scope.rawValue)",
            ])
        return [
            "name": .text(clinic.name), "id": .text(clinic.node.description),
            "scope": .text(clinic.scope.rawValue),
            // With the address, so that the code is all that a clinic needs to be told.
            "code": .text("\(code.text)@\(advertisedURL)"),
            "expires": .text(Moment.text(clinic.codeExpires)), "url": .text(advertisedURL),
        ]
    }

    func revokeClinic(_ name: String) throws -> Document {
        let node = hub.clinics.values.first { $0.name == name }?.node
        guard try hub.revoke(name) else {
            throw CommandRefusal(
                404, "there is no clinic named \(name)",
                remedy: "see `syncctl clinic list` for the names")
        }
        view.update(hub.clinics, time: hub.time)
        // What it has waiting is answered now: with the refusal.
        if let node { waiters.wake([FeedName(.own, node)]) }
        logger.notice("A clinic was revoked", metadata: ["name": "\(name)"])
        return ["name": .text(name), "revoked": .boolean(true)]
    }
}
