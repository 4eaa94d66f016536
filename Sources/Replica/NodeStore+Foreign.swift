import Causality
import GRDBSQLite
import Records

extension NodeStore {
    /// Appends a frame of another node, of which the log here may hold only some.
    ///
    /// - Parameters:
    ///   - hash: the frame's, as computed from the hash before it.
    ///   - previous: the hash before it.
    package func append(_ frame: Frame, hash: FrameHash, previous: FrameHash) throws {
        let number = try origins.number(frame.header.origin)
        let sequence = frame.header.sequence
        let known = try log.hash(frame.header.origin, sequence - 1)
        if let known, known != previous { throw Malformed.invalid("chain of an origin") }
        _ = try log.append(frame, number, hash: hash, previous: known == nil ? previous : nil)
        var head = origins.head(number)
        if sequence > head.sequence {
            head.sequence = sequence
            head.hlc = frame.header.hlc
            head.hash = hash
            try origins.setHead(number, head)
        }
    }

    /// Adds the parts of another copy of a frame to the one in the log.
    package func complete(_ entry: FrameLog.Entry, with frame: Frame) throws {
        try log.replace(entry.position, with: entry.frame.joined(with: frame))
    }

    /// Cuts an origin's log after a sequence, up to which the hub holds it alike: the rest is
    /// issued again under other names.
    package func cut(_ origin: Origin, after sequence: UInt64) throws {
        guard let number = origins.known(origin) else { return }
        let hash = try log.hash(origin, sequence) ?? .zero
        try log.remove(number, after: sequence)
        var head = origins.head(number)
        head.sequence = sequence
        head.hash = hash
        head.acknowledged = sequence
        head.backedUp = min(head.backedUp, sequence)
        try origins.setHead(number, head)
    }

    /// Withholds from the log the change sets that `drops` names: by rule, or because what they
    /// wrote is to come again as state. The chain verifies all the same.
    package func purge(_ drops: (FrameHeader, Compartment) throws -> Bool) throws {
        var last: Int64 = 0
        while true {
            var entries: [FrameLog.Entry] = []
            try log.forEach(after: last) { entry in
                entries.append(entry)
                return entries.count < 256
            }
            guard let end = entries.last else { return }
            last = end.position
            // What a newer version wrote is not taken apart.
            for entry in entries where entry.frame.isReadable {
                var dropped: Set<Int> = []
                try entry.frame.forEachChangeSet { index, reader in
                    if try drops(entry.frame.header, reader.compartment) { dropped.insert(index) }
                }
                guard !dropped.isEmpty else { continue }
                let rest = entry.frame.withholding { !dropped.contains($0) }
                try log.replace(entry.position, with: rest)
            }
        }
    }

    /// The highest reading among an origin's frames up to a sequence that the hub has not ranked.
    package func latestUnranked(_ origin: Origin, upTo sequence: UInt64) throws -> HLC {
        guard let number = origins.known(origin) else { return .zero }
        var latest = HLC.zero
        try store.forEachRow(
            "SELECT hlc FROM _log WHERE origin = ? AND seq <= ? ORDER BY seq DESC",
            [.integer(Int64(number)), .unsigned(sequence)]
        ) { row in
            let hlc = HLC(rawValue: row.unsigned(0))
            guard ranks.order(for: Stamp(hlc: hlc, origin: origin)) == nil else { return true }
            latest = hlc
            return false
        }
        return latest
    }

    /// Gives a sibling another name, and for a deletion another list: what a re-issue does.
    package func rename(
        _ key: RecordKey, _ unit: UInt8, in root: RootReference, from old: Stamp, to new: Stamp,
        value: Value?
    ) throws {
        let delta = try snapshots.rename(key, unit, in: root, from: old, to: new, value: value)
        guard let compartment = try tables.compartment(root) else { return }
        var applied = Applied(root: root, rootIsNew: false)
        applied.delta = delta
        try account(applied, compartment)
    }

    /// Remembers a stamp that was replaced here and has left the log: its write may come once more.
    package func remember(
        _ key: RecordKey, _ unit: UInt8, in root: RootReference, replaced stamp: Stamp
    ) throws {
        try snapshots.change(key, unit, in: root) { register in
            Register(
                siblings: register.siblings, remembered: register.remembered.union([stamp]))
        }
    }
}

extension SnapshotStore {
    /// Puts another register in the place of one, if its record is here and there is another.
    /// Returns whether there was.
    @discardableResult
    func change(
        _ key: RecordKey, _ unit: UInt8, in root: RootReference, _ change: (Register) -> Register?
    ) throws -> Bool {
        let table = try tables.table(key.entity)
        let select = try table.selectByID()
        select.bind(1, key.id)
        if !table.isRoot { select.bind(2, root.rawValue) }
        guard try select.step() else { return false }
        let row = select.integer(0)
        var stamps = InlineStamps()
        let isSound = stamps.read(select.buffer(1))
        select.reset()
        guard isSound else { throw StorageFailure(code: SQLITE_CORRUPT, message: table.name) }
        guard let changed = change(try registers.load(table, row, Int(unit), stamps)) else {
            return false
        }
        try replace(changed, table, row, Int(unit), &stamps)
        return true
    }

    func rename(
        _ key: RecordKey, _ unit: UInt8, in root: RootReference, from old: Stamp, to new: Stamp,
        value: Value?
    ) throws -> ContentSum {
        let isRenamed = try change(key, unit, in: root) { register in
            guard register.siblings.contains(where: { $0.stamp == old }) else { return nil }
            let renamed = register.siblings.map { sibling -> Sibling in
                guard sibling.stamp == old else { return sibling }
                var renamed = sibling
                renamed.stamp = new
                if let value { renamed.value = value }
                return renamed
            }
            return Register(siblings: renamed, remembered: register.remembered)
        }
        guard isRenamed else { return ContentSum() }
        let hash = RecordHash(key)
        var delta = hash.term(unit, new)
        delta -= hash.term(unit, old)
        return delta
    }
}

/// Finds content that is not what the log says: rotten bits, and rows that somebody changed.
extension NodeStore {
    /// The sum of a compartment's content, values included.
    package func valueSum(of root: RootReference) throws -> ContentSum {
        var sum = ContentSum()
        for record in try reader.records(of: root) { sum += try valueSum(of: record) }
        return sum
    }

    /// The part of one record in ``valueSum(of:)-(RootReference)``.
    package func valueSum(of record: StoredRecord) throws -> ContentSum {
        let entity = schema[record.key.entity]
        let hash = RecordHash(record.key)
        var sum = ContentSum()
        for (unit, register) in record.registers {
            for sibling in register.siblings {
                let wire = sibling.wire(of: entity?.unit(unit))
                let stamp = sibling.stamp
                wire.withUnsafeBytes {
                    sum += hash.term(
                        unit: unit, hlc: stamp.hlc, origin: stamp.origin.sumHash, value: $0)
                }
            }
        }
        return sum
    }

    /// The frames whose bytes are not those that were hashed, or that don't follow the frame
    /// before them: the origin and the sequence of each.
    package func damagedFrames() throws -> [(origin: Origin, sequence: UInt64)] {
        var damaged: [(Origin, UInt64)] = []
        for origin in allOrigins {
            var before: (sequence: UInt64, hash: FrameHash) = (0, .zero)
            for sequence in try log.sequences(origin) {
                guard let entry = try? log.entry(origin, sequence) else {
                    damaged.append((origin, sequence))
                    continue
                }
                let previous =
                    entry.previous ?? (before.sequence + 1 == sequence ? before.hash : nil)
                if previous.map({ entry.frame.hash(after: $0) != entry.hash }) ?? true
                    || entry.frame.header.origin != origin
                    || entry.frame.header.sequence != sequence
                {
                    damaged.append((origin, sequence))
                }
                before = (sequence, entry.hash)
            }
        }
        return damaged.map { (origin: $0.0, sequence: $0.1) }
    }
}

extension FrameLog {
    /// The sequences of an origin that are in the log, ascending.
    package func sequences(_ origin: Origin) throws -> [UInt64] {
        guard let number = origins.known(origin) else { return [] }
        return try store.rows(
            "SELECT seq FROM _log WHERE origin = ? ORDER BY seq", [.integer(Int64(number))]
        ) { $0.unsigned(0) }
    }
}
