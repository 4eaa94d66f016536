extension CredentialFolder {
    static let clinicFile = "clinic.pem"
    static let clinicRootFile = "hub-root.pem"
    static let pendingKeyFile = "pending-key.pem"

    /// What an enrolled clinic has: its certificate with its key, and its hub's root; `nil` before
    /// it is enrolled.
    package func clinic() throws(TrustError) -> (KeyedCertificate, RootCertificate)? {
        guard let text = try read(CredentialFolder.clinicFile),
            let root = try read(CredentialFolder.clinicRootFile)
        else { return nil }
        let file = path + "/" + CredentialFolder.clinicFile
        let credentials = try KeyedCertificate(combinedPEM: text, what: file)
        let certificate = try RootCertificate(pem: root)
        // A crash amid an enrolment at another hub leaves the new root with the old certificate.
        return certificate.hasSigned(try credentials.leaf) ? (credentials, certificate) : nil
    }

    /// The key to enrol with.
    ///
    /// - Parameter again: whether the same code may have been used by this folder already. Then it
    ///   is the key that came of it, so that the hub sees the same machine.
    package func enrolmentKey(again: Bool) throws(TrustError) -> ClinicKey {
        if again, let text = try read(CredentialFolder.clinicFile),
            let kept = try? KeyedCertificate(combinedPEM: text, what: CredentialFolder.clinicFile)
        {
            return try ClinicKey(privateKeyPEM: kept.privateKeyPEM)
        }
        return try pendingKey()
    }

    /// The key to enrol or renew with. It is kept until its certificate is there, so that a
    /// request whose answer was lost is repeated with the same key.
    package func pendingKey() throws(TrustError) -> ClinicKey {
        if let text = try read(CredentialFolder.pendingKeyFile),
            let kept = try? ClinicKey(privateKeyPEM: text)
        {
            return kept
        }
        let key = ClinicKey()
        try write(key.privateKeyPEM, as: CredentialFolder.pendingKeyFile)
        return key
    }

    /// Keeps what the hub has issued.
    ///
    /// - Parameters:
    ///   - root: the hub's root, at enrolment.
    ///   - key: to which it was issued; `nil` for `pendingKey`.
    /// - Throws: `TrustError.keyDoesNotFitCertificate`, or `.notAClinicCertificate` if another
    ///   root has signed it; what was there stays.
    package func adopt(
        certificatePEM: String, root newRoot: RootCertificate? = nil, key: ClinicKey? = nil
    ) throws(TrustError) -> KeyedCertificate {
        let key = if let key { key } else { try pendingKey() }
        let credentials = try KeyedCertificate(
            certificatePEM: certificatePEM, privateKeyPEM: key.privateKeyPEM)
        _ = try ClinicCertificate(pem: certificatePEM)
        let kept = try clinic()?.1
        guard let root = newRoot ?? kept, root.hasSigned(try credentials.leaf) else {
            throw .notAClinicCertificate
        }
        if let newRoot { try write(newRoot.pem, as: CredentialFolder.clinicRootFile) }
        try write(credentials.combinedPEM, as: CredentialFolder.clinicFile)
        try remove(CredentialFolder.pendingKeyFile)
        return credentials
    }
}
