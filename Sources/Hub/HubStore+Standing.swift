import Causality
import Records
import Replica
import Sync

/// Where the hub and its clinics stand, as `syncctl status` shows it.
package struct HubStanding: Sendable {
    package struct Clinic: Sendable {
        package var registered: RegisteredClinic
        /// Its frames that the hub has taken into the record.
        package var acknowledged: UInt64
        /// Entries of its feeds beyond what it is known to have read.
        package var pendingForIt: UInt64
    }

    package var epoch: UInt64
    /// Frames of all clinics.
    package var frames: UInt64
    /// Frames that have outlived a backup.
    package var backedUp: UInt64
    package var feeds: Int
    package var entries: UInt64
    package var refused: Int
    package var parked: Int
    /// By name.
    package var clinics: [Clinic]
}

extension HubStore {
    package func standing() throws -> HubStanding {
        try node.store.reading {
            var frames: [NodeID: UInt64] = [:]
            var backedUp: UInt64 = 0
            for origin in node.allOrigins {
                guard let head = node.head(origin) else { continue }
                frames[origin.node, default: 0] += head.sequence
                backedUp += head.backedUp
            }
            let refused = try letters.refusedByNode()
            let sorted = clinics.values.sorted { ($0.name, $0.node) < ($1.name, $1.node) }
            return HubStanding(
                epoch: epoch, frames: frames.values.reduce(0, +), backedUp: backedUp,
                feeds: feeds.count, entries: feeds.entries,
                refused: Int(refused.values.reduce(0, +)), parked: try letters.count(.parked),
                clinics: sorted.map { clinic in
                    let written = frames[clinic.node] ?? 0
                    return HubStanding.Clinic(
                        registered: clinic,
                        acknowledged: written - min(written, refused[clinic.node] ?? 0),
                        pendingForIt: pending(for: clinic))
                })
        }
    }

    /// How far each feed goes: what has grown since, has news.
    package var feedPositions: [FeedName: UInt64] { feeds.positions }

    private func pending(for clinic: RegisteredClinic) -> UInt64 {
        FeedKind.allCases.reduce(0) { sum, kind in
            guard kind != .district || readsDistrict(clinic),
                let head = feeds[name(kind, clinic.node)]
            else { return sum }
            let read = readTo[clinic.node]?[kind] ?? 0
            return sum + head.position - min(head.position, read)
        }
    }

    /// Notes where a clinic stands by what it was answered: at the cursor that it presented, and
    /// beyond what follows there of its own making, which brings it nothing new.
    func noteRead(_ slices: [ExchangeAnswer.Slice], by clinic: NodeID) {
        for slice in slices {
            guard let from = slice.from else { continue }
            var position = from.position
            entries: for item in slice.items {
                switch item {
                case .passed, .grow(_, isFresh: true): position += item.length
                default: break entries
                }
            }
            guard readTo[clinic]?[slice.feed] != position else { continue }
            readTo[clinic, default: [:]][slice.feed] = position
            unsavedReaders.insert(clinic)
        }
    }

    /// Puts on disk what ``noteRead(_:by:)`` noted: now and then, since it is only for show.
    package func saveReadPositions() throws {
        guard !unsavedReaders.isEmpty else { return }
        try node.transaction {
            for clinic in unsavedReaders.sorted() {
                for (kind, position) in (readTo[clinic] ?? [:]).sorted(by: { $0.key < $1.key }) {
                    try node.store.run(
                        "INSERT OR REPLACE INTO _reader VALUES (?, ?, ?)",
                        [
                            .unsigned(clinic.rawValue), .integer(Int64(kind.rawValue)),
                            .unsigned(position),
                        ])
                }
            }
        }
        unsavedReaders = []
    }

    func loadReadPositions() throws {
        let rows = try node.store.rows("SELECT node, feed, pos FROM _reader") { row in
            (
                NodeID(rawValue: row.unsigned(0)),
                FeedKind(rawValue: UInt8(truncatingIfNeeded: row.integer(1))), row.unsigned(2)
            )
        }
        for (clinic, kind, position) in rows {
            if let kind { readTo[clinic, default: [:]][kind] = position }
        }
    }
}
