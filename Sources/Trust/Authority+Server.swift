import Crypto
import Foundation
import SwiftASN1
import X509

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension Authority {
    /// A server certificate with less left is replaced.
    package static let serverRenewalDays = 30

    /// A new key and certificate for the hub's own server. The chain holds the root too, because
    /// a clinic that enrols knows no more of it than its key's hash.
    ///
    /// - Parameter hosts: DNS names and IP addresses that clinics connect to; at least one.
    package func issueServerCertificate(
        hosts: [String], now: Date
    ) throws(TrustError) -> KeyedCertificate {
        guard let first = hosts.first else { throw .noHosts }
        let key = P256.Signing.PrivateKey()
        let certificate = try issue(
            to: Authority.distinguishedName(String(first.prefix(64))),
            key: Certificate.PublicKey(key.publicKey), names: hosts.map(Authority.generalName),
            usage: .serverAuth, now: now, days: Authority.leafDays)
        return try KeyedCertificate(
            certificatePEM: PEM.text(of: certificate, what: "The server certificate")
                + rootCertificatePEM,
            privateKeyPEM: key.pemRepresentation + "\n")
    }

    /// Whether a server certificate can go on being used: ours, for exactly these hosts, and with
    /// at least `serverRenewalDays` left.
    package func isGood(_ server: KeyedCertificate, hosts: [String], now: Date) -> Bool {
        guard let leaf = try? server.leaf, root.hasSigned(leaf),
            let names = try? leaf.extensions.subjectAlternativeNames
        else { return false }
        let left = leaf.notValidAfter.timeIntervalSince(max(now, Authority.earliest))
        return Array(names) == hosts.map(Authority.generalName)
            && left >= Double(Authority.serverRenewalDays) * 86_400
            && left <= Double(Authority.leafDays) * 86_400
    }

    private static func generalName(_ host: String) -> GeneralName {
        addressBytes(host).map { .ipAddress(ASN1OctetString(contentBytes: $0[...])) }
            ?? .dnsName(host)
    }

    /// The 4 or 16 bytes of an IP address, or `nil` for a name.
    private static func addressBytes(_ host: String) -> [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, host, &bytes) == 1 { return bytes }
        }
        return nil
    }
}
