import Causality
import Records
import Replica

/// Where a clinic stands, as `syncctl status` shows it.
package struct ClinicStanding: Sendable, Equatable {
    /// Frames that this clinic has written, in all its lives.
    package var written: UInt64 = 0
    /// Of these, what the hub has taken into the record.
    package var acknowledged: UInt64 = 0
    package var backedUp: UInt64 = 0
    /// Frames that the hub does not have, by lane.
    package var pending: [Lane: UInt64] = [:]
    package var pendingBytes = 0
    package var refused: UInt64 = 0
    package var parked = 0
    /// Change sets of others that were applied.
    package var received: UInt64 = 0
    /// Counted beside the replica's own thread, since all conflicts have to be read for it.
    package var reviewItems = 0
    /// Milliseconds since 1970; `nil` before the first.
    package var lastExchange: UInt64?
    package var sums: [FeedKind: Clinic.Comparison] = [:]
    package var isLoading = false
    package var clockOffset: Int64?
    package var quality = ClockQuality.unmeasured

    /// `written = acknowledged + pending + refused` holds at every moment.
    package var addsUp: Bool { written == acknowledged + pending.values.reduce(0, +) + refused }

    /// Whether all that is held was found equal to the hub's; `nil` before it was compared.
    package var isEqual: Bool? {
        sums.isEmpty ? nil : sums.values.allSatisfy(\.isEqual)
    }
}

extension Clinic {
    package func standing(at now: ClockReading) throws -> ClinicStanding {
        try replica.store.reading {
            var standing = ClinicStanding()
            for lane in Lane.allCases { standing.pending[lane] = 0 }
            for origin in ownOrigins {
                let head = replica.head(origin)!
                standing.written += head.sequence
                standing.acknowledged += head.acknowledged
                standing.backedUp += head.backedUp
                standing.pending[origin.lane]! += head.sequence - head.acknowledged
                guard head.acknowledged < head.sequence else { continue }
                standing.pendingBytes += try replica.log.size(origin, after: head.acknowledged)
                    .bytes
            }
            // What a restored hub has lost is pending again, and is refused again.
            for origin in ownOrigins {
                let acknowledged = replica.head(origin)!.acknowledged
                standing.refused += UInt64(
                    try letters.refused(origin, after: 0).filter { $0.sequence <= acknowledged }
                        .count)
            }
            standing.acknowledged -= standing.refused
            standing.parked = try letters.count(.parked)
            standing.received = try replica.store.metaNumber("received") ?? 0
            standing.lastExchange = lastExchange
            standing.sums = comparisons
            standing.isLoading = isLoading
            standing.clockOffset = time.offset
            standing.quality = reading(now).quality
            return standing
        }
    }

    package var isLoading: Bool { !joins.isEmpty }

    /// What changes whenever content does: sums of all that is held.
    package struct ContentVersion: Equatable, Sendable {
        var sums: [FeedKind: ContentSum]
        var leaving: Int
    }

    package var contentVersion: ContentVersion {
        ContentVersion(sums: feeds.mapValues(\.sum), leaving: leaving.count)
    }

    /// Asks the hub to hold a patient here, or to leave: a change set in the clinic's own affairs.
    package func ask(toHold wanted: Bool, patient: RecordID, author: String, at now: ClockReading)
        throws
    {
        guard let rule = replica.schema.holders else { return }
        try write(author: author, purpose: "hold", at: now) { transaction in
            try transaction.put(
                holdKey(.patient(patient), rule), in: .clinic(node),
                [
                    (rule.holdTarget, .text(patient.description)),
                    (rule.holdWanted, .integer(wanted ? 1 : 0)),
                ])
        }
    }
}
