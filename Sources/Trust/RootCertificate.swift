import Crypto
import SwiftASN1
import X509

/// The hub's root as its clinics know it: a certificate whose key has signed all others.
package struct RootCertificate: Sendable {
    let certificate: Certificate

    package init(pem: String) throws(TrustError) {
        do { certificate = try Certificate(pemEncoded: pem) } catch {
            throw .unreadable(what: "The root certificate")
        }
    }

    init(_ certificate: Certificate) { self.certificate = certificate }

    package var pem: String {
        get throws(TrustError) { try PEM.text(of: certificate, what: "The root certificate") }
    }

    /// SHA-256 of the key's SubjectPublicKeyInfo in DER (RFC 5280 section 4.1.2.7): what an
    /// enrolment code carries, so that a machine knows its hub before it has the certificate.
    package var keyHash: [UInt8] {
        get throws(TrustError) {
            var serializer = DER.Serializer()
            do { try certificate.publicKey.serialize(into: &serializer) } catch {
                throw .unreadable(what: "The root certificate's key")
            }
            return Array(SHA256.hash(data: serializer.serializedBytes))
        }
    }

    /// Whether this root's key has signed the certificate. Says nothing about its time.
    func hasSigned(_ other: Certificate) -> Bool {
        other.issuer == certificate.subject
            && certificate.publicKey.isValidSignature(other.signature, for: other)
    }
}

/// The text form of certificates and requests.
enum PEM {
    static func text(of object: some PEMSerializable, what: String) throws(TrustError) -> String {
        do { return try object.serializeAsPEM().pemString + "\n" } catch {
            throw .unreadable(what: what)
        }
    }
}
