import Causality
import Records
import Replica
import Sync

/// What a compartment holds by the log: the state of its rows as they should be.
package struct CompartmentState: Sendable {
    package var compartment: Compartment
    /// A snapshot of this one compartment; `nil` where the log has nothing of it.
    package var snapshot: [UInt8]?

    package init(compartment: Compartment, snapshot: [UInt8]?) {
        self.compartment = compartment
        self.snapshot = snapshot
    }
}

extension HubStore {
    /// Puts the rows of compartments back to what the log says, and with them who holds what and
    /// the sums of the feeds. The log itself is not touched.
    ///
    /// - Parameters:
    ///   - states: as they were when the log ended at `position`.
    ///   - position: what the log has had since is applied again.
    ///   - broken: feeds whose entries can't be trusted to say who holds what.
    package func repair(
        _ states: [CompartmentState], after position: Int64, broken: Set<FeedName>
    ) throws {
        try node.transaction {
            for state in states {
                let root = try node.tables.makeRoot(state.compartment).root
                // First, since rows that can't be read can't be summed either.
                try node.snapshots.drop(root)
                if let snapshot = state.snapshot { try takeIn(snapshot) }
            }
            let repaired = Set(states.map(\.compartment))
            try node.log.forEach(after: position) { entry in
                try node.apply(entry.frame) { _, compartment in repaired.contains(compartment) }
                return true
            }
            appliedNow = []
            try rebuildHolders(except: broken)
            for name in feeds.names {
                // Also where memory has it right: the row may not.
                feeds[name]!.sum = try node.contentSum(of: name)
                feeds[name]!.isDirty = true
            }
            try saveFeeds()
        }
    }

    private func takeIn(_ snapshot: [UInt8]) throws {
        let parts = try MessageParts(snapshot)
        try parts.plain.withUnsafeBytes { plain in
            try parts.raw.withUnsafeBytes { raw in
                var reader = MessageReader(plain: ByteReader(plain), raw: ByteReader(raw))
                _ = try node.snapshots.replace(from: &reader) { _, _, _, _ in }
            }
        }
    }

    /// Who holds what, as the entries of each clinic's own feed say.
    private func rebuildHolders(except broken: Set<FeedName>) throws {
        for name in feeds.names where name.kind == .own && !broken.contains(name) {
            let head = feeds[name]!
            let held = try node.holds(feed: head.id, upTo: head.position)
            guard try held != node.registeredHolds(of: name.node) else { continue }
            try node.store.run(
                "DELETE FROM _holder WHERE node = ?", [.unsigned(name.node.rawValue)])
            for compartment in held {
                let root = try node.tables.makeRoot(compartment).root
                try node.store.run(
                    "INSERT OR IGNORE INTO _holder VALUES (?, ?)",
                    [.integer(root.rawValue), .unsigned(name.node.rawValue)])
                hasHolders = true
            }
        }
    }
}
