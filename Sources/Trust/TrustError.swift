/// What is wrong with a key, a certificate or a request for one.
package enum TrustError: Error, Equatable, Sendable {
    /// Neither PEM nor DER of what was expected. `what` names the file or the message's part.
    case unreadable(what: String)
    /// The request's signature was not made with the key that it carries.
    case requestNotSigned
    /// Only ECDSA P-256 keys are certified.
    case unsupportedKey
    case keyDoesNotFitCertificate(what: String)
    /// A certificate of another authority, or for another purpose.
    case notAClinicCertificate
    /// The root that the hub sent is not the one in the enrolment code.
    case anotherHub
    /// A file operation failed: path, what was tried, and the system's reason.
    case file(path: String, operation: String, reason: String)
    /// A certificate needs at least one host name or address.
    case noHosts
}

extension TrustError: CustomStringConvertible {
    /// What happened, to what, and what to do next.
    package var description: String {
        switch self {
        case .unreadable(let what):
            "\(what) can't be read: it is damaged, or something else. Restore it from a backup; "
                + "a clinic without one enrols again."
        case .requestNotSigned:
            "The certificate request is not signed by the key that it names. Make a new request."
        case .unsupportedKey:
            "The certificate request has a key that is not ECDSA P-256. Make a new key and request."
        case .keyDoesNotFitCertificate(let what):
            "The private key and the certificate in \(what) don't belong together. Restore the "
                + "file from a backup; a clinic without one enrols again."
        case .notAClinicCertificate:
            "The certificate was not issued to a clinic by this hub. Enrol with a new code."
        case .anotherHub:
            "The hub that answered is not the one that made the enrolment code. Check the hub's "
                + "address, or have a new code made on this hub."
        case .file(let path, let operation, let reason):
            "\(path): \(operation) failed: \(reason). Check that the folder exists, has room, and "
                + "belongs to the user that runs the program."
        case .noHosts:
            "No host names are configured for the hub's certificate. Name at least one that the "
                + "clinics connect to."
        }
    }
}
