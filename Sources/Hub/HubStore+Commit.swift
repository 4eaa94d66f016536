import Causality
import Records
import Replica
import Sync

/// What a push came to, for one origin: how far the hub and the clinic are known to agree.
struct Verified {
    var sequence: UInt64
    var isParted = false
}

extension HubStore {
    /// Takes the frames of a push, in the current transaction. Of each origin they must follow the
    /// hub's head by sequence and hash: a gap, a fork or a rewrite stops that origin, and the
    /// answer's heads say so.
    func push(
        _ request: ExchangeRequest, from clinic: NodeID, at now: UInt64
    ) throws -> (verified: [Origin: Verified], refusals: [(Origin, UInt64, RefusalReason)]) {
        var verified: [Origin: Verified] = [:]
        for head in request.heads {
            let origin = Origin(node: clinic, incarnation: head.incarnation, lane: head.lane)
            let mine = node.head(origin)?.sequence ?? 0
            if let base = head.base, base.sequence <= mine,
                try (node.log.hash(origin, base.sequence)?.prefix ?? 0) == base.hash
            {
                verified[origin] = Verified(sequence: base.sequence)
            }
            if head.sequence <= mine,
                try (node.log.hash(origin, head.sequence)?.prefix ?? 0) == head.hash
            {
                verified[origin] = Verified(sequence: head.sequence)
            }
        }
        var refusals: [(Origin, UInt64, RefusalReason)] = []
        for frame in request.frames {
            let origin = frame.header.origin
            guard origin.node == clinic else { throw HubRefusal.wrongOrigin }
            #if PLANTED
                if Planted.is(.gapAccepted), verified[origin] == nil {
                    verified[origin] = Verified(sequence: 0)
                }
            #endif
            guard let known = verified[origin], !known.isParted else { continue }
            let mine = node.head(origin)?.sequence ?? 0
            let sequence = frame.header.sequence
            #if PLANTED
                if Planted.is(.gapAccepted), sequence > mine + 1 {
                    _ = try commit(frame, at: now)
                    continue
                }
            #endif
            if sequence <= mine {
                let isAlike = try isAlike(frame, origin)
                #if PLANTED
                    if Planted.is(.appliedTwice), isAlike { try node.apply(frame) }
                #endif
                verified[origin] = Verified(
                    sequence: isAlike ? max(sequence, known.sequence) : known.sequence,
                    isParted: !isAlike)
            } else if sequence == mine + 1, frame.isWhole {
                if let reason = try commit(frame, at: now) {
                    refusals.append((origin, sequence, reason))
                }
                verified[origin] = Verified(sequence: sequence)
            } else {
                verified[origin]!.isParted = true
            }
        }
        return (verified, refusals)
    }

    private func isAlike(_ frame: Frame, _ origin: Origin) throws -> Bool {
        let sequence = frame.header.sequence
        guard let before = try node.log.hash(origin, sequence - 1) else { return false }
        return try node.log.hash(origin, sequence) == frame.hash(after: before)
    }

    /// Commits one frame: log, record, ranks, feeds and scope. A frame that can't be taken into the
    /// record is kept as a letter, and its place in the chain is taken.
    ///
    /// - Returns: why it was refused, if it was.
    private func commit(_ frame: Frame, at now: UInt64) throws -> RefusalReason? {
        feeds.beginStep()
        defer { feeds.endStep() }
        do {
            try node.savepoint {
                try checkScope(frame)
                try rank(frame, at: now)
                let (position, hash) = try node.append(frame)
                try distribute(frame, try applied(frame), position: position, hash: hash)
            }
            return nil
        } catch let error as Malformed {
            feeds.undoStep()
            if case .unknownVersion = error {
                try keep(frame, .parked, "a newer version wrote it: upgrade the hub", now)
                return nil
            }
            try keep(frame, .refused, RefusalReason.malformed.description, now)
            return .malformed
        } catch HubRefusal.wrongScope {
            #if PLANTED
                if Planted.is(.refusalBlocks) { return .wrongScope }
            #endif
            feeds.undoStep()
            try keep(frame, .refused, RefusalReason.wrongScope.description, now)
            return .wrongScope
        }
    }

    /// Keeps a frame that is not applied: in the log, so that its origin's chain goes on, and as a
    /// letter with its reason.
    private func keep(
        _ frame: Frame, _ kind: Letter.Kind, _ reason: String, _ now: UInt64
    ) throws {
        // Withheld from the log, a refused frame can't be taken for a part of the record.
        let (position, hash) = try node.append(frame.withholding { _ in false })
        try letters.add(
            kind, frame.header.origin, frame.header.sequence, reason: reason, since: now,
            bytes: frame.bytes)
        let own = FeedName(.own, frame.header.origin.node)
        let entry = FeedEntry(kind: .frame, log: position, frameHash: hash)
        try extend(own, entry, nonce: random.next())
    }

    func checkScope(_ frame: Frame) throws {
        let own = Compartment.clinic(frame.header.origin.node)
        try frame.forEachChangeSet { _, reader in
            if reader.compartment.kind == .clinic, reader.compartment != own {
                throw HubRefusal.wrongScope
            }
        }
    }

    func applied(_ frame: Frame) throws -> [AppliedSet] {
        appliedNow.removeAll(keepingCapacity: true)
        var indices: [Int] = []
        try node.apply(frame) { index, _ in
            indices.append(index)
            return true
        }
        for (offset, index) in indices.enumerated() { appliedNow[offset].index = index }
        return appliedNow
    }

    /// Ranks a stamp that is too far ahead: it keeps its name and counts as a reading of now, or
    /// as what it replaces if that counts for more. Else takes back what a former life ordered.
    func rank(_ frame: Frame, at now: UInt64) throws {
        let stamp = frame.header.stamp
        guard stamp.hlc.milliseconds > now + bound else {
            if !node.ranks.isEmpty { try node.setRank(stamp, nil, epoch: epoch) }
            return
        }
        var rank = HLC(milliseconds: now)
        try frame.forEachChangeSet { _, reader in
            while try reader.next() {
                for index in 0..<reader.mask.nonzeroBitCount {
                    for replaced in reader.replaced(byUnitAt: index).map({ reader.stamp($0) }) {
                        let counts = node.ranks.rank(replaced)
                        if counts.milliseconds <= now + bound { rank = max(rank, counts) }
                    }
                }
            }
        }
        try node.setRank(stamp, rank, epoch: epoch)
    }

    // MARK: Feeds and scope

    /// Writes a committed frame into the feeds of those who hold what it wrote, and the changes of
    /// scope that follow from it.
    ///
    /// - Parameter again: whether it has its place in its author's feed already, as one that was
    ///   put aside. Its author is told that it has been taken.
    func distribute(
        _ frame: Frame, _ sets: [AppliedSet], position: Int64, hash: FrameHash, again: Bool = false
    ) throws {
        let author = frame.header.origin.node
        let nonce = random.next() as UInt64
        var parts: [FeedName: [Int]] = [:]
        let changes = try scopeChanges(sets)
        for (name, compartment) in changes.fresh {
            try extend(name, FeedEntry(kind: .growFresh, compartment: compartment), nonce: nonce)
        }
        for set in sets {
            for name in try readers(of: set, author: author) {
                parts[name, default: []].append(set.index)
                feeds[name]!.sum += set.applied.delta
                feeds[name]!.isDirty = true
            }
        }
        // The author's own feed has a place for each of its frames, whatever it holds.
        let own = FeedName(.own, author)
        parts[own] = Array(frame.parts.indices)
        #if PLANTED
            if Planted.is(.ownNotInOwnFeed) { parts[own] = nil }
        #endif
        for (name, indices) in parts.sorted(by: { $0.key < $1.key }) {
            var encoded: [UInt8]?
            if indices.count < frame.parts.count {
                var out = ByteWriter()
                for index in indices { out.varint(index) }
                encoded = out.bytes
            }
            let kind: FeedEntry.Kind = again && name == own ? .retaken : .frame
            let entry = FeedEntry(kind: kind, log: position, frameHash: hash, parts: encoded)
            try extend(name, entry, nonce: nonce)
        }
        try change(changes, nonce: nonce)
    }

    /// The feeds that carry a change set: shared ones, and those of the clinics that hold it.
    private func readers(of set: AppliedSet, author: NodeID) throws -> [FeedName] {
        switch set.compartment.kind {
        case .reference: return [FeedName(.reference)]
        case .clinic: return [FeedName(.own, author)]
        case .patient:
            var names: [FeedName] = []
            if feeds[FeedName(.district)] != nil { names.append(FeedName(.district)) }
            if hasHolders {
                names += try holders(of: set.applied.root).map { FeedName(.own, $0) }
            }
            #if PLANTED
                if Planted.is(.holderSkipped), names.count > 2 { names.remove(at: 2) }
            #endif
            return names
        }
    }
}

/// Why the hub does not take a request at all.
package enum HubRefusal: Error, Equatable, Sendable {
    /// A frame under another node's name.
    case wrongOrigin
    /// A change set in another clinic's own affairs.
    case wrongScope
    /// A span or a feed that this clinic does not hold.
    case notHeld
    case unknownClinic
    case revoked
    case unknownCode
    case usedCode
    case expiredCode
    case nameTaken
    case badName
}
