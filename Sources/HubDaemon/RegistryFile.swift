import Causality
import Foundation
import Hub
import Trust

/// The registry of clinics beside the database, in the folder of the hub's credentials: what it says
/// outlives a database that is put back to an older copy. It is replaced as a whole, and is on disk
/// when a change of the registry is confirmed.
package struct RegistryFile: Sendable {
    private let folder: CredentialFolder
    private static let name = "registry.json"
    private static let version = 1
    /// A clinic takes some 250 bytes.
    private static let maximumBytes = 64 << 20

    package init(folder: CredentialFolder) { self.folder = folder }

    private struct Content: Codable {
        var version: Int
        var revision: UInt64
        var clinics: [Clinic]
    }

    private struct Clinic: Codable {
        /// 16 hexadecimal digits.
        var node: String
        var name: String
        var organization: String
        var scope: RegisteredClinic.Scope
        var enrolled: Bool
        var revoked: Bool
        /// Seconds since 1970.
        var certificatesFrom: Int64
    }

    /// What is kept, and how often it had changed; empty where nothing was yet.
    ///
    /// - Throws: ``HubFailure/registryUnreadable(path:)``; `TrustError`. A registry that can't be
    ///   read is never taken for an empty one: a revocation would be lost.
    package func read() throws -> (entries: [RegistryEntry], revision: UInt64) {
        let file = "\(folder.path)/\(RegistryFile.name)"
        guard let text = try folder.read(RegistryFile.name, atMost: RegistryFile.maximumBytes)
        else { return ([], 0) }
        guard let content = try? JSONDecoder().decode(Content.self, from: Data(text.utf8)),
            content.version == RegistryFile.version
        else { throw HubFailure.registryUnreadable(path: file) }
        let entries = try content.clinics.map { clinic in
            guard let node = UInt64(clinic.node, radix: 16) else {
                throw HubFailure.registryUnreadable(path: file)
            }
            return RegistryEntry(
                node: NodeID(rawValue: node), name: clinic.name,
                organization: clinic.organization, scope: clinic.scope,
                isEnrolled: clinic.enrolled, isRevoked: clinic.revoked,
                certificatesFrom: clinic.certificatesFrom)
        }
        return (entries, content.revision)
    }

    /// Replaces what is kept, and returns once that is on disk.
    package func write(_ entries: [RegistryEntry], revision: UInt64) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let content = Content(
            version: RegistryFile.version, revision: revision,
            clinics: entries.map { entry in
                Clinic(
                    node: entry.node.description, name: entry.name,
                    organization: entry.organization, scope: entry.scope,
                    enrolled: entry.isEnrolled, revoked: entry.isRevoked,
                    certificatesFrom: entry.certificatesFrom)
            })
        let text = String(decoding: try encoder.encode(content), as: UTF8.self) + "\n"
        try folder.write(text, as: RegistryFile.name)
    }
}
