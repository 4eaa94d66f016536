import Causality
import FHIR
import Records
import Replica
import Sync

/// What a comparison with the hub writes, and how it is asked for. What it reads, it reads beside
/// the node (``ReplicaReader``).
extension ClinicNode {
    var hasUnequal: Bool { !clinic.unequal.isEmpty }

    /// The feeds to compare: all that this clinic has ever compared.
    var comparedFeeds: [FeedKind] {
        let known = Set(clinic.comparisons.keys).union(clinic.unequal)
        return FeedKind.allCases.filter { $0 != .district || known.contains($0) }
    }

    func sumsRequest(_ feed: FeedKind, _ buckets: [UInt16]) -> [UInt8] {
        SumsRequest(feed: feed, buckets: buckets).encoded()
    }

    /// Begins to load anew what differs.
    func loadAnew(_ compartments: [Compartment], _ feed: FeedKind) throws {
        try clinic.loadAnew(compartments, feed: feed)
    }

    /// Puts the sum that is kept of a feed right.
    func correctSum(_ feed: FeedKind) async throws {
        try clinic.writeDownFeeds()
        let error = try await reader.sumError(feed)
        try clinic.correctSum(feed, by: error)
    }

    func verified(damaged: Int) {
        exchange.verifiedAt = clock.reading().now
        exchange.damagedFrames = damaged
    }

    /// What a person must look at, counted anew only after content has changed.
    func countReviewItems() async throws -> Int {
        let version = clinic.contentVersion
        if let reviewItems, reviewItems.version == version { return reviewItems.count }
        let count = try await counter.countReviewItems()
        reviewItems = (version, count)
        return count
    }
}
