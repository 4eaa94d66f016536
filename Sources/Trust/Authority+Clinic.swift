import Crypto
import Foundation
import SwiftASN1
import X509

extension Authority {
    /// Certifies a clinic's key.
    ///
    /// Whatever else the request asks for is ignored: the subject and the SAN are the hub's to say.
    ///
    /// - Parameters:
    ///   - csrPEM: a PKCS #10 request (RFC 2986) that is signed by its own key.
    ///   - node: the clinic's number; the certificate's SAN is `urn:clinic:` and its 16 digits.
    ///   - name: for people, as common name. At most 64 characters of it (RFC 5280 appendix A.1).
    ///   - days: how long it is valid from `now`.
    /// - Throws: `TrustError.unreadable`, `.requestNotSigned` or `.unsupportedKey`.
    package func sign(
        csrPEM: String, node: UInt64, name: String, now: Date, days: Int = Authority.leafDays
    ) throws(TrustError) -> String {
        let request = try Authority.request(csrPEM)
        let certificate = try issue(
            to: Authority.distinguishedName(String(name.prefix(64))), key: request.publicKey,
            names: [.uniformResourceIdentifier(ClinicCertificate.identifier(of: node))],
            usage: .clientAuth, now: now, days: days)
        return try PEM.text(of: certificate, what: "The new certificate")
    }

    /// Names the key that a request is for: 64 hexadecimal digits. A machine that repeats its
    /// request is known by it, since a signature is another one each time.
    ///
    /// - Throws: as `sign`; so who is known by a key has proved to have it.
    package static func keyName(ofRequest csrPEM: String) throws(TrustError) -> String {
        let key = try request(csrPEM).publicKey
        return Hexadecimal.text(Array(SHA256.hash(data: key.subjectPublicKeyInfoBytes)))
    }

    /// Reads a request, and believes it only if it proves that its sender has the key.
    private static func request(_ pem: String) throws(TrustError) -> CertificateSigningRequest {
        let request: CertificateSigningRequest
        do { request = try CertificateSigningRequest(pemEncoded: pem) } catch {
            throw .unreadable(what: "The certificate request")
        }
        guard P256.Signing.PublicKey(request.publicKey) != nil else { throw .unsupportedKey }
        guard request.publicKey.isValidSignature(request.signature, for: request) else {
            throw .requestNotSigned
        }
        return request
    }
}
