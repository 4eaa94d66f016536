import Causality
import Records
import Replica

/// Takes in a slice of a feed, from the clinic's cursor on.
extension Clinic {
    /// What is gathered while a slice is taken in.
    private struct Run {
        var feed: FeedKind
        var position: UInt64
        var epoch: UInt64
        /// Whether what breaks the schema is put aside.
        var isCareful: Bool
        /// The last frame of each origin in this slice, which the next one follows.
        var chain: [Origin: (sequence: UInt64, hash: FrameHash)] = [:]
        var latest = HLC.zero
        var received = 0
        /// How far the hub had this clinic's own logs when it made the slice.
        var hubHas: [Origin: UInt64]
    }

    /// - Parameter hubHas: how far the hub is known to have had this clinic's own logs when it made
    ///   the slice. What the slice brings of them adds to it: a copy that was put back doesn't know
    ///   of all that its former lives wrote, and asks for none of it by name.
    /// - Returns: how many change sets of others were applied.
    func take(
        _ slice: ExchangeAnswer.Slice, epoch: UInt64, carefully: Bool,
        hubHas: inout [Origin: UInt64]
    ) throws -> Int {
        // Its scope was widened: it asks for the district's feed in its next request.
        if slice.offersDistrict, feeds[.district] == nil { knowsScope = false }
        guard let state = feeds[slice.feed] else { return 0 }
        guard state.isStarted else {
            try start(slice)
            return 0
        }
        guard let from = slice.from else {
            wantsOlderCursors.insert(slice.feed)
            return 0
        }
        wantsOlderCursors.remove(slice.feed)
        if from != state.cursor { try goBack(slice, to: from) }
        if slice.mustReload {
            try loadAnew(joins.filter { $0.feed == slice.feed }.map(\.root), slice.feed)
        }
        var run = Run(
            feed: slice.feed, position: from.position, epoch: epoch, isCareful: carefully,
            hubHas: hubHas)
        for item in slice.items {
            run.position += item.length
            #if PLANTED
                if Planted.is(.lastOfSliceDropped), slice.behind > 0,
                    run.position == slice.to.position
                {
                    continue
                }
            #endif
            try take(item, &run)
        }
        guard run.position == slice.to.position else {
            throw Malformed.invalid("length of a slice")
        }
        try adopt(run.latest)
        try advance(slice.feed, to: slice.to)
        try finishJoins(slice.feed)
        hubHas = run.hubHas
        compare(slice, hubHas)
        return run.received
    }

    /// The first answer of a shared feed says where it stands; what came before is loaded as state.
    /// A clinic whose scope was the district's before may still have of others what the hub has lost
    /// since and is to get again.
    private func start(_ slice: ExchangeAnswer.Slice) throws {
        feeds[slice.feed]!.isStarted = true
        feeds[slice.feed]!.cursor = slice.to
        feeds[slice.feed]!.isDirty = true
        try replica.store.run(
            "INSERT OR REPLACE INTO _cursor VALUES (?, ?, ?)",
            [
                .integer(Int64(slice.feed.rawValue)), .unsigned(slice.to.position),
                .unsigned(slice.to.hash),
            ])
        try recount(slice.feed)
        try loadAnew([nil], slice.feed)
    }

    /// The hub was put back to an older copy: back to the newest cursor that fits. What was loaded
    /// after it is loaded anew, and what the hub doesn't let this clinic hold there is left.
    private func goBack(_ slice: ExchangeAnswer.Slice, to cursor: Cursor) throws {
        let feed = slice.feed
        guard cursor.position <= feeds[feed]!.cursor.position else {
            throw Malformed.invalid("place of a slice")
        }
        try goBack(feed, to: cursor)
        let holds = try (slice.holds ?? []).map { try replica.tables.makeRoot($0).root }
        if feed == .own {
            // First, so that what is left is not loaded.
            for root in held.subtracting(holds).sorted(by: { $0.rawValue < $1.rawValue })
            where root.kind != .clinic { try release(root) }
        }
        var anew = joins.filter { $0.feed == feed }.map(\.root)
        if feed == .own {
            for root in holds where !held.contains(root) {
                try hold(root, at: cursor.position)
                anew.append(root)
            }
            anew += try replica.store.rows(
                "SELECT root FROM _held WHERE joinedAt > ?", [.unsigned(cursor.position)]
            ) { RootReference(rawValue: $0.integer(0)) }
            if try forgetOwnRanks(), let own = try replica.tables.root(.clinic(node)) {
                anew.append(own)
            }
        } else if feeds[feed]!.joinedAt > cursor.position {
            anew.append(nil)
        } else {
            // Some may have been loaded by themselves since all of the feed was.
            anew += try replica.store.rows(
                "SELECT root FROM _reloaded WHERE feed = ? AND joinedAt > ?",
                [.integer(Int64(feed.rawValue)), .unsigned(cursor.position)]
            ) { RootReference(rawValue: $0.integer(0)) }
        }
        #if PLANTED
            if Planted.is(.putBackWithoutReload) { return }
        #endif
        try loadAnew(anew, feed)
    }

    /// Of what is here of this clinic's own, the feed passes over what isn't ordered without a word:
    /// what a former life of the hub ordered, and another machine of this clinic has brought again
    /// under a right clock, would count otherwise here for ever. All orders come with any state.
    private func forgetOwnRanks() throws -> Bool {
        try replica.forgetRanks { $0.origin.node == node }
    }

    /// Loads spans as state that may have content here. Of what others wrote there the log lets go:
    /// it comes again, as state or by the feed, and would else be taken to be applied.
    func loadAnew(_ roots: [RootReference?], _ feed: FeedKind) throws {
        guard !roots.isEmpty else { return }
        let all = roots.contains(nil)
        let some = Set(roots.compactMap { $0 })
        for root in all ? [nil] : roots { try beginJoin(feed, root) }
        try replica.purge { header, compartment in
            guard header.origin.node != node, let root = try replica.tables.root(compartment),
                self.feed(of: root) == feed
            else { return false }
            return all || some.contains(root)
        }
    }

    // MARK: Items

    private func take(_ item: FeedItem, _ run: inout Run) throws {
        switch item {
        case .passed: break
        case .passedRanked(let stamp, let rank):
            try order(stamp, rank, &run)
        case .grow(let compartment, let isFresh):
            let root = try replica.tables.makeRoot(compartment).root
            guard !held.contains(root) else { return }
            // To a hub that was put back it may be new, although it was held before.
            let wasLoaded = try isNoted(root, in: "_reloaded")
            let wasDropped = try isNoted(root, in: "_dropped")
            let wasHere =
                try wasLoaded || leaving.contains(root)
                || replica.snapshots.sum(of: root) != ContentSum()
            try hold(root, at: run.position)
            if isFresh && !wasLoaded && !wasDropped { return }
            if wasHere { try loadAnew([root], .own) } else { try beginJoin(.own, root) }
        case .shrink(let compartment):
            #if PLANTED
                if Planted.is(.leaveIgnored) { return }
            #endif
            if let root = try replica.tables.root(compartment) { try release(root) }
        case .retaken(let origin, let sequence): try takeRetaken(origin, sequence)
        case .frame(let frame, let previous, let rank):
            let origin = frame.header.origin
            let before = run.chain[origin]
            guard
                let hash = previous
                    ?? (before.map { $0.sequence + 1 } == frame.header.sequence
                        ? before?.hash : nil)
            else { throw Malformed.invalid("chain of an origin") }
            let own = frame.hash(after: hash)
            run.chain[origin] = (frame.header.sequence, own)
            try order(frame.header.stamp, rank, &run)
            if origin.node == node {
                let known = run.hubHas[origin] ?? 0
                run.hubHas[origin] = max(known, frame.header.sequence)
                try takeOwn(frame, hash: own, previous: hash)
            } else {
                try takeForeign(frame, hash: own, previous: hash, &run)
            }
        }
    }

    private func isNoted(_ root: RootReference, in table: String) throws -> Bool {
        try replica.store.count(
            "SELECT count(*) FROM \(table) WHERE root = ?", [.integer(root.rawValue)]) > 0
    }

    /// Takes the hub's order for a stamp, or its absence.
    private func order(_ stamp: Stamp, _ rank: HLC?, _ run: inout Run) throws {
        #if PLANTED
            if Planted.is(.rankIgnored) { return }
            if Planted.is(.futureClockAdopted) { run.latest = max(run.latest, stamp.hlc) }
        #endif
        try replica.setRank(stamp, rank, epoch: run.epoch)
        // No clock adopts a stamp that ran too far ahead, only its rank.
        run.latest = max(run.latest, rank ?? stamp.hlc)
        guard let rank, stamp.origin.node == node, stamp.origin.incarnation == incarnation else {
            return
        }
        var resumed = max(floor, rank, HLC(milliseconds: time.highWaterMark))
        for origin in ownOrigins {
            let acknowledged = replica.head(origin)!.acknowledged
            resumed = max(resumed, try replica.latestUnranked(origin, upTo: acknowledged))
        }
        try startIncarnation(hlc: resumed)
    }

    /// A frame that a former life of this replica wrote, which it lacks since it was restored.
    private func takeOwn(_ frame: Frame, hash: FrameHash, previous: FrameHash) throws {
        let origin = frame.header.origin
        let head = replica.head(origin)?.sequence ?? 0
        if frame.header.sequence <= head {
            guard try replica.log.hash(origin, frame.header.sequence) == hash else {
                #if PLANTED
                    if Planted.is(.forkTakenForAgreement) { return }
                #endif
                throw ForkFound(origin: origin, sequence: frame.header.sequence)
            }
            return
        }
        guard frame.header.sequence == head + 1 else {
            throw Malformed.invalid("gap in the own log")
        }
        _ = try replica.append(frame)
        try replica.setAcknowledged(
            origin, frame.header.sequence, backedUp: replica.head(origin)!.backedUp)
        guard frame.isReadable else { return try park(frame, after: previous, Clinic.newer) }
        try replica.apply(frame) { _, compartment in
            // A compartment of which nothing is here yet may be held all the same, by a feed that
            // carries all of its kind.
            let root = try replica.tables.root(compartment)
            guard let feed = feed(of: compartment, root) else { return false }
            let joins = joins(of: root, by: feed)
            if joins.isEmpty { return true }
            guard let chunk = try chunk(of: root, joins) else { return false }
            return frame.header.sequence > chunk.heads[origin]?.sequence ?? 0
        }
    }

    private func takeForeign(
        _ frame: Frame, hash: FrameHash, previous: FrameHash, _ run: inout Run
    ) throws {
        let entry = try replica.log.entry(frame.header.origin, frame.header.sequence)
        if let entry, entry.hash != hash { throw Malformed.invalid("two frames of one sequence") }
        var taken: Set<Int> = []
        do {
            try frame.forEachChangeSet { index, reader in
                if case .present = entry?.frame.parts[index] { return }
                if try takes(reader.compartment, run) { taken.insert(index) }
            }
        } catch Malformed.unknownVersion {
            try park(frame, after: previous, Clinic.newer)
            return
        }
        guard !taken.isEmpty else { return }
        guard run.isCareful else {
            try take(frame, taken, entry, hash: hash, previous: previous)
            run.received += taken.count
            return
        }
        let before = (feeds, leaving)
        do {
            try replica.savepoint {
                try take(frame, taken, entry, hash: hash, previous: previous)
            }
            run.received += taken.count
        } catch is Malformed {
            (feeds, leaving) = before
            try park(
                frame, after: previous, "it is not what this version's schema allows: report it")
        }
    }

    /// Whether what the feed brings of a compartment is to be applied, or is part of a state that
    /// is here or still comes.
    private func takes(_ compartment: Compartment, _ run: Run) throws -> Bool {
        let root = try replica.tables.root(compartment)
        guard feed(of: compartment, root) == run.feed else { return false }
        let joins = joins(of: root, by: run.feed)
        if joins.isEmpty { return true }
        guard let chunk = try chunk(of: root, joins) else { return false }
        #if PLANTED
            if Planted.is(.feedSkippedWhileLoading) { return false }
        #endif
        return run.position > chunk.position
    }

    private static let newer = "a newer version wrote it: it is read after the upgrade"

    /// Takes the change sets of a frame that are named, into the log and the record.
    private func take(
        _ frame: Frame, _ takes: Set<Int>, _ entry: FrameLog.Entry?, hash: FrameHash,
        previous: FrameHash
    ) throws {
        let kept = frame.withholding { takes.contains($0) }
        if let entry {
            try replica.complete(entry, with: kept)
        } else {
            try replica.append(kept, hash: hash, previous: previous)
        }
        try replica.apply(frame) { index, _ in takes.contains(index) }
    }

    // MARK: Comparing

    /// Compares sums where the clinic and the hub stand at a common moment: nothing is pending,
    /// nothing is being loaded, and the answer knows of all that is here of the clinic's own. One
    /// that was made before a push came in, over the other connection, does not.
    private func compare(_ slice: ExchangeAnswer.Slice, _ hubHas: [Origin: UInt64]) {
        guard let sum = slice.sum, !hasPending, forks.isEmpty, cuts.isEmpty,
            !joins.contains(where: { $0.feed == slice.feed }),
            ownOrigins.allSatisfy({ hubHas[$0] == replica.head($0)!.sequence })
        else { return }
        let comparison = Comparison(
            cursor: slice.to, ours: feeds[slice.feed]!.sum.half, hub: sum.half)
        comparisons[slice.feed] = comparison
        if comparison.isEqual { unequal.remove(slice.feed) } else { unequal.insert(slice.feed) }
    }

    /// Adds up anew what is held by a feed.
    func recount(_ feed: FeedKind) throws {
        feeds[feed]!.sum = try contentSum(feed)
        feeds[feed]!.isDirty = true
    }

    /// The sum of all that is held by a feed, from the stamps in the rows.
    func contentSum(_ feed: FeedKind) throws -> ContentSum {
        var sum = ContentSum()
        for kind in Compartment.Kind.allCases {
            var after: RootReference?
            while true {
                let roots = try replica.tables.roots(of: kind, after: after, limit: 1000)
                for root in roots where self.feed(of: root) == feed {
                    sum += try replica.snapshots.sum(of: root)
                }
                guard let last = roots.last else { break }
                after = last
            }
        }
        return sum
    }
}
