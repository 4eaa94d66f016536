import Causality
import Records
import Replica
import Sync

/// Where a clinic's scope changes, or a clinic comes back into the registry, it is looked at anew
/// who holds which patient: in steps, so that exchanges go on between them, and from where it
/// stopped if the hub does.
extension HubStore {
    private static let lookPrefix = "look-"

    /// Changes which patients a clinic is sent. Its patients are then looked at by ``lookAnew(_:)``.
    ///
    /// - Returns: whether there is a clinic of that name.
    package func setScope(_ name: String, _ scope: RegisteredClinic.Scope) throws -> NodeID? {
        guard let clinic = clinics.values.first(where: { $0.name == name }) else { return nil }
        if clinic.scope != scope {
            try node.transaction { try setScope(of: clinic.node, scope) }
        }
        return clinic.node
    }

    func setScope(of clinic: NodeID, _ scope: RegisteredClinic.Scope) throws {
        try node.store.run(
            "UPDATE _clinic SET scope = ? WHERE node = ?",
            [.text(scope.rawValue), .unsigned(clinic.rawValue)])
        try registryChanged()
        if scope == .district { try makeDistrictFeed() }
        try beginLook(at: clinic)
    }

    func beginLook(at clinic: NodeID) throws {
        pendingLooks[clinic] = 0
        try node.store.setMeta(HubStore.lookPrefix + clinic.description, 0 as UInt64)
    }

    func loadLooks() throws {
        pendingLooks = [:]
        for clinic in clinics.keys.sorted() {
            let last = try node.store.metaNumber(HubStore.lookPrefix + clinic.description)
            if let last { pendingLooks[clinic] = last }
        }
    }

    /// Whether a clinic is given the district's feed: not before it holds nothing by its own, so
    /// that no patient comes by both.
    func readsDistrict(_ clinic: RegisteredClinic) -> Bool {
        clinic.scope == .district && pendingLooks[clinic.node] == nil
    }

    package var isLooking: Bool { !pendingLooks.isEmpty }

    /// Looks at so many patients of a clinic whose scope has changed: lets it hold what it should,
    /// and leave what it shouldn't.
    ///
    /// - Returns: the feeds that have news.
    package func lookAnew(_ count: Int) throws -> Set<FeedName> {
        guard let clinic = pendingLooks.keys.min() else { return [] }
        feeds.mark()
        try node.transaction {
            let last = pendingLooks[clinic]!
            let after = last == 0 ? nil : RootReference(rawValue: Int64(last))
            let roots = try node.tables.roots(of: .patient, after: after, limit: count)
            if let rule = node.schema.holders { try look(at: roots, for: clinic, rule) }
            let name = HubStore.lookPrefix + clinic.description
            if roots.count < count {
                pendingLooks[clinic] = nil
                try node.store.run("DELETE FROM _meta WHERE name = ?", [.text(name)])
            } else {
                pendingLooks[clinic] = UInt64(roots.last!.rawValue)
                try node.store.setMeta(name, pendingLooks[clinic]!)
            }
            try saveFeeds()
        }
        var woken = feeds.grown
        // Its end is news too: another feed may be read from here on.
        woken.insert(FeedName(.own, clinic))
        return woken
    }

    private func look(
        at roots: [RootReference], for clinic: NodeID, _ rule: HolderRule
    ) throws {
        var changes = ScopeChanges()
        for root in roots {
            guard let compartment = try node.tables.compartment(root) else { continue }
            try look(
                at: root, compartment, isNew: false, rule, asking: .clinic(clinic), &changes)
        }
        try change(changes, nonce: random.next())
    }
}
