import Causality
import Records

/// Who writes here: the node's own life, and its clock.
package struct Authorship: Sendable {
    package var node: NodeID
    package var incarnation: Incarnation
    package var hlc: HLC
    /// Trusted time in milliseconds since 1970, and how far it is believed.
    package var now: UInt64
    package var quality: ClockQuality
    package var author: String
    package var purpose: String

    package init(
        node: NodeID, incarnation: Incarnation, hlc: HLC, now: UInt64, quality: ClockQuality,
        author: String = "", purpose: String = ""
    ) {
        self.node = node
        self.incarnation = incarnation
        self.hlc = hlc
        self.now = now
        self.quality = quality
        self.author = author
        self.purpose = purpose
    }
}

extension NodeStore {
    /// Gathers writes and commits them in the current transaction.
    ///
    /// - Returns: the stamp's clock reading, `nil` when nothing was written, and what `body` gave.
    package func write<T>(
        as author: Authorship, salts random: inout some RandomNumberGenerator,
        _ body: (LocalTransaction) throws -> T
    ) throws -> (HLC?, T) {
        let transaction = LocalTransaction(self)
        let result = try body(transaction)
        guard !transaction.isEmpty else { return (nil, result) }
        let hlc = try commit(transaction, as: author, salts: &random)
        return (hlc, result)
    }

    private func commit(
        _ transaction: LocalTransaction, as author: Authorship,
        salts random: inout some RandomNumberGenerator
    ) throws -> HLC {
        try check(author)
        var edits = transaction.takeEdits()
        guard var hlc = author.hlc.ticked(at: author.now) else { throw WriteRefusal.clockExhausted }
        let batches = Lane.allCases.compactMap { LaneBatch($0, edits) }
        for batch in batches {
            let origin = batch.origin(author)
            let stamp = LocalStamp(hlc: hlc, origin: try origins.number(origin))
            for set in batch.sets {
                for at in set where !edits[batch.order[at]].knowsReplaced {
                    let at = batch.order[at]
                    if set.count == 1, try writeRow(&edits[at], stamp) { continue }
                    try transaction.readReplaced(&edits[at], [:])
                }
            }
        }
        // A write counts for more than what it replaces, whatever that was ranked.
        let floor = try floor(of: edits, author.hlc)
        if floor >= hlc {
            guard let later = floor.ticked(at: author.now) else {
                throw WriteRefusal.clockExhausted
            }
            for at in edits.indices {
                try edits[at].written.map { edits[at].written = try merger.restamp($0, later) }
            }
            hlc = later
        }
        for batch in batches { try commit(batch, edits, as: author, hlc, Salt(using: &random)) }
        return hlc
    }

    /// Writes the row of an edit that is alone in its change set and simply follows what is here,
    /// before the set is made: one statement finds the row, tells what is replaced, and writes.
    /// Only a compartment's root is known by its id alone.
    private func writeRow(_ edit: inout LocalTransaction.Edit, _ stamp: LocalStamp) throws -> Bool {
        let table = try tables.table(edit.change.key.entity)
        guard table.isRoot, table.kind == edit.compartment.kind,
            edit.change.key.id == edit.compartment.id
        else { return false }
        edit.written = try merger.write(table, &edit.change, stamp)
        return edit.written != nil
    }

    /// What the header of a frame can't hold would be logged and never be read again.
    private func check(_ author: Authorship) throws {
        for (part, text) in [(WriteRefusal.Part.author, author.author), (.purpose, author.purpose)]
        where text.utf8.count > Limits.headerTextBytes {
            throw WriteRefusal.tooLarge(
                part, size: text.utf8.count, limit: Limits.headerTextBytes)
        }
    }

    /// A frame that no hub takes would keep its lane waiting for ever.
    private func check(_ frame: Frame) throws {
        guard frame.bytes.count <= Limits.writtenFrameBytes else {
            throw WriteRefusal.tooLarge(
                .transaction, size: frame.bytes.count, limit: Limits.writtenFrameBytes)
        }
        guard frame.partCount <= Limits.changeSetsPerFrame else {
            throw WriteRefusal.tooLarge(
                .compartments, size: frame.partCount, limit: Limits.changeSetsPerFrame)
        }
    }

    private func floor(of edits: [LocalTransaction.Edit], _ hlc: HLC) throws -> HLC {
        var floor = hlc
        for edit in edits {
            for unit in edit.change.units {
                guard unit.replaces.count <= Limits.replacedStamps else {
                    throw WriteRefusal.tooLarge(
                        .stamps, size: unit.replaces.count, limit: Limits.replacedStamps)
                }
                for stamp in unit.replaces {
                    floor = max(floor, ranks.isEmpty ? stamp.hlc : ranks.rank(stamp))
                }
            }
        }
        return floor
    }

    /// Makes a lane's frame, appends it, and applies what has not been written yet.
    private func commit(
        _ batch: LaneBatch, _ edits: [LocalTransaction.Edit], as author: Authorship, _ hlc: HLC,
        _ salt: Salt
    ) throws {
        let origin = batch.origin(author)
        let header = FrameHeader(
            origin: origin, sequence: (head(origin)?.sequence ?? 0) + 1, hlc: hlc,
            quality: author.quality, author: author.author, purpose: author.purpose)
        let frame = batch.frame(header, salt, edits)
        try check(frame)
        _ = try append(frame)
        for at in batch.order {
            if let written = edits[at].written {
                try account(merger.applied(written), edits[at].compartment)
            }
        }
        let insertions = merger.insertions
        try frame.forEachChangeSet { set in
            edits[batch.order[batch.sets[set].lowerBound]].written == nil
        } _: { _, reader in
            try account(merger.apply(&reader), reader.compartment)
        }
        let new = batch.order.lazy.filter { edits[$0].isNew }
        if merger.insertions - insertions < new.count {
            let stamp = LocalStamp(hlc: hlc, origin: try origins.number(origin))
            let taken = try new.first { try !merger.isMade(edits[$0], by: stamp) }
            throw WriteRefusal.exists(edits[taken ?? new.first!].change.key)
        }
    }
}

/// The edits of one lane, which make one frame.
private struct LaneBatch {
    let lane: Lane
    /// Positions of the edits, by compartment.
    private(set) var order: ContiguousArray<Int> = []
    /// The parts of `order` that make one change set each: compartments ascending.
    private(set) var sets: ContiguousArray<Range<Int>> = []

    /// `nil` when the lane has no edits.
    init?(_ lane: Lane, _ edits: [LocalTransaction.Edit]) {
        self.lane = lane
        order.reserveCapacity(edits.count)
        for at in edits.indices where edits[at].lane == lane { order.append(at) }
        guard !order.isEmpty else { return nil }
        sort(edits)
        sets.reserveCapacity(order.count)
        var start = 0
        for next in 1...order.count
        where next == order.count
            || edits[order[next]].compartment != edits[order[start]].compartment
        {
            sets.append(start..<next)
            start = next
        }
    }

    private mutating func sort(_ edits: [LocalTransaction.Edit]) {
        guard order.count > 1 else { return }
        // Nearly all differ in what is a number of the first half of their ids.
        var keys = ContiguousArray<(prefix: UInt64, edit: Int)>()
        keys.reserveCapacity(order.count)
        for at in order {
            let kind = UInt64(edits[at].compartment.kind.rawValue)
            switch edits[at].compartment.id {
            case .text: keys.append((kind << 62, at))
            case .uuid(let high, _): keys.append((kind << 62 | 1 << 61 | high >> 3, at))
            }
        }
        keys.sort { a, b in
            a.prefix == b.prefix
                ? edits[a.edit].compartment < edits[b.edit].compartment : a.prefix < b.prefix
        }
        for (place, key) in keys.enumerated() { order[place] = key.edit }
    }

    func origin(_ author: Authorship) -> Origin {
        Origin(node: author.node, incarnation: author.incarnation, lane: lane)
    }

    func frame(_ header: FrameHeader, _ salt: Salt, _ edits: [LocalTransaction.Edit]) -> Frame {
        let changes = order.map { edits[$0].change }
        var encoder = ChangeSetEncoder(stamp: header.stamp)
        var builder = FrameBuilder(
            header: header, salt: salt, count: sets.count, capacity: 256 * order.count)
        for set in sets {
            encoder.encode(edits[order[set.lowerBound]].compartment, changes[set])
            builder.add(encoder)
        }
        return builder.finish()
    }
}
