import Causality
import Records
import Replica

/// Loads a span as state, chunk by chunk. A chunk replaces all that is here of its compartments;
/// then what the hub did not have of this clinic's own is applied again.
extension Clinic {
    /// The next chunk to ask for: compartments of their own before whole feeds.
    package func chunkRequest(limit: Int) throws -> ChunkRequest? {
        guard
            let join = joins.filter({ !$0.isFull }).min(by: {
                ($0.root == nil ? 1 : 0, $0.id) < ($1.root == nil ? 1 : 0, $1.id)
            })
        else { return nil }
        var span = Span.all(join.feed)
        if let root = join.root {
            guard
                let compartment = try replica.store.reading({ try replica.tables.compartment(root) }
                )
            else { return nil }
            span = .compartment(compartment)
        }
        guard let known = newestPlace(join.feed) else { return nil }
        return ChunkRequest(
            feed: join.feed, span: span, after: join.last, limit: UInt64(limit), known: known)
    }

    /// Takes a chunk in, whole or not at all. A chunk that no longer fits what the clinic asks for
    /// is passed over.
    package func apply(_ bytes: [UInt8], to request: ChunkRequest) throws {
        let parts = try MessageParts(sealed: bytes)
        do {
            try takeChunk(parts, request)
        } catch let found as ForkFound {
            addFork(found.origin, different: found.sequence)
        }
    }

    private func takeChunk(_ parts: MessageParts, _ request: ChunkRequest) throws {
        try replica.transaction {
            try parts.plain.withUnsafeBytes { plain in
                try parts.raw.withUnsafeBytes { raw in
                    var reader = MessageReader(plain: ByteReader(plain), raw: ByteReader(raw))
                    guard try reader.plain.byte() == ChunkHead.kind else {
                        throw Malformed.invalid("kind of an answer")
                    }
                    let head = try ChunkHead(&reader)
                    try take(head, request, &reader)
                }
            }
            try saveFeeds()
        }
    }

    private func take(
        _ head: ChunkHead, _ request: ChunkRequest, _ reader: inout MessageReader
    ) throws {
        guard head.feed == request.feed, head.span == request.span, head.after == request.after
        else { throw Malformed.invalid("place of a chunk") }
        guard isCurrent(request) else { return }
        guard head.isHeld else { return }
        if head.mustReload { return try loadAnewWhatWasLoaded(head.feed) }
        guard head.cursor.position >= request.known.position else {
            throw Malformed.invalid("cursor of a chunk")
        }
        guard let index = try index(of: head), try agrees(with: head.heads) else { return }
        let join = joins[index]
        try replica.store.run(
            "INSERT INTO _chunk (joining, pos, hash, heads) VALUES (?, ?, ?, ?)",
            [
                .integer(join.id), .unsigned(head.cursor.position), .unsigned(head.cursor.hash),
                .bytes(encoded(head.heads)),
            ])
        let chunk = try replica.store.count("SELECT max(id) FROM _chunk")
        try countLoad()
        for (stamp, rank) in head.ranks.sorted(by: { $0.key < $1.key }) {
            try replica.setRank(stamp, rank, epoch: head.epoch)
        }
        var loaded: Set<Compartment> = []
        let latest = try replica.snapshots.replace(from: &reader, orders: head.ranks) {
            compartment, root, before, after in
            loaded.insert(compartment)
            try replica.store.run(
                "INSERT OR REPLACE INTO _loaded VALUES (?, ?)",
                [.integer(root.rawValue), .integer(chunk)])
            // By now another feed may hold it than the one that is loaded.
            guard let feed = feed(of: root) else { return }
            feeds[feed]!.sum -= before
            feeds[feed]!.sum += after
            feeds[feed]!.isDirty = true
        }
        try reader.plain.finish()
        try reader.raw.finish()
        if head.reachedEnd { try dropUnnamed(join, loaded) }
        try adopt(latest)
        try applyAgain(loaded, beyond: head.heads)
        // By records of its own affairs a clinic asks to hold patients, or to leave them.
        if loaded.contains(.clinic(node)) { try leaveUnwanted() }
        joins[index].last = head.last
        joins[index].isFull = head.reachedEnd
        joins[index].newest = head.cursor
        try replica.store.run(
            "UPDATE _join SET last = ?, isFull = ? WHERE id = ?",
            [
                .unsigned(head.last), .integer(head.reachedEnd ? 1 : 0), .integer(join.id),
            ])
        try finishJoins(head.feed)
    }

    /// Whether what was asked is what the clinic would ask now. A chunk that was read before what
    /// the clinic has passed since would take changes back; and only of the place that was named is
    /// it known that the chunk was read later in the same history of the feed.
    private func isCurrent(_ request: ChunkRequest) -> Bool {
        return request.known == newestPlace(request.feed)
    }

    /// The hub was put back after some of a feed was loaded. Where nothing was, it is the cursor
    /// that doesn't fit: the next answer goes back with it.
    private func loadAnewWhatWasLoaded(_ feed: FeedKind) throws {
        guard loadedUpTo(feed) != nil else { return }
        try loadAnew(joins.filter { $0.feed == feed }.map(\.root), feed)
    }

    private func index(of head: ChunkHead) throws -> Int? {
        var root: RootReference?
        if case .compartment(let compartment) = head.span {
            root = try replica.tables.root(compartment)
            if root == nil { return nil }
        }
        return joins.firstIndex {
            $0.feed == head.feed && $0.root == root && !$0.isFull && $0.last == head.after
        }
    }

    /// Whether this replica has all that the hub had of its own logs, frame by frame: only then is
    /// it known which of its own writes the state holds. A fork found here is probed first; what a
    /// former life wrote comes by the own feed first.
    private func agrees(with heads: [Origin: LogHead]) throws -> Bool {
        for (origin, head) in heads.sorted(by: { $0.key < $1.key }) {
            guard let mine = try replica.log.hash(origin, head.sequence) else { return false }
            guard mine.prefix == head.hash else {
                throw ForkFound(origin: origin, sequence: head.sequence)
            }
        }
        return true
    }

    private func encoded(_ heads: [Origin: LogHead]) -> [UInt8] {
        var out = ByteWriter()
        out.heads(heads)
        return out.bytes
    }

    /// A span has been loaded to its end: what is held of it and was in none of its chunks is not
    /// in the hub's record, but for what this clinic has yet to send.
    private func dropUnnamed(_ join: Join, _ last: Set<Compartment>) throws {
        var unnamed: Set<Compartment> = []
        func drop(_ root: RootReference) throws {
            guard feed(of: root) == join.feed,
                let compartment = try replica.tables.compartment(root),
                try loaded(root, join) == nil
            else { return }
            let before = try replica.snapshots.sum(of: root)
            try replica.snapshots.drop(root)
            feeds[join.feed]!.sum -= before
            feeds[join.feed]!.isDirty = true
            unnamed.insert(compartment)
        }
        if let root = join.root {
            try drop(root)
        } else {
            let kind: Compartment.Kind = join.feed == .reference ? .reference : .patient
            var after: RootReference?
            while let root = try replica.tables.roots(of: kind, after: after, limit: 1).first {
                after = root
                try drop(root)
            }
        }
        try applyAgain(unnamed, beyond: [:])
    }

    /// Applies again what this clinic wrote into compartments and the hub did not have.
    private func applyAgain(
        _ compartments: Set<Compartment>, beyond heads: [Origin: LogHead]
    ) throws {
        guard !compartments.isEmpty else { return }
        #if PLANTED
            if Planted.is(.joinForgetsOwn) { return }
        #endif
        for origin in ownOrigins {
            try replica.log.forEach(origin, after: heads[origin]?.sequence ?? 0) { entry in
                guard try !letters.contains(origin, entry.frame.header.sequence) else {
                    return true
                }
                try replica.apply(entry.frame) { _, compartment in
                    compartments.contains(compartment)
                }
                return true
            }
        }
    }

    /// The newest chunk by which a compartment was loaded, while a span that covers it is not whole
    /// yet: by itself, with all of its feed, or both at once.
    ///
    /// - Parameter root: `nil` where nothing is here of the compartment.
    /// - Returns: `nil` while a join that covers it has yet to load it, and so replaces what is here.
    func chunk(
        of root: RootReference?, _ joins: [Join]
    ) throws -> (position: UInt64, heads: [Origin: LogHead])? {
        var newest: (position: UInt64, heads: [Origin: LogHead])?
        for join in joins {
            guard let chunk = try chunk(of: root, join) else { return nil }
            if chunk.position >= newest?.position ?? 0 { newest = chunk }
        }
        return newest
    }

    private func chunk(
        of root: RootReference?, _ join: Join
    ) throws -> (position: UInt64, heads: [Origin: LogHead])? {
        let found = try root.flatMap { try loaded($0, join) }
        guard let (position, bytes) = found else {
            // The end was reached without it: it came to be after the last chunk was read.
            guard join.isFull, let newest = join.newest else { return nil }
            return (newest.position, [:])
        }
        let heads = try bytes.withUnsafeBytes { raw in
            var reader = ByteReader(raw)
            return try reader.heads()
        }
        return (position, heads)
    }

    private func loaded(
        _ root: RootReference, _ join: Join
    ) throws -> (position: UInt64, heads: [UInt8])? {
        try replica.store.row(
            """
            SELECT pos, heads FROM _loaded JOIN _chunk ON _chunk.id = _loaded.chunk \
            WHERE root = ? AND joining = ? ORDER BY _chunk.id DESC LIMIT 1
            """,
            [.integer(root.rawValue), .integer(join.id)]
        ) { ($0.unsigned(0), $0.bytes(1)) }
    }
}
