import Causality
import Records
import Replica

/// Finds what differs from the hub, values included, and loads it anew.
extension Clinic {
    /// The sums of this clinic's own content of a feed, by bucket.
    func bucketSums(_ feed: FeedKind) throws -> [UInt16: ContentSum] {
        var sums: [UInt16: ContentSum] = [:]
        try forEachHeld(feed) { root, compartment in
            let sum = try valueSum(of: root)
            if sum != ContentSum() {
                sums[SumsRequest.bucket(compartment), default: ContentSum()] += sum
            }
        }
        return sums.filter { $0.value != ContentSum() }
    }

    /// The sum of a compartment; one that no content has where a value can't be read any more.
    private func valueSum(of root: RootReference) throws -> ContentSum {
        var sum = ContentSum()
        do {
            try replica.savepoint { sum = try replica.valueSum(of: root) }
        } catch is Malformed {
            (sum.high, sum.low) = (.max, .max)
        }
        return sum
    }

    private func forEachHeld(
        _ feed: FeedKind, _ body: (RootReference, Compartment) throws -> Void
    ) throws {
        for kind in Compartment.Kind.allCases {
            var after: RootReference?
            while true {
                let roots = try replica.tables.roots(of: kind, after: after, limit: 1000)
                for root in roots where self.feed(of: root) == feed {
                    if let compartment = try replica.tables.compartment(root) {
                        try body(root, compartment)
                    }
                }
                guard let last = roots.last else { break }
                after = last
            }
        }
    }

    /// The buckets that differ from the hub's; `nil` when the two don't stand at one moment.
    package func differing(_ bytes: [UInt8], feed: FeedKind) throws -> [UInt16]? {
        let answer = try sums(bytes)
        return try replica.store.reading {
            guard stands(feed, at: answer.cursor) else { return nil }
            let ours = try bucketSums(feed)
            return Set(ours.keys).union(answer.buckets.keys)
                .filter { ours[$0] != answer.buckets[$0] }.sorted()
        }
    }

    /// Compares compartments of buckets that differ, and begins to load anew those that do.
    ///
    /// - Returns: the compartments, and the records here by which they differ as far as this
    ///   clinic's own log can tell; `nil` when the two don't stand at one moment.
    package func repair(
        _ bytes: [UInt8], feed: FeedKind, buckets: [UInt16]
    ) throws -> [Compartment]? {
        let answer = try sums(bytes)
        return try replica.transaction { () -> [Compartment]? in
            guard stands(feed, at: answer.cursor) else { return nil }
            var ours: [Compartment: ContentSum] = [:]
            let asked = Set(buckets)
            try forEachHeld(feed) { root, compartment in
                guard asked.contains(SumsRequest.bucket(compartment)) else { return }
                let sum = try valueSum(of: root)
                if sum != ContentSum() { ours[compartment] = sum }
            }
            let differing = Set(ours.keys).union(answer.compartments.keys)
                .filter { ours[$0] != answer.compartments[$0] }.sorted()
            // A hub that was put back is still to be sent some of what the log has from others. That
            // comes again, and must not be taken to be applied.
            try loadAnew(differing.map { try replica.tables.makeRoot($0).root }, feed)
            return differing
        }
    }

    /// Whether this clinic stands where the hub took its sums.
    private func stands(_ feed: FeedKind, at cursor: Cursor) -> Bool {
        feeds[feed]?.cursor == cursor && !hasPending && !joins.contains { $0.feed == feed }
    }

    private func sums(_ bytes: [UInt8]) throws -> SumsAnswer {
        try MessageParts(sealed: bytes).read { (reader) throws(Malformed) in
            guard try reader.plain.byte() == SumsAnswer.kind else {
                throw .invalid("kind of an answer")
            }
            return try SumsAnswer(&reader)
        }
    }

    /// After a repair: the sum of a feed as its content now is.
    package func recountSum(_ feed: FeedKind) throws {
        try replica.transaction {
            try recount(feed)
            try saveFeeds()
        }
    }
}
