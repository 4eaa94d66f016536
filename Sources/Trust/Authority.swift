// Who is who: the hub's certificate authority, what it issues, and how a clinic comes to have a
// certificate. Knows no sockets and no clock.
//
// Invariants: a private key never leaves the machine that made it; of a request, the authority
// takes the key alone, and only if the request proves that its sender has it; a clinic is known by
// the node number in its certificate's SAN and by nothing else; every time is an argument, because
// the wall clocks here lie.

import Crypto
import Foundation
import SwiftASN1
import X509

/// The hub's certificate authority: an ECDSA P-256 root that signs for its own clinics and itself.
package struct Authority: Sendable {
    package static let rootYears = 20
    /// Also how long a clinic may be offline and still exchange without renewing first.
    package static let leafDays = 397

    /// Certificates of ours are valid from this moment on (2026-01-01T00:00:00Z), not from their
    /// issue: a clinic whose clock battery is dead falls back to this time, and must be able to
    /// reach its hub to learn the right one. Validity is counted from here at the earliest too,
    /// so that a hub whose own clock is dead makes no root that ended decades ago.
    package static let earliest = Date(timeIntervalSince1970: 1_767_225_600)

    package let root: RootCertificate
    private let keyedRoot: KeyedCertificate
    private let key: P256.Signing.PrivateKey

    /// A new authority with a new key.
    ///
    /// - Parameter commonName: what people see as the issuer of the certificates.
    package static func create(commonName: String, now: Date) throws(TrustError) -> Authority {
        let key = P256.Signing.PrivateKey()
        let name = try distinguishedName(commonName)
        do {
            let publicKey = Certificate.PublicKey(key.publicKey)
            let certificate = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
                notValidBefore: earliest,
                notValidAfter: max(now, earliest).addingTimeInterval(
                    Double(rootYears) * 365.25 * 86_400),
                issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
                extensions: Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                    Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                    SubjectKeyIdentifier(hash: publicKey)
                },
                issuerPrivateKey: Certificate.PrivateKey(key))
            return try Authority(
                KeyedCertificate(
                    certificatePEM: PEM.text(of: certificate, what: "The new root"),
                    privateKeyPEM: key.pemRepresentation + "\n"))
        } catch { throw .unreadable(what: "The new root") }
    }

    /// An authority that `create` made.
    package init(_ keyedRoot: KeyedCertificate) throws(TrustError) {
        self.keyedRoot = keyedRoot
        key = try keyedRoot.key
        root = RootCertificate(try keyedRoot.leaf)
    }

    /// The root with its key: the hub's most precious file.
    package var credentials: KeyedCertificate { keyedRoot }

    package var rootCertificatePEM: String { keyedRoot.certificatePEM }

    package var rootKeyHash: [UInt8] {
        get throws(TrustError) { try root.keyHash }
    }

    static func distinguishedName(_ commonName: String) throws(TrustError) -> DistinguishedName {
        do { return try DistinguishedName { CommonName(commonName) } } catch {
            throw .unreadable(what: "The certificate's name")
        }
    }

    /// Signs a leaf certificate with what all of ours have in common.
    func issue(
        to subject: DistinguishedName, key publicKey: Certificate.PublicKey,
        names: [GeneralName], usage: ExtendedKeyUsage.Usage, now: Date, days: Int
    ) throws(TrustError) -> Certificate {
        let rootKey = SubjectKeyIdentifier(hash: root.certificate.publicKey).keyIdentifier
        do {
            return try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
                notValidBefore: Authority.earliest,
                notValidAfter: max(now, Authority.earliest).addingTimeInterval(
                    Double(days) * 86_400),
                issuer: root.certificate.subject, subject: subject,
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: Certificate.Extensions {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true))
                    try ExtendedKeyUsage([usage])
                    SubjectAlternativeNames(names)
                    AuthorityKeyIdentifier(keyIdentifier: rootKey)
                },
                issuerPrivateKey: Certificate.PrivateKey(key))
        } catch { throw .unreadable(what: "The new certificate") }
    }
}
