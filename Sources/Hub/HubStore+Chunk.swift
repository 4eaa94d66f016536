import Causality
import Records
import Replica
import Sync

/// State for those who are new to it, and sums for those who doubt it.
extension HubStore {
    /// The state of a span, from where the last chunk ended. No lock is held between chunks.
    func chunk(_ request: ChunkRequest, _ clinic: RegisteredClinic) throws -> [UInt8] {
        let name = name(request.feed, clinic.node)
        guard let feed = feeds[name] else { throw HubRefusal.notHeld }
        var out = MessageWriter()
        let isHeld = try mayRead(request, clinic)
        guard try isHeld && fits(request.known, in: name) else {
            var head = ChunkHead(
                feed: request.feed, span: request.span, after: request.after,
                last: request.after, reachedEnd: false, cursor: feed.cursor, heads: [:],
                ranks: [:], epoch: epoch)
            (head.isHeld, head.mustReload) = (isHeld, isHeld)
            head.write(to: &out)
            return out.sealed()
        }
        var last = request.after
        var reachedEnd = false
        var snapshot = MessageWriter()
        switch request.span {
        case .compartment(let compartment):
            var roots = try node.tables.root(compartment).map { [$0] } ?? []
            _ = try node.snapshots.write(to: &snapshot, limit: .max) { roots.popLast() }
            reachedEnd = true
        case .all(let kind):
            var batch: [RootReference] = []
            var after = last == 0 ? nil : RootReference(rawValue: Int64(last))
            let limit = Int(min(request.limit, UInt64(chunkBytes)))
            let end = try node.snapshots.write(to: &snapshot, limit: limit) {
                if batch.isEmpty {
                    batch = try node.tables.roots(
                        of: kind == .reference ? .reference : .patient, after: after, limit: 256
                    ).reversed()
                    after = batch.first
                }
                return batch.popLast()
            }
            if let root = end.last { last = UInt64(root.rawValue) }
            reachedEnd = end.reachedEnd
        }
        var heads: [Origin: LogHead] = [:]
        for origin in node.origins(of: clinic.node) {
            let mine = node.head(origin)!
            heads[origin] = LogHead(sequence: mine.sequence, hash: mine.hash.prefix)
        }
        let head = ChunkHead(
            feed: request.feed, span: request.span, after: request.after, last: last,
            reachedEnd: reachedEnd, cursor: feed.cursor, heads: heads, ranks: node.ranks.all,
            epoch: epoch)
        head.write(to: &out)
        out.append(snapshot)
        return out.sealed()
    }

    private func mayRead(_ request: ChunkRequest, _ clinic: RegisteredClinic) throws -> Bool {
        switch request.span {
        case .all(let kind):
            return kind == request.feed
                && (kind == .reference || kind == .district && readsDistrict(clinic))
        case .compartment(let compartment):
            switch compartment.kind {
            case .reference: return request.feed == .reference
            case .clinic: return request.feed == .own && compartment == .clinic(clinic.node)
            case .patient:
                if request.feed == .district { return readsDistrict(clinic) }
                guard let root = try node.tables.root(compartment) else { return false }
                return try request.feed == .own && isHeld(root, by: clinic.node)
            }
        }
    }

    /// How many of a clinic's frames, from the first on, are here alike.
    func probe(_ request: ProbeRequest, _ clinic: NodeID) throws -> [UInt8] {
        let origin = Origin(node: clinic, incarnation: request.incarnation, lane: request.lane)
        var alike = 0
        for sample in request.samples {
            guard let hash = try node.log.hash(origin, sample.sequence), hash.prefix == sample.hash
            else { break }
            alike += 1
        }
        return ProbeAnswer(alike: alike).encoded()
    }

    /// The feed of which a clinic may be told sums.
    ///
    /// - Throws: ``HubRefusal``.
    package func feed(of request: SumsRequest, for clinic: NodeID) throws -> FeedName {
        let registered = try admitted(clinic)
        let name = name(request.feed, clinic)
        guard request.feed != .district || readsDistrict(registered), feeds[name] != nil
        else { throw HubRefusal.notHeld }
        return name
    }
}
