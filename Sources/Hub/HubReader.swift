import Causality
import Records
import Replica
import Sync

/// The hub's database, read beside the connection that writes it: for what reads all of it, and
/// must not keep clinics waiting. Confined to one thread.
package final class HubReader {
    package let node: NodeStore

    package init(path: String, schema: Schema) throws {
        node = try NodeStore(reading: path, schema: schema)
    }

    package func close() throws { try node.close() }

    /// Sums of a feed's content at one moment, values included.
    ///
    /// - Parameter feed: what the clinic may read.
    /// - Throws: ``HubRefusal/notHeld`` when there is no such feed.
    package func sums(_ request: SumsRequest, of feed: FeedName) throws -> [UInt8] {
        try node.atOneMoment {
            let cursor = try node.store.row(
                "SELECT pos, hash FROM _feed WHERE kind = ? AND node = ?",
                [.integer(Int64(feed.kind.rawValue)), .unsigned(feed.node.rawValue)]
            ) { Cursor(position: $0.unsigned(0), hash: FeedHead.prefix($0.bytes(1))) }
            guard let cursor else { throw HubRefusal.notHeld }
            return try node.sums(request, of: feed, at: cursor)
        }
    }

    /// Records that show, of entities that are counted.
    package func countRecords(of entities: [Entity]) throws -> Int64 {
        try node.store.reading {
            try entities.reduce(Int64(0)) { sum, entity in
                let sql = "SELECT count(*) FROM \"\(entity.name)\" WHERE _hidden IS NULL"
                return sum + (try node.store.count(sql))
            }
        }
    }
}

extension NodeStore {
    /// Sums of a feed's content, values included, where the feed stands at `cursor`.
    func sums(_ request: SumsRequest, of feed: FeedName, at cursor: Cursor) throws -> [UInt8] {
        var answer = SumsAnswer(cursor: cursor, buckets: [:], compartments: [:])
        let asked = Set(request.buckets)
        try forEachRoot(of: feed) { root, compartment in
            let bucket = SumsRequest.bucket(compartment)
            guard asked.isEmpty || asked.contains(bucket) else { return }
            let sum = try valueSum(of: root)
            guard sum != ContentSum() else { return }
            if asked.isEmpty {
                answer.buckets[bucket, default: ContentSum()] += sum
            } else {
                answer.compartments[compartment] = sum
            }
        }
        return answer.encoded()
    }
}
