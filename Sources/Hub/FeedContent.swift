import Causality
import Records
import Replica
import Sync

/// What a feed carries, seen from the records.
extension NodeStore {
    /// Calls `body` with each compartment that a feed carries.
    func forEachRoot(
        of feed: FeedName, _ body: (RootReference, Compartment) throws -> Void
    ) throws {
        func visit(_ root: RootReference) throws {
            if let compartment = try tables.compartment(root) { try body(root, compartment) }
        }
        if feed.kind == .own {
            if let root = try tables.root(.clinic(feed.node)) { try visit(root) }
            let held = try store.rows(
                "SELECT root FROM _holder WHERE node = ? ORDER BY root",
                [.unsigned(feed.node.rawValue)]
            ) { RootReference(rawValue: $0.integer(0)) }
            for root in held { try visit(root) }
            return
        }
        var after: RootReference?
        while true {
            let kind: Compartment.Kind = feed.kind == .reference ? .reference : .patient
            let roots = try tables.roots(of: kind, after: after, limit: 1000)
            for root in roots { try visit(root) }
            guard let last = roots.last else { return }
            after = last
        }
    }

    /// The sum of all that a feed carries, from the stamps in the rows.
    func contentSum(of feed: FeedName) throws -> ContentSum {
        var sum = ContentSum()
        try forEachRoot(of: feed) { root, _ in sum += try snapshots.sum(of: root) }
        return sum
    }

    /// The patients that the entries of a clinic's own feed, up to a place, say it holds.
    func holds(feed id: Int64, upTo position: UInt64) throws -> [Compartment] {
        var held: Set<Compartment> = []
        try store.forEachRow(
            "SELECT kind, body FROM _entry WHERE feed = ? AND pos <= ? AND kind BETWEEN ? AND ? ORDER BY pos",
            [
                .integer(id), .unsigned(position),
                .integer(FeedEntry.Kind.growFresh.rawValue),
                .integer(FeedEntry.Kind.shrink.rawValue),
            ]
        ) { row in
            let compartment = try HubStore.compartment(row.bytes(1))
            if row.integer(0) == FeedEntry.Kind.shrink.rawValue {
                held.remove(compartment)
            } else {
                held.insert(compartment)
            }
            return true
        }
        return held.sorted()
    }

    /// The patients that a clinic holds by the registry of holders.
    func registeredHolds(of clinic: NodeID) throws -> [Compartment] {
        let roots = try store.rows(
            "SELECT root FROM _holder WHERE node = ?", [.unsigned(clinic.rawValue)]
        ) { RootReference(rawValue: $0.integer(0)) }
        return try roots.compactMap { try tables.compartment($0) }.sorted()
    }
}
