import Causality
import Records
import Replica
import Sync

/// What the hub made of a request.
package enum HubAnswer: Sendable {
    /// The answer's bytes, and the feeds that have news since.
    case answer([UInt8], woken: Set<FeedName>)
    /// There is nothing to say yet, and the clinic would wait that many seconds for it.
    case nothingNew(feeds: Set<FeedName>, wait: UInt64)
}

extension HubStore {
    /// Entries of one slice at the most.
    static let entriesPerSlice: UInt64 = 20_000

    /// Answers one request of a clinic that its certificate has proved to be itself.
    ///
    /// - Parameters:
    ///   - mayWait: whether an exchange without news is to wait for some.
    ///   - waited: milliseconds that it has waited, since the clinic read its clock.
    /// - Throws: ``HubRefusal``, ``Malformed``, ``StorageFailure``; nothing was committed then.
    package func answer(
        _ bytes: [UInt8], from clinic: NodeID, at now: ClockReading, mayWait: Bool,
        waited: UInt64 = 0
    ) throws -> HubAnswer {
        // Who may not ask is told nothing of what is wrong with the question.
        _ = try admitted(clinic)
        return try answer(
            HubRequest(bytes, from: clinic), from: clinic, at: now, mayWait: mayWait, waited: waited
        )
    }

    /// A clinic that may ask.
    ///
    /// - Throws: ``HubRefusal``.
    func admitted(_ clinic: NodeID) throws -> RegisteredClinic {
        guard let registered = clinics[clinic] else { throw HubRefusal.unknownClinic }
        if registered.isRevoked { throw HubRefusal.revoked }
        return registered
    }

    /// The same for a request that has been read.
    package func answer(
        _ request: HubRequest, from clinic: NodeID, at now: ClockReading, mayWait: Bool,
        waited: UInt64 = 0
    ) throws -> HubAnswer {
        let registered = try admitted(clinic)
        switch request {
        case .exchange(let request):
            return try exchange(request, registered, now, mayWait: mayWait, waited: waited)
        case .chunk(let request):
            return .answer(try node.store.reading { try chunk(request, registered) }, woken: [])
        case .probe(let request):
            return .answer(try node.store.reading { try probe(request, clinic) }, woken: [])
        case .sums(let request):
            let feed = try feed(of: request, for: clinic)
            let cursor = feeds[feed]!.cursor
            return .answer(
                try node.store.reading { try node.sums(request, of: feed, at: cursor) }, woken: [])
        }
    }

    private func exchange(
        _ request: ExchangeRequest, _ clinic: RegisteredClinic, _ now: ClockReading, mayWait: Bool,
        waited: UInt64
    ) throws -> HubAnswer {
        feeds.mark()
        // What a clock says is a claim like any other: differences are counted with it.
        let wall = min(request.wall, HLC.largestMilliseconds) &+ waited
        let isNews = isNews(request.wasEqual, of: clinic)
        func note() throws {
            try noteSeen(clinic.node, wall: wall, at: reading(now).now)
            if isNews { try noteComparison(request.wasEqual, of: clinic.node) }
        }
        let answer: ExchangeAnswer
        if request.frames.isEmpty {
            answer = try node.store.reading { try self.answer(request, clinic, now) }
            try node.transactionIfNeeded(isNews || seenIsStale(wall, clinic, now), note)
        } else {
            // One sync of the disk for all of it.
            answer = try node.transaction {
                try advanceClock(now)
                let answer = try self.answer(request, clinic, now)
                try note()
                return answer
            }
        }
        noteRead(answer.slices, by: clinic.node)
        let woken = feeds.grown
        if mayWait, request.wait > 0, request.frames.isEmpty, answer.held.isEmpty,
            answer.epoch == request.epoch, answer.slices.allSatisfy({ $0.from == $0.to }),
            request.pulls.allSatisfy({ !$0.cursors.isEmpty })
        {
            let feeds = Set(answer.slices.map { name($0.feed, clinic.node) })
            return .nothingNew(feeds: feeds, wait: request.wait)
        }
        return .answer(answer.encoded(to: request), woken: woken)
    }

    /// Whether a clinic's comparison came out otherwise than the one that it told of before.
    private func isNews(_ wasEqual: Bool?, of clinic: RegisteredClinic) -> Bool {
        wasEqual != nil && wasEqual != clinic.digestEqual
    }

    private func seenIsStale(
        _ wall: UInt64, _ clinic: RegisteredClinic, _ now: ClockReading
    ) -> Bool {
        let time = reading(now).now
        let offset = Int64(bitPattern: time &- wall)
        return time >= clinic.lastSeen + 60_000
            || abs((clinic.clockOffset ?? .max / 2) - offset) >= 1000
    }

    func name(_ feed: FeedKind, _ clinic: NodeID) -> FeedName {
        feed == .own ? FeedName(.own, clinic) : FeedName(feed)
    }

    private func answer(
        _ request: ExchangeRequest, _ clinic: RegisteredClinic, _ now: ClockReading
    ) throws -> ExchangeAnswer {
        let (milliseconds, quality) = reading(now)
        let (verified, refused) = try push(request, from: clinic.node, at: milliseconds)
        var answer = ExchangeAnswer(
            time: quality == .disbelieved ? 0 : milliseconds, epoch: epoch)
        for (index, head) in request.heads.enumerated() {
            let origin = Origin(node: clinic.node, incarnation: head.incarnation, lane: head.lane)
            #if PLANTED
                let last = request.frames.last { $0.header.origin == origin }
                let isHighest = last?.header.sequence == head.sequence
                if Planted.is(.highestAcknowledged), isHighest, refused.isEmpty { continue }
            #endif
            if let held = try held(origin, head, index) { answer.held.append(held) }
            for (refusedOrigin, sequence, reason) in refused where refusedOrigin == origin {
                answer.refusals.append(
                    ExchangeAnswer.Refusal(index: index, sequence: sequence, reason: reason))
            }
            try remind(&answer, origin, head, index)
        }
        var room = Int(min(request.limit, UInt64(sliceBytes)))
        var ownIsRead = true
        for pull in request.pulls.sorted(by: { $0.feed < $1.feed }) {
            guard pull.feed != .district || readsDistrict(clinic) else { continue }
            // Nor does a clinic begin with the district's feed before it knows that it holds nothing
            // by its own any more.
            guard ownIsRead || pull.feed != .district || !pull.cursors.isEmpty else { continue }
            // What a clinic's former lives wrote comes by its own feed; only when that is read to
            // its end do shared feeds go on, so that they may take it to be there.
            var slice = try slice(pull, clinic.node, verified, &room, reads: ownIsRead)
            if pull.feed == .own {
                ownIsRead = slice.behind == 0 && slice.from != nil
                slice.offersDistrict =
                    readsDistrict(clinic) && !request.pulls.contains { $0.feed == .district }
            }
            answer.slices.append(slice)
        }
        try saveFeeds()
        return answer
    }

    /// Says again what was refused and the clinic doesn't know of: the answer that said it first
    /// may have been lost, and then the frame isn't brought again, since the log has its place.
    private func remind(
        _ answer: inout ExchangeAnswer, _ origin: Origin, _ head: ExchangeRequest.Head, _ index: Int
    ) throws {
        let shared = head.base?.sequence ?? head.sequence
        guard let mine = node.head(origin), mine.sequence > shared else { return }
        for (sequence, text) in try letters.refused(origin, after: shared) {
            let isSaid = answer.refusals.contains { $0.index == index && $0.sequence == sequence }
            if isSaid { continue }
            let reason = RefusalReason.allCases.first { $0.description == text } ?? .malformed
            answer.refusals.append(
                ExchangeAnswer.Refusal(index: index, sequence: sequence, reason: reason))
        }
    }

    /// What the hub has of one of the clinic's logs; `nil` when it is just what the clinic said.
    private func held(
        _ origin: Origin, _ head: ExchangeRequest.Head, _ index: Int
    ) throws -> ExchangeAnswer.Held? {
        let mine = node.head(origin)
        let sequence = mine?.sequence ?? 0
        let hash = try node.log.hash(origin, head.sequence)?.prefix ?? 0
        let agrees = head.sequence <= sequence && hash == head.hash
        let backedUp = mine?.backedUp ?? 0
        #if PLANTED
            if Planted.is(.acknowledgedBeforeCommit), head.sequence > sequence { return nil }
            if Planted.is(.backedUpTooEarly) {
                return ExchangeAnswer.Held(
                    index: index, sequence: sequence, hash: mine?.hash.prefix ?? 0,
                    agreesAtHead: agrees, backedUp: sequence)
            }
        #endif
        if sequence == head.sequence, agrees, backedUp == head.backedUp { return nil }
        return ExchangeAnswer.Held(
            index: index, sequence: sequence, hash: mine?.hash.prefix ?? 0, agreesAtHead: agrees,
            backedUp: backedUp)
    }

    // MARK: Slices

    private func slice(
        _ pull: ExchangeRequest.Pull, _ clinic: NodeID, _ verified: [Origin: Verified],
        _ room: inout Int, reads: Bool
    ) throws -> ExchangeAnswer.Slice {
        let name = name(pull.feed, clinic)
        let head = feeds[name]!
        var slice = ExchangeAnswer.Slice(feed: pull.feed, from: nil, to: head.cursor)
        if let loading = pull.loading { slice.mustReload = try !fits(loading, in: name) }
        guard let newest = pull.cursors.first else {
            slice.from = head.cursor
            return slice
        }
        guard let from = try pull.cursors.first(where: { try fits($0, in: name) }) else {
            return slice
        }
        slice.from = from
        if from != newest, pull.feed == .own {
            slice.holds = try holds(at: from.position, of: head)
        }
        var reader = SliceReader(clinic: clinic, isOwn: pull.feed == .own, verified: verified)
        slice.to = from
        if reads { slice.to = try read(from, head, &reader, &room) }
        reader.flush()
        slice.items = reader.items
        slice.behind = head.position - slice.to.position
        let isKnown = pull.standsEqual && slice.from == newest && slice.to == newest
        if slice.behind == 0, !isKnown { slice.sum = head.sum }
        return slice
    }

    private func read(
        _ from: Cursor, _ head: FeedHead, _ reader: inout SliceReader, _ room: inout Int
    ) throws -> Cursor {
        guard from.position < head.position else { return from }
        let end = min(head.position, from.position + HubStore.entriesPerSlice)
        var to = from
        try node.store.forEachRow(
            """
            SELECT pos, kind, log, parts, body, hash FROM _entry \
            WHERE feed = ? AND pos > ? AND pos <= ? ORDER BY pos
            """,
            [.integer(head.id), .unsigned(from.position), .unsigned(end)]
        ) { row in
            let kind = FeedEntry.Kind(rawValue: row.integer(1))
            if kind == .begin {
                reader.pass()
            } else if kind == .frame {
                let parts = row.isNull(3) ? nil : row.bytes(3)
                room -= try reader.add(log: row.integer(2), parts: parts, node)
            } else if kind == .retaken {
                room -= try reader.add(retakenAt: row.integer(2), node)
            } else {
                let compartment = try HubStore.compartment(row.bytes(4))
                reader.add(
                    kind == .shrink
                        ? .shrink(compartment) : .grow(compartment, isFresh: kind == .growFresh))
                room -= 20
            }
            to = Cursor(position: row.unsigned(0), hash: FeedHead.prefix(row.bytes(5)))
            return room > 0
        }
        return to
    }
}

/// Turns the entries of a feed into the items of a slice.
private struct SliceReader {
    let clinic: NodeID
    let isOwn: Bool
    let verified: [Origin: Verified]
    private(set) var items: [FeedItem] = []
    private var passed: UInt64 = 0
    private var last: [Origin: UInt64] = [:]

    init(clinic: NodeID, isOwn: Bool, verified: [Origin: Verified]) {
        self.clinic = clinic
        self.isOwn = isOwn
        self.verified = verified
    }

    mutating func flush() {
        if passed > 0 { items.append(.passed(count: passed)) }
        passed = 0
    }

    /// A place that brings the reader nothing.
    mutating func pass() { passed += 1 }

    mutating func add(_ item: FeedItem) {
        flush()
        items.append(item)
    }

    /// Adds that a frame of the reader's own was taken after all. Returns about how many bytes that
    /// takes.
    mutating func add(retakenAt position: Int64, _ node: NodeStore) throws -> Int {
        guard let entry = try node.log.entry(at: position) else {
            throw StorageFailure(code: 11, message: "feed entry without its frame")
        }
        let header = entry.frame.header
        add(.retaken(header.origin, sequence: header.sequence))
        return 25
    }

    /// Adds a frame. Returns about how many bytes it takes.
    mutating func add(log position: Int64, parts: [UInt8]?, _ node: NodeStore) throws -> Int {
        guard let entry = try node.log.entry(at: position) else {
            throw StorageFailure(code: 11, message: "feed entry without its frame")
        }
        let header = entry.frame.header
        let rank = node.ranks.order(for: header.stamp)
        // What the clinic has itself is passed over; in shared feeds it always has it, by its own.
        if header.origin.node == clinic,
            !isOwn || header.sequence <= verified[header.origin]?.sequence ?? 0
        {
            guard let rank else {
                pass()
                return 0
            }
            add(.passedRanked(header.stamp, rank: rank))
            return 40
        }
        let frame: Frame
        #if PLANTED
            let parts = Planted.is(.scopeLeak) ? nil : parts
        #endif
        if let parts {
            let kept = try SliceReader.indices(parts)
            frame = entry.frame.withholding { kept.contains($0) }
        } else {
            frame = entry.frame
        }
        var previous: FrameHash?
        if last[header.origin].map({ $0 + 1 }) != header.sequence {
            previous = try node.log.hash(header.origin, header.sequence - 1)
        }
        last[header.origin] = header.sequence
        #if PLANTED
            if Planted.is(.rankNotForwarded) {
                add(.frame(frame, previous: previous, rank: nil))
                return frame.bytes.count
            }
        #endif
        add(.frame(frame, previous: previous, rank: rank))
        return frame.bytes.count
    }

    private static func indices(_ parts: [UInt8]) throws -> Set<Int> {
        try parts.withUnsafeBytes { raw in
            var reader = ByteReader(raw)
            var indices: Set<Int> = []
            while !reader.isAtEnd { indices.insert(Int(try reader.varint())) }
            return indices
        }
    }
}
