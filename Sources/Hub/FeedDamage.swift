import Causality
import Records
import Replica
import Sync

/// Something in the hub's feeds that is not as the hub has written it.
package struct FeedDamage: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// From this entry on the running hash doesn't follow.
        case chain(position: UInt64)
        /// The sum that is kept is not that of the content.
        case sum
        /// Who holds what is not what the feed's entries say.
        case holders
    }

    package var feed: FeedName
    package var kind: Kind
}

extension NodeStore {
    /// Reads every feed of a hub's database, and computes its hashes and its sum anew.
    package func damagedFeeds() throws -> [FeedDamage] {
        let feeds = try store.rows(
            "SELECT id, kind, node, pos, hash, sum FROM _feed ORDER BY kind, node"
        ) { row in
            (
                kind: FeedKind(rawValue: UInt8(truncatingIfNeeded: row.integer(1))),
                node: NodeID(rawValue: row.unsigned(2)),
                head: FeedHead(
                    id: row.integer(0), position: row.unsigned(3), hash: row.bytes(4),
                    sum: ContentSum(bytes: row.bytes(5)) ?? ContentSum())
            )
        }
        var damage: [FeedDamage] = []
        for (kind, node, head) in feeds {
            guard let kind else { continue }
            let name = FeedName(kind, node)
            if let position = try brokenEntry(of: head) {
                damage.append(FeedDamage(feed: name, kind: .chain(position: position)))
            } else if kind == .own {
                let held = try holds(feed: head.id, upTo: head.position)
                if try held != registeredHolds(of: node) {
                    damage.append(FeedDamage(feed: name, kind: .holders))
                    continue
                }
            }
            // Rows that can't be summed are found, and named, with the records.
            if let sum = try? contentSum(of: name), sum != head.sum {
                damage.append(FeedDamage(feed: name, kind: .sum))
            }
        }
        return damage
    }

    /// The first place of a feed whose entry is missing or is not the one that was hashed.
    private func brokenEntry(of head: FeedHead) throws -> UInt64? {
        var hash = [UInt8](repeating: 0, count: 16)
        var position: UInt64 = 0
        var isSound = true
        try store.forEachRow(
            """
            SELECT e.pos, e.kind, e.parts, e.body, e.nonce, e.hash, l.hash \
            FROM _entry e LEFT JOIN _log l ON l.pos = e.log WHERE e.feed = ? ORDER BY e.pos
            """,
            [.integer(head.id)]
        ) { row in
            position += 1
            guard row.unsigned(0) == position, let kind = FeedEntry.Kind(rawValue: row.integer(1))
            else {
                isSound = false
                return false
            }
            let entry = FeedEntry(
                kind: kind, frameHash: row.isNull(6) ? nil : FrameHash(bytes: row.bytes(6)),
                parts: row.isNull(2) ? nil : row.bytes(2),
                compartment: row.isNull(3) ? nil : try? HubStore.compartment(row.bytes(3)))
            hash = HubStore.hash(hash, entry, nonce: row.unsigned(4))
            isSound = hash == row.bytes(5)
            return isSound
        }
        if !isSound { return position }
        return position == head.position && hash == head.hash ? nil : position + 1
    }
}
