import Causality
import Records
import Replica
import Sync

/// Who holds a patient: the clinics that registered them, that they name as managing
/// organisation, or that asked to; unless the clinic asked to leave.
extension HubStore {
    struct ScopeChanges {
        /// Feeds that hold a compartment of which the hub knew nothing before this frame.
        var fresh: [(FeedName, Compartment)] = []
        var grown: [(FeedName, RootReference, Compartment)] = []
        var left: [(FeedName, RootReference, Compartment)] = []
    }

    func holders(of root: RootReference) throws -> [NodeID] {
        try node.store.rows(
            "SELECT node FROM _holder WHERE root = ? ORDER BY node", [.integer(root.rawValue)]
        ) { NodeID(rawValue: $0.unsigned(0)) }
    }

    func isHeld(_ root: RootReference, by clinic: NodeID) throws -> Bool {
        try node.store.count(
            "SELECT count(*) FROM _holder WHERE root = ? AND node = ?",
            [.integer(root.rawValue), .unsigned(clinic.rawValue)]) > 0
    }

    /// The changes of scope that follow from what was just applied.
    func scopeChanges(_ sets: [AppliedSet]) throws -> ScopeChanges {
        var changes = ScopeChanges()
        guard let rule = node.schema.holders else { return changes }
        var looked: Set<RootReference> = []
        for set in sets {
            if set.applied.touchedRoot, set.compartment.kind == .patient {
                guard looked.insert(set.applied.root).inserted else { continue }
                try look(
                    at: set.applied.root, set.compartment, isNew: set.applied.rootIsNew, rule,
                    asking: nil, &changes)
            }
            for id in set.applied.holds {
                guard let target = try target(of: id, in: set.compartment, rule) else { continue }
                let compartment = Compartment.patient(target)
                let root = try node.tables.makeRoot(compartment).root
                guard looked.insert(root).inserted else { continue }
                let isNew =
                    sets.first { $0.compartment == compartment }?.applied.rootIsNew ?? false
                try look(
                    at: root, compartment, isNew: isNew, rule, asking: set.compartment, &changes)
            }
        }
        return changes
    }

    /// The patient that a record asks to hold.
    private func target(
        of hold: RecordID, in compartment: Compartment, _ rule: HolderRule
    ) throws -> RecordID? {
        let key = RecordKey(entity: rule.holdEntity, id: hold)
        let record = try node.reader.record(key, in: compartment)
        guard case .text(let id) = record?.shown(rule.holdTarget, in: node) else { return nil }
        return RecordID(id)
    }

    func look(
        at root: RootReference, _ compartment: Compartment, isNew: Bool, _ rule: HolderRule,
        asking: Compartment?, _ changes: inout ScopeChanges
    ) throws {
        #if PLANTED
            let isNew = isNew || Planted.is(.freshForKnown)
        #endif
        let before = Set(try holders(of: root))
        var asker: NodeID?
        if let asking, asking.kind == .clinic, case .uuid(high: 0, let low) = asking.id {
            asker = clinics[NodeID(rawValue: low)]?.node
        }
        let after = try wanted(compartment, rule, before.union(asker.map { [$0] } ?? []))
        for clinic in after.subtracting(before).sorted() {
            let name = FeedName(.own, clinic)
            if isNew {
                try enter(clinic, as: root)
                changes.fresh.append((name, compartment))
            } else {
                changes.grown.append((name, root, compartment))
            }
        }
        for clinic in before.subtracting(after).sorted() {
            changes.left.append((FeedName(.own, clinic), root, compartment))
        }
    }

    private func enter(_ clinic: NodeID, as root: RootReference) throws {
        try node.store.run(
            "INSERT INTO _holder VALUES (?, ?)",
            [.integer(root.rawValue), .unsigned(clinic.rawValue)])
        hasHolders = true
    }

    /// Lets those in who hold a compartment from here on, and those out who leave it. What was
    /// just committed has gone to the former holders; the new ones load it with the rest.
    func change(_ changes: ScopeChanges, nonce: UInt64) throws {
        for (name, root, compartment) in changes.grown {
            try enter(name.node, as: root)
            try extend(name, FeedEntry(kind: .grow, compartment: compartment), nonce: nonce)
            #if PLANTED
                if Planted.is(.growSumForgotten) { continue }
            #endif
            feeds[name]!.sum += try node.snapshots.sum(of: root)
        }
        for (name, root, compartment) in changes.left {
            try node.store.run(
                "DELETE FROM _holder WHERE root = ? AND node = ?",
                [.integer(root.rawValue), .unsigned(name.node.rawValue)])
            try extend(name, FeedEntry(kind: .shrink, compartment: compartment), nonce: nonce)
            feeds[name]!.sum -= try node.snapshots.sum(of: root)
        }
    }

    /// The clinics of scope `own` that should hold a patient, as the merged record says.
    ///
    /// - Parameter asked: those that hold it now, or ask to; others come in only by name.
    private func wanted(
        _ compartment: Compartment, _ rule: HolderRule, _ asked: Set<NodeID>
    ) throws -> Set<NodeID> {
        let record = try node.reader.record(
            RecordKey(entity: rule.root, id: compartment.id), in: compartment)
        var named: Set<NodeID> = []
        for unit in rule.nodeUnits + rule.organizationUnits {
            for sibling in record?.register(unit)?.siblings ?? [] {
                if case .text(let text) = sibling.value, let clinic = clinicNames[text] {
                    named.insert(clinic)
                }
            }
        }
        return try named.union(asked).filter { candidate in
            guard clinics[candidate]?.scope == .own else { return false }
            let key = RecordKey(entity: rule.holdEntity, id: rule.holdID(compartment.id))
            let wish = try node.reader.record(key, in: .clinic(candidate))?
                .shown(rule.holdWanted, in: node)
            return wish == .integer(1) || wish != .integer(0) && named.contains(candidate)
        }
    }
}
