import Hub
import Records
import Replica
import Trust

/// What a clinic is told when the hub does not take its request.
extension Problem {
    /// The problem that an error of the hub stands for; `nil` for one that is no clinic's to know.
    static func of(_ error: any Error) -> Problem? {
        switch error {
        case let problem as Problem: problem
        case let refusal as HubRefusal: of(refusal)
        case let malformed as Malformed: of(malformed)
        case let failure as StorageFailure: of(failure)
        case let trust as TrustError: of(trust)
        default: nil
        }
    }

    private static func of(_ refusal: HubRefusal) -> Problem {
        switch refusal {
        case .wrongOrigin:
            Problem(
                status: 422, code: .wrongOrigin, title: "Change sets of another machine",
                detail: "The exchange holds change sets under another machine's name. None of it "
                    + "was taken. A clinic's data folder works with that clinic's credentials "
                    + "only: put back its own, or enrol with an empty data folder.")
        case .wrongScope:
            Problem(
                status: 422, code: .forbidden, title: "Another clinic's own affairs",
                detail: "The exchange writes into another clinic's own affairs. It was not taken; "
                    + "`syncctl letters list` names what was refused.")
        case .notHeld:
            Problem(
                status: 403, code: .notHeld, title: "Not held by this clinic",
                detail: "The clinic asked for what it does not hold, so it gets none of it. Ask "
                    + "for a patient with `syncctl hold Patient/ID` first.")
        case .unknownClinic: .unknownClinic
        case .revoked: .revoked
        case .unknownCode:
            Problem(
                status: 403, code: .codeRefused, title: "Enrolment code unknown",
                detail: "This hub has made no such enrolment code, or a newer one has taken its "
                    + "place. Check the hub's address and the code, or make a new one with "
                    + "`syncctl clinic add` on the hub.")
        case .usedCode:
            Problem(
                status: 403, code: .codeUsed, title: "Enrolment code used",
                detail: "This enrolment code was used by another machine, and a code is good for "
                    + "one. If that was not you, revoke the clinic on the hub with `syncctl clinic "
                    + "revoke`; then make a new code with `syncctl clinic add` and the same name.")
        case .expiredCode:
            Problem(
                status: 403, code: .codeExpired, title: "Enrolment code expired",
                detail: "This enrolment code was good for 24 hours. Make a new one with `syncctl "
                    + "clinic add` and the same name on the hub.")
        case .nameTaken, .badName:
            Problem(
                status: 409, code: .failed, title: "The clinic's name can't be used",
                detail: "Choose another name for the clinic on the hub.")
        }
    }

    private static let unknownClinic = Problem(
        status: 403, code: .clinicUnknown, title: "Clinic unknown",
        detail: "The hub's registry does not have this clinic. Add it again with `syncctl clinic "
            + "add` on the hub, and enrol it with the new code.")

    private static let revoked = Problem(
        status: 403, code: .clinicRevoked, title: "Clinic revoked",
        detail:
            "This clinic's access was revoked on the hub. If that was a mistake, or the machine "
            + "is another one now, run `syncctl clinic add` with the clinic's name on the hub, and "
            + "enrol with the new code. What was written here is kept, and is sent then.")

    private static func of(_ malformed: Malformed) -> Problem {
        let what: String
        switch malformed {
        case .truncated: what = "it ends too early"
        case .tooLarge(let name, let limit): what = "\(name) is larger than \(limit)"
        case .invalid(let name): what = "\(name) is not allowed there"
        case .unknownVersion(let version):
            return Problem(
                status: 400, code: .versionUnsupported, title: "Newer than this hub",
                detail: "The request is of a form (\(version)) that this hub does not know. Update "
                    + "the hub; the clinic tries again by itself.")
        }
        return Problem(
            status: 400, code: .requestMalformed, title: "Malformed request",
            detail: "The request can't be read: \(what). Nothing was taken. If it happens again, "
                + "check that clinic and hub are of versions that belong together, and report it.")
    }

    private static func of(_ failure: StorageFailure) -> Problem {
        if failure.isDiskFull {
            return Problem(
                status: 507, code: .diskFull, title: "The hub's disk is full",
                detail: "The hub can't write, so it has taken nothing of this request; what it "
                    + "acknowledged before is safe. Free space on the hub's disk: `df` shows it. "
                    + "The clinic tries again by itself.",
                retryAfter: 60)
        }
        return Problem(
            status: 500, code: .storageFailed, title: "The hub's database failed",
            detail: "The hub could not read or write its database, and has taken nothing of this "
                + "request. Run `syncctl verify` on the hub, and see its log.",
            retryAfter: 60)
    }

    private static func of(_ error: TrustError) -> Problem? {
        switch error {
        case .unreadable:
            Problem(
                status: 400, code: .requestMalformed, title: "Certificate request refused",
                detail: "The certificate request can't be read: it must be a PKCS #10 request in "
                    + "PEM. Make a new key and request.")
        case .requestNotSigned, .unsupportedKey:
            Problem(
                status: 400, code: .requestMalformed, title: "Certificate request refused",
                detail: error.description)
        default: nil
        }
    }
}
