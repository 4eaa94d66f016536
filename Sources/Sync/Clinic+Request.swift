import Causality
import Records
import Replica

/// An exchange that is under way, as the clinic must remember it to understand the answer.
package struct SentExchange: Sendable {
    package var request: ExchangeRequest
    /// The origins of the request's heads.
    var origins: [Origin]
    /// What the clinic knew of losses of the hub.
    var losses: Int
    package var bytes: [UInt8]
}

extension Clinic {
    /// The clinic's own origins that have frames here.
    var ownOrigins: [Origin] { replica.origins(of: node) }

    /// Frames and bytes of a lane that the hub has not committed yet.
    package func pending(_ lane: Lane) throws -> (frames: Int, bytes: Int) {
        var total = (frames: 0, bytes: 0)
        for origin in ownOrigins where origin.lane == lane {
            let size = try replica.log.size(origin, after: replica.head(origin)!.acknowledged)
            total.frames += size.frames
            total.bytes += size.bytes
        }
        return total
    }

    /// Whether the hub has all that was written here.
    package var hasPending: Bool { replica.hasUnacknowledged(of: node) }

    /// Whether what the hub has not committed is more than that many bytes.
    func hasPending(over bytes: Int) throws -> Bool {
        guard hasPending else { return false }
        var size = 0
        try replica.store.reading {
            for origin in ownOrigins where size <= bytes {
                let head = replica.head(origin)!
                guard head.acknowledged < head.sequence else { continue }
                try replica.log.forEach(origin, after: head.acknowledged) { entry in
                    size += entry.frame.bytes.count
                    return size <= bytes
                }
            }
        }
        return size > bytes
    }

    /// Makes the request of an exchange.
    ///
    /// - Parameters:
    ///   - pushBytes: how many bytes of frames to bring at most, or else one frame; 0 for none.
    ///   - pulls: whether to ask for what is new.
    ///   - wait: seconds that the hub may wait for news.
    ///   - limit: about how many bytes the answer may have.
    package func exchange(
        pushBytes: Int, pulls: Bool, wait: UInt64, limit: Int, at now: ClockReading
    ) throws -> SentExchange {
        try replica.store.reading {
            let origins = ownOrigins
            var heads: [ExchangeRequest.Head] = []
            for origin in origins {
                let head = replica.head(origin)!
                // Where more is written than acknowledged, the hub can't check the head: the base
                // tells it what is alike all the same.
                let base =
                    head.acknowledged < head.sequence
                    ? ExchangeRequest.Head.Base(
                        sequence: head.acknowledged,
                        hash: try replica.log.hash(origin, head.acknowledged)?.prefix ?? 0) : nil
                heads.append(
                    ExchangeRequest.Head(
                        incarnation: origin.incarnation, lane: origin.lane,
                        sequence: head.sequence, hash: head.hash.prefix, backedUp: head.backedUp,
                        base: base))
            }
            let frames = try framesToPush(origins, bytes: pushBytes)
            #if PLANTED
                for frame in frames where Planted.is(.acknowledgedWhenSent) {
                    let (origin, sequence) = (frame.header.origin, frame.header.sequence)
                    try replica.setAcknowledged(
                        origin, sequence, backedUp: replica.head(origin)!.backedUp)
                }
            #endif
            let request = ExchangeRequest(
                node: node, wall: now.wall, epoch: epoch, wait: wait, limit: UInt64(limit),
                heads: heads,
                pulls: pulls ? try pullRequests() : [], frames: frames)
            return SentExchange(
                request: request, origins: origins, losses: losses, bytes: request.encoded())
        }
    }

    /// The next frames in log order, lane by lane: care goes first, so that an urgent result never
    /// waits behind a scan. Only the first may be larger than the bound, so that what any hub takes
    /// is never exceeded.
    private func framesToPush(_ origins: [Origin], bytes limit: Int) throws -> [Frame] {
        var frames: [Frame] = []
        var size = 0
        // What is found to have parted is issued again in every lane of its incarnation, unless the
        // hub has it.
        let parted = Set((forks.map(\.origin) + cuts.keys).map(\.incarnation))
        var isFull = limit == 0
        for lane in Lane.allCases {
            for origin in origins
            where origin.lane == lane && !isFull && !parted.contains(origin.incarnation) {
                let head = replica.head(origin)!
                guard head.acknowledged < head.sequence else { continue }
                try replica.log.forEach(origin, after: head.acknowledged) { entry in
                    guard entry.frame.isWhole else { return false }
                    let next = entry.frame.bytes.count
                    isFull = !frames.isEmpty && size + next > limit
                    if isFull { return false }
                    frames.append(entry.frame)
                    size += next
                    return true
                }
            }
        }
        return frames
    }

    /// Whether frames were brought of which the hub took none, so that the next push would bring
    /// just the same. A hub has no reason for that; if one does it, it is not to be asked for ever.
    func isWhereItWas(_ sent: SentExchange) -> Bool {
        guard let first = sent.request.frames.first?.header, let head = replica.head(first.origin)
        else { return false }
        return head.acknowledged + 1 == first.sequence && head.sequence >= first.sequence
            && cuts[first.origin] == nil && !forks.contains { $0.origin == first.origin }
    }

    private func pullRequests() throws -> [ExchangeRequest.Pull] {
        var pulls: [ExchangeRequest.Pull] = []
        for kind in FeedKind.allCases {
            guard let state = feeds[kind] else {
                if kind == .district, !knowsScope {
                    pulls.append(ExchangeRequest.Pull(feed: kind, cursors: [], loading: nil))
                }
                continue
            }
            var cursors = state.isStarted ? [state.cursor] : []
            if wantsOlderCursors.contains(kind) { cursors = try keptCursors(kind) }
            pulls.append(
                ExchangeRequest.Pull(
                    feed: kind, cursors: cursors, loading: loadedUpTo(kind),
                    wasEqual: comparisons[kind]?.isEqual,
                    standsEqual: isCompared(kind, state)))
        }
        return pulls
    }

    /// Whether what is held by a feed was found equal to the hub's, and nothing has moved since.
    private func isCompared(_ kind: FeedKind, _ state: FeedState) -> Bool {
        guard let comparison = comparisons[kind] else { return false }
        return comparison.isEqual && comparison.cursor == state.cursor
            && comparison.ours == state.sum.half
    }
}
