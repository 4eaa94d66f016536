import Causality
import Records
import Replica

extension Clinic {
    /// Drops compartments that are not held, once all that was written here into them has outlived
    /// a backup of the hub. Their change sets leave the log too; its chain verifies all the same.
    func dropLeaving() throws {
        guard !leaving.isEmpty else { return }
        var staying: Set<Compartment> = []
        var isKnown = true
        for origin in ownOrigins {
            let head = replica.head(origin)!
            #if PLANTED
                if Planted.is(.purgedBeforeBackup), head.acknowledged == head.sequence { continue }
            #endif
            guard head.backedUp < head.sequence else { continue }
            try replica.log.forEach(origin, after: head.backedUp) { entry in
                // What a newer version wrote into can't be told: nothing goes until it is backed up.
                isKnown = entry.frame.isReadable
                guard isKnown else { return false }
                try entry.frame.forEachChangeSet { _, reader in staying.insert(reader.compartment) }
                return true
            }
            if !isKnown { return }
        }
        var gone: Set<Compartment> = []
        for root in leaving.sorted(by: { $0.rawValue < $1.rawValue }) {
            guard feed(of: root) == nil, try !isWanted(root),
                let compartment = try replica.tables.compartment(root)
            else {
                try stay(root)
                continue
            }
            guard !staying.contains(compartment) else { continue }
            try replica.snapshots.drop(root)
            try replica.store.run(
                "DELETE FROM _reloaded WHERE root = ?", [.integer(root.rawValue)])
            try stay(root)
            gone.insert(compartment)
        }
        guard !gone.isEmpty else { return }
        var written: Set<Compartment> = []
        try replica.purge { header, compartment in
            guard gone.contains(compartment) else { return false }
            if header.origin.node == node { written.insert(compartment) }
            return true
        }
        // The feed may have yet to say that it is held, where a copy was put back to before. It
        // passes over what the log knows, content or not: that can only come as state.
        for compartment in written.sorted() {
            guard let root = try replica.tables.root(compartment) else { continue }
            try replica.store.run(
                "INSERT OR IGNORE INTO _dropped VALUES (?)", [.integer(root.rawValue)])
        }
    }

    /// Looks at all patients of whom anything is here: those that are neither held nor wanted go.
    func leaveUnwanted() throws {
        var after: RootReference?
        while let root = try replica.tables.roots(of: .patient, after: after, limit: 1).first {
            after = root
            if try feed(of: root) == nil && !isWanted(root) { try leave(root) }
        }
    }

    private func stay(_ root: RootReference) throws {
        leaving.remove(root)
        try replica.store.run("DELETE FROM _leaving WHERE root = ?", [.integer(root.rawValue)])
    }
}
