import Crypto
import SwiftASN1
import X509

/// A certificate with its private key. Both lie in one file, so that a crash never leaves the one
/// without the other.
package struct KeyedCertificate: Sendable, Equatable {
    /// The chain, leaf first.
    package let certificatePEM: String
    package let privateKeyPEM: String

    /// - Throws: `TrustError.unreadable`, or `.keyDoesNotFitCertificate`.
    package init(certificatePEM: String, privateKeyPEM: String) throws(TrustError) {
        self.certificatePEM = certificatePEM
        self.privateKeyPEM = privateKeyPEM
        guard try leaf.publicKey == Certificate.PublicKey(key.publicKey) else {
            throw .keyDoesNotFitCertificate(what: "the credentials")
        }
    }

    /// - Parameter text: a file that `combinedPEM` was written to.
    /// - Parameter what: the file's name, for the error.
    package init(combinedPEM text: String, what: String) throws(TrustError) {
        let documents: [PEMDocument]
        do { documents = try PEMDocument.parseMultiple(pemString: text) } catch {
            throw .unreadable(what: what)
        }
        let certificates = documents.filter { $0.discriminator == "CERTIFICATE" }
        let keys = documents.filter { $0.discriminator.hasSuffix("PRIVATE KEY") }
        guard !certificates.isEmpty, keys.count == 1 else { throw .unreadable(what: what) }
        do {
            try self.init(
                certificatePEM: certificates.map { $0.pemString + "\n" }.joined(),
                privateKeyPEM: keys[0].pemString + "\n")
        } catch .keyDoesNotFitCertificate {
            throw .keyDoesNotFitCertificate(what: what)
        } catch {
            throw .unreadable(what: what)
        }
    }

    package var combinedPEM: String { certificatePEM + privateKeyPEM }

    var leaf: Certificate {
        get throws(TrustError) {
            do {
                guard let first = try PEMDocument.parseMultiple(pemString: certificatePEM).first
                else { throw TrustError.unreadable(what: "The certificate") }
                return try Certificate(pemDocument: first)
            } catch { throw .unreadable(what: "The certificate") }
        }
    }

    var key: P256.Signing.PrivateKey {
        get throws(TrustError) {
            do { return try P256.Signing.PrivateKey(pemRepresentation: privateKeyPEM) } catch {
                throw .unreadable(what: "The private key")
            }
        }
    }
}
