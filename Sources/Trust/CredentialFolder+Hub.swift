import Foundation

extension CredentialFolder {
    static let authorityFile = "root.pem"
    static let serverFile = "server.pem"

    /// The hub's authority; made at the first start.
    ///
    /// - Throws: `TrustError` if there is one that can't be read: it is never replaced, because
    ///   every clinic would have to enrol again.
    package func authority(commonName: String, now: Date) throws(TrustError) -> Authority {
        if let text = try read(CredentialFolder.authorityFile) {
            let file = path + "/" + CredentialFolder.authorityFile
            return try Authority(KeyedCertificate(combinedPEM: text, what: file))
        }
        let authority = try Authority.create(commonName: commonName, now: now)
        try write(authority.credentials.combinedPEM, as: CredentialFolder.authorityFile)
        return authority
    }

    /// The hub's server certificate: the kept one while it is good, else a new one. Asked at each
    /// start and once a day.
    package func serverCredentials(
        of authority: Authority, hosts: [String], now: Date
    ) throws(TrustError) -> KeyedCertificate {
        // What can't be read is replaced: a server certificate is easily made anew.
        if let text = try read(CredentialFolder.serverFile),
            let kept = try? KeyedCertificate(
                combinedPEM: text, what: CredentialFolder.serverFile),
            authority.isGood(kept, hosts: hosts, now: now)
        {
            return kept
        }
        let credentials = try authority.issueServerCertificate(hosts: hosts, now: now)
        try write(credentials.combinedPEM, as: CredentialFolder.serverFile)
        return credentials
    }
}
