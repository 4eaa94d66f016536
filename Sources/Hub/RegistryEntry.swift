import Causality
import Records
import Replica
import Sync

/// What of a clinic must outlive the hub's database: who it is, what it may see, and whether it was
/// shut out. It is kept beside the database too, which may be put back to an older copy.
package struct RegistryEntry: Sendable, Equatable {
    package var node: NodeID
    package var name: String
    package var organization: String
    package var scope: RegisteredClinic.Scope
    package var isEnrolled: Bool
    package var isRevoked: Bool
    /// See ``RegisteredClinic/certificatesFrom``.
    package var certificatesFrom: Int64

    package init(
        node: NodeID, name: String, organization: String, scope: RegisteredClinic.Scope,
        isEnrolled: Bool = false, isRevoked: Bool = false, certificatesFrom: Int64 = 0
    ) {
        self.node = node
        self.name = name
        self.organization = organization
        self.scope = scope
        self.isEnrolled = isEnrolled
        self.isRevoked = isRevoked
        self.certificatesFrom = certificatesFrom
    }

    init(_ clinic: RegisteredClinic) {
        self.init(
            node: clinic.node, name: clinic.name, organization: clinic.organization,
            scope: clinic.scope, isEnrolled: clinic.isEnrolled, isRevoked: clinic.isRevoked,
            certificatesFrom: clinic.certificatesFrom)
    }
}

extension HubStore {
    private static let revisionName = "registryRevision"

    /// The registry as it is to be kept beside the database, by node.
    package var registry: [RegistryEntry] {
        clinics.values.map { RegistryEntry($0) }.sorted { $0.node < $1.node }
    }

    /// How often the registry has changed: of two copies the one with the higher is the newer.
    package var registryRevision: UInt64 {
        get throws {
            try node.store.reading { try node.store.metaNumber(HubStore.revisionName) ?? 0 }
        }
    }

    /// Reads the registry anew after a change of it, in the current transaction.
    func registryChanged() throws {
        try node.store.setMeta(HubStore.revisionName, registryRevision + 1)
        try loadClinics()
    }

    /// Takes in the copy that was kept beside the database, which itself may have been put back to
    /// an older one. Of a clinic that only one of them knows, that one counts; of one that both know,
    /// the later revocation, and else the newer copy.
    package func merge(_ entries: [RegistryEntry], revision: UInt64) throws {
        let isNewer = try revision > registryRevision
        let news = entries.filter { entry in
            clinics[entry.node].map { RegistryEntry($0) != entry } ?? true
        }
        guard isNewer || !news.isEmpty else { return }
        try node.transaction {
            for entry in news.sorted(by: { $0.node < $1.node }) {
                if let known = clinics[entry.node] {
                    try update(known, with: entry, isNewer: isNewer)
                } else {
                    try insert(entry)
                    try beginLook(at: entry.node)
                }
            }
            try node.store.setMeta(
                HubStore.revisionName, max(revision, registryRevision) + (news.isEmpty ? 0 : 1))
        }
    }

    private func update(
        _ known: RegisteredClinic, with entry: RegistryEntry, isNewer: Bool
    ) throws {
        var merged = isNewer ? entry : RegistryEntry(known)
        merged.certificatesFrom = max(entry.certificatesFrom, known.certificatesFrom)
        if entry.certificatesFrom != known.certificatesFrom {
            merged.isRevoked =
                entry.certificatesFrom > known.certificatesFrom ? entry.isRevoked : known.isRevoked
        }
        let isTaken = clinics.values.contains { $0.name == merged.name && $0.node != merged.node }
        try node.store.run(
            """
            UPDATE _clinic SET name = ?, organization = ?, revoked = ?, certificatesFrom = ?, \
            certificate = coalesce(certificate, ?) WHERE node = ?
            """,
            [
                .text(isTaken ? known.name : merged.name), .text(merged.organization),
                .integer(merged.isRevoked ? 1 : 0), .integer(merged.certificatesFrom),
                merged.isEnrolled ? .text("") : .null, .unsigned(merged.node.rawValue),
            ])
        try loadClinics()
        if merged.scope != known.scope { try setScope(of: merged.node, merged.scope) }
    }
}
