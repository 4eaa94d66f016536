import Causality
import Records
import Replica

/// What an answer came to.
package struct ExchangeOutcome: Sendable, Equatable {
    /// Frames of the clinic's own that the hub has committed now.
    package var acknowledged: UInt64 = 0
    /// Change sets of others that were applied.
    package var received = 0
    /// Entries of the feeds that wait at the hub.
    package var behind: UInt64 = 0
}

extension Clinic {
    /// Takes an answer in, whole or not at all.
    ///
    /// - Throws: ``Malformed`` when it is not an answer of the hub; ``StorageFailure``. Nothing has
    ///   moved then.
    package func apply(
        _ bytes: [UInt8], to sent: SentExchange, at now: ClockReading
    ) throws -> ExchangeOutcome {
        let answer = try MessageParts(sealed: bytes).read { (reader) throws(Malformed) in
            guard try reader.plain.byte() == ExchangeAnswer.kind else {
                throw .invalid("kind of an answer")
            }
            return try ExchangeAnswer(&reader, to: sent.request)
        }
        guard answer.held.allSatisfy({ $0.index < sent.origins.count }),
            answer.refusals.allSatisfy({ $0.index < sent.origins.count })
        else { throw Malformed.invalid("index of a head") }
        do {
            let outcome = try taken(answer, sent, now)
            lastExchange = reading(now).now
            return outcome
        } catch let found as ForkFound {
            addFork(found.origin, different: found.sequence)
            return ExchangeOutcome()
        }
    }

    private func taken(
        _ answer: ExchangeAnswer, _ sent: SentExchange, _ now: ClockReading
    ) throws -> ExchangeOutcome {
        #if PLANTED
            if Planted.is(.cursorBeforeCommit) { try commitCursors(answer, sent) }
        #endif
        do {
            return try transaction { try take(answer, sent, now, carefully: false) }
        } catch is Malformed {
            // A change set in it may break this version's schema, although an older hub took it.
            // Such a one is put aside, so that it doesn't stop what comes after it.
            return try transaction { try take(answer, sent, now, carefully: true) }
        }
    }

    /// What a comparison came to is undone with what it compared: it would else be taken for one of
    /// what is here.
    private func transaction<T>(_ body: () throws -> T) throws -> T {
        let before = (comparisons, unequal, losses)
        do {
            return try replica.transaction(body)
        } catch {
            (comparisons, unequal, losses) = before
            throw error
        }
    }

    /// The feed brought a frame of this clinic's own whose place another has here.
    struct ForkFound: Error {
        var origin: Origin
        var sequence: UInt64
    }

    private func take(
        _ answer: ExchangeAnswer, _ sent: SentExchange, _ now: ClockReading, carefully: Bool
    ) throws -> ExchangeOutcome {
        var outcome = ExchangeOutcome()
        try measure(answer.time, now)
        if answer.epoch != epoch {
            epoch = answer.epoch
            try replica.store.setMeta("epoch", epoch)
        }
        outcome.acknowledged = try take(answer.held, sent)
        try take(answer.refusals, sent, now)
        var hubHas = heads(answer.held, sent)
        try settleForks()
        try takeScope(answer, sent)
        // The own feed first: it brings what this clinic's former lives wrote, which other feeds
        // take to be here.
        // While a fork is being probed the feed waits: it brings back what the other life wrote,
        // and that takes the places of frames that are still to be issued again.
        for slice in answer.slices.sorted(by: { $0.feed < $1.feed }) where forks.isEmpty {
            guard try isCurrent(slice, sent) else { continue }
            outcome.received += try take(
                slice, epoch: answer.epoch, carefully: carefully, hubHas: &hubHas)
            outcome.behind += slice.behind
        }
        try dropLeaving()
        if saved.isStale(exchange: reading(now).now) {
            try saved.save(exchange: reading(now).now, in: replica.store)
        }
        if outcome.received > 0 {
            let received = try replica.store.metaNumber("received") ?? 0
            try replica.store.setMeta("received", received + UInt64(outcome.received))
        }
        try saveFeeds()
        return outcome
    }

    /// Whether a slice answers what the clinic would ask now. One that is late, or comes a second
    /// time, would take the cursor back; and of what was loaded since it was asked for, the hub has
    /// not said whether that is of the same history of the feed.
    private func isCurrent(_ slice: ExchangeAnswer.Slice, _ sent: SentExchange) throws -> Bool {
        guard let pull = sent.request.pulls.first(where: { $0.feed == slice.feed }) else {
            throw Malformed.invalid("feed that was not asked for")
        }
        guard let state = feeds[slice.feed] else { return false }
        #if PLANTED
            if Planted.is(.lateAnswerTaken) { return true }
        #endif
        let loaded = loadedUpTo(slice.feed)
        return pull.cursors.first == (state.isStarted ? state.cursor : nil)
            && (loaded == nil || pull.loading == loaded)
    }

    private func measure(_ hub: UInt64, _ now: ClockReading) throws {
        guard hub > 0 else { return }
        time.measured(hub: hub, wall: now.wall, monotonic: now.monotonic)
        if saved.isStale(time) { try saved.save(time, in: replica.store) }
    }

    /// A clinic whose scope is the district reads one feed more.
    private func takeScope(_ answer: ExchangeAnswer, _ sent: SentExchange) throws {
        guard sent.request.pulls.contains(where: { $0.feed == .district }) else { return }
        let isDistrict = answer.slices.contains { $0.feed == .district }
        knowsScope = true
        if isDistrict, feeds[.district] == nil {
            try insertFeed(.district)
            feeds[.district] = FeedState()
        }
        if !isDistrict, feeds[.district] != nil {
            feeds[.district] = nil
            comparisons[.district] = nil
            unequal.remove(.district)
            try endJoins { $0.feed == .district }
            try replica.store.run("DELETE FROM _feed WHERE kind = 2")
            try replica.store.run("DELETE FROM _cursor WHERE feed = 2")
            try replica.store.run("DELETE FROM _reloaded WHERE feed = 2")
            var after: RootReference?
            while let root = try replica.tables.roots(of: .patient, after: after, limit: 1).first {
                after = root
                guard feed(of: root) == nil else { continue }
                try noteState(of: root, by: .own, at: 0)
            }
            try leaveUnwanted()
        }
    }

    // MARK: What the hub has of this clinic's logs

    private func take(
        _ refusals: [ExchangeAnswer.Refusal], _ sent: SentExchange, _ now: ClockReading
    ) throws {
        for refusal in refusals {
            let origin = sent.origins[refusal.index]
            // Where the logs have parted, another life's frame stands at that place of the hub's.
            guard cuts[origin] == nil, !forks.contains(where: { $0.origin == origin }),
                let entry = try replica.log.entry(origin, refusal.sequence)
            else { continue }
            #if PLANTED
                if Planted.is(.refusedNotKept) { continue }
            #endif
            try letters.add(
                .refused, origin, refusal.sequence, reason: refusal.reason.description,
                since: reading(now).now, bytes: entry.frame.bytes)
            // What the hub doesn't take is no part of the record that all share: the compartment
            // is loaded anew from the hub, without it.
            try entry.frame.forEachChangeSet { _, reader in
                guard let root = try replica.tables.root(reader.compartment),
                    let feed = feed(of: root)
                else { return }
                try loadAnew([root], feed)
            }
        }
    }

    private func take(_ held: [ExchangeAnswer.Held], _ sent: SentExchange) throws -> UInt64 {
        var acknowledged: UInt64 = 0
        var said: [Int: ExchangeAnswer.Held] = [:]
        for item in held { said[item.index] = item }
        let isOfThisLife = sent.losses == losses
        for (index, head) in sent.request.heads.enumerated() {
            let origin = sent.origins[index]
            guard let mine = replica.head(origin) else { continue }
            let hub =
                said[index]
                ?? ExchangeAnswer.Held(
                    index: index, sequence: head.sequence, hash: head.hash, agreesAtHead: true,
                    backedUp: head.backedUp)
            acknowledged += try take(
                hub, origin, presented: head, mine, isOfThisLife: isOfThisLife)
        }
        return acknowledged
    }

    /// How far the hub had this clinic's own logs when it made the answer.
    private func heads(
        _ held: [ExchangeAnswer.Held], _ sent: SentExchange
    ) -> [Origin: UInt64] {
        var heads: [Origin: UInt64] = [:]
        for (index, head) in sent.request.heads.enumerated() {
            heads[sent.origins[index]] = head.sequence
        }
        for item in held { heads[sent.origins[item.index]] = item.sequence }
        return heads
    }

    private func take(
        _ hub: ExchangeAnswer.Held, _ origin: Origin, presented: ExchangeRequest.Head,
        _ mine: NodeStore.Head, isOfThisLife: Bool
    ) throws -> UInt64 {
        let isAlike: Bool
        if hub.sequence <= mine.sequence {
            isAlike = try replica.log.hash(origin, hub.sequence)?.prefix ?? 0 == hub.hash
        } else {
            isAlike = hub.agreesAtHead
        }
        guard isAlike else {
            #if PLANTED
                if Planted.is(.forkTakenForAgreement) {
                    let sequence = min(hub.sequence, mine.sequence)
                    try replica.setAcknowledged(origin, sequence, backedUp: mine.backedUp)
                    return 0
                }
            #endif
            addFork(origin, different: min(hub.sequence, presented.sequence, mine.sequence))
            return 0
        }
        // Where the hub has more than this replica, only what was presented is known to be alike:
        // what was written since then may stand in the place of something else.
        let acknowledged =
            hub.sequence <= mine.sequence ? hub.sequence : min(presented.sequence, mine.sequence)
        // An answer that is older than another which came first takes nothing back. As much may be
        // acknowledged as when it was asked for, and all of that anew, by a hub that was put back.
        let known = presented.base?.sequence ?? presented.sequence
        if acknowledged < mine.acknowledged, mine.acknowledged > known || !isOfThisLife {
            return 0
        }
        #if PLANTED
            if Planted.is(.acknowledgedNeverFalls), acknowledged < mine.acknowledged { return 0 }
        #endif
        // A hub that was put back to a copy older than its newest backup has lost of that, too. To
        // hold on to what it said then would leave a gap before all that is brought to it.
        let outlived = min(hub.backedUp, acknowledged)
        let backedUp = acknowledged < mine.backedUp ? outlived : max(mine.backedUp, outlived)
        if acknowledged < mine.acknowledged {
            // The hub was put back: what it said of stamps that it has lost is said again when it
            // takes them again.
            losses += 1
            try forgetRanks(origin, after: acknowledged)
        }
        try replica.setAcknowledged(origin, acknowledged, backedUp: backedUp)
        if hub.sequence == acknowledged,
            let next = try replica.log.entry(origin, acknowledged + 1), !next.frame.isWhole
        {
            // The hub has lost a frame of which this log has its place alone, since it came back
            // as one that was refused, or was let go of when it was backed up. Another life may
            // have it whole and bring it yet, so its place stays free: what follows is issued
            // again.
            cuts[origin] = acknowledged
        }
        if hub.sequence > mine.sequence, hub.sequence > presented.sequence,
            origin.incarnation == incarnation
        {
            // The hub has frames of this life that this replica has not: it was rolled back, or
            // another machine goes on under its name.
            cuts[origin] = acknowledged
        }
        return acknowledged > mine.acknowledged ? acknowledged - mine.acknowledged : 0
    }

    private func forgetRanks(_ origin: Origin, after sequence: UInt64) throws {
        guard !replica.ranks.isEmpty else { return }
        try replica.log.forEach(origin, after: sequence) { entry in
            try replica.setRank(entry.frame.header.stamp, nil, epoch: epoch)
            return true
        }
    }
}

#if PLANTED
    extension Clinic {
        /// The cursors alone, in a transaction before the one that applies what they point past.
        private func commitCursors(_ answer: ExchangeAnswer, _ sent: SentExchange) throws {
            let before = feeds
            try replica.transaction {
                for slice in answer.slices where slice.from == feeds[slice.feed]?.cursor {
                    feeds[slice.feed]!.cursor = slice.to
                    feeds[slice.feed]!.isDirty = true
                }
                try saveFeeds()
            }
            feeds = before
        }
    }
#endif
