import Crypto
import SwiftASN1
import X509

/// A clinic's private key, and the request that has it certified. The key never leaves the clinic.
package struct ClinicKey: Sendable {
    private let key: P256.Signing.PrivateKey

    /// A new key.
    package init() { key = P256.Signing.PrivateKey() }

    /// A key that was kept, as after an enrolment whose answer was lost.
    package init(privateKeyPEM: String) throws(TrustError) {
        do { key = try P256.Signing.PrivateKey(pemRepresentation: privateKeyPEM) } catch {
            throw .unreadable(what: "The private key")
        }
    }

    package var privateKeyPEM: String { key.pemRepresentation + "\n" }

    /// A PKCS #10 request (RFC 2986), signed by the key.
    ///
    /// - Parameter name: for people who look into the request; the hub names the clinic itself.
    package func csrPEM(name: String) throws(TrustError) -> String {
        do {
            let request = try CertificateSigningRequest(
                version: .v1,
                subject: Authority.distinguishedName(String(name.prefix(64))),
                privateKey: Certificate.PrivateKey(key),
                attributes: CertificateSigningRequest.Attributes(),
                signatureAlgorithm: .ecdsaWithSHA256)
            return try PEM.text(of: request, what: "The certificate request")
        } catch { throw .unreadable(what: "The certificate request") }
    }
}
