import Foundation
import SwiftASN1
import X509

/// What a certificate says about a clinic.
///
/// Reading one says nothing about whether it can be believed: `init(der:issuedBy:)` does.
package struct ClinicCertificate: Sendable, Equatable {
    package let node: UInt64
    package let name: String
    /// Seconds since 1970. The hub asks it at each request, by trusted time.
    ///
    /// The beginning of validity is not looked at: the hub signed it itself, and its clock may
    /// have been put right since.
    package let notValidAfter: Int64

    /// - Throws: `TrustError.unreadable` or `.notAClinicCertificate`.
    package init(pem: String) throws(TrustError) {
        let certificate: Certificate
        do { certificate = try Certificate(pemEncoded: pem) } catch {
            throw .unreadable(what: "The certificate")
        }
        try self.init(certificate)
    }

    /// The certificate that a peer has shown in TLS, which has proved that the peer has its key.
    ///
    /// - Throws: `TrustError.notAClinicCertificate` unless `root` has signed it for a clinic. An
    ///   expired one is no error here.
    package init(der: [UInt8], issuedBy root: RootCertificate) throws(TrustError) {
        let certificate: Certificate
        do { certificate = try Certificate(derEncoded: der) } catch {
            throw .notAClinicCertificate
        }
        guard root.hasSigned(certificate) else { throw .notAClinicCertificate }
        try self.init(certificate)
    }

    package func isExpired(at now: Int64) -> Bool { now > notValidAfter }

    private init(_ certificate: Certificate) throws(TrustError) {
        guard let names = try? certificate.extensions.subjectAlternativeNames,
            let usage = try? certificate.extensions.extendedKeyUsage, usage.contains(.clientAuth)
        else { throw .notAClinicCertificate }
        let nodes = names.compactMap { name -> UInt64? in
            guard case .uniformResourceIdentifier(let text) = name else { return nil }
            return ClinicCertificate.node(inIdentifier: text)
        }
        guard nodes.count == 1, let node = nodes.first else { throw .notAClinicCertificate }
        self.node = node
        name = ClinicCertificate.commonName(of: certificate.subject)
        notValidAfter = Int64(certificate.notValidAfter.timeIntervalSince1970)
    }

    private static let scheme = "urn:clinic:"

    static func identifier(of node: UInt64) -> String { scheme + Hexadecimal.text(node) }

    private static func node(inIdentifier text: String) -> UInt64? {
        guard text.hasPrefix(scheme),
            let bytes = Hexadecimal.bytes(text.dropFirst(scheme.count), count: 8)
        else { return nil }
        return bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func commonName(of subject: DistinguishedName) -> String {
        for part in subject {
            for attribute in part where attribute.type == .RDNAttributeType.commonName {
                return String(describing: attribute.value)
            }
        }
        return ""
    }
}
