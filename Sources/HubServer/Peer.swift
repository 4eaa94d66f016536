import Trust

/// Who is at the other end of a connection, as far as TLS and our root can tell.
enum Peer: Sendable, Equatable {
    /// Showed no certificate: a machine that wants to enrol, or a monitor.
    case anonymous
    /// Showed a certificate that our root has not signed for a clinic.
    case foreign
    /// Proved to have the key that our root has certified. The certificate may have expired.
    case clinic(ClinicCertificate)

    /// - Parameter der: the certificate that the peer has shown.
    init(der: [UInt8]?, root: RootCertificate) {
        guard let der else {
            self = .anonymous
            return
        }
        do { self = .clinic(try ClinicCertificate(der: der, issuedBy: root)) } catch {
            self = .foreign
        }
    }
}
