import Causality
import Records

/// The short path for rows with nothing beside them.
extension Merger {
    /// Writes units that are new here or replace just what the row shows, in one statement.
    ///
    /// - Returns: `nil` when the change can't be that simple.
    func follow(
        _ table: EntityTable, _ reader: borrowing ChangeSetReader, _ run: inout Run
    ) throws -> RowProbe.Outcome? {
        let mask = reader.mask
        guard mask & 1 == 0, mask & ~table.knownMask == 0,
            let expected = expectation(reader, run)
        else { return nil }
        let update = try table.updateByID(mask)
        var column: Int32 = 1
        guard table.bind(mask, of: mask, reader.values, reader.bytes, to: update, &column) else {
            return nil
        }
        update.bind(column, reader.id)
        if !table.isRoot { update.bind(column + 1, run.root!.rawValue) }
        let outcome = try probe.run(update, mask, run.stamp, expecting: expected, in: table)
        guard case .written = outcome else { return outcome }
        noteRoot(table, probe.key, reader, &run)
        let hash = RecordHash(RecordKey(entity: table.number, id: reader.id))
        run.delta += difference(hash, mask, run.stamp, run.sumHash)
        return .written
    }

    /// What the units that the probe has just written add to a sum, less what they take away.
    func difference(
        _ hash: RecordHash, _ mask: UInt64, _ stamp: LocalStamp, _ sumHash: UInt64
    ) -> ContentSum {
        var sum = ContentSum()
        var rest = mask
        for old in probe.before {
            let unit = UInt8(rest.trailingZeroBitCount)
            rest &= rest - 1
            sum += hash.term(unit: unit, hlc: stamp.hlc, origin: sumHash)
            guard let old else { continue }
            sum -= hash.term(unit: unit, hlc: old.hlc, origin: origins.sumHashes[Int(old.origin)])
        }
        return sum
    }

    /// What the row must show for a change that simply follows; `nil` when there is no such row.
    private func expectation(
        _ reader: borrowing ChangeSetReader, _ run: borrowing Run
    ) -> RowProbe.Expectation? {
        switch reader.replaced {
        case .none: return .nothing
        case .all(let reference): return .all(run.local(reference))
        case .each(let lists):
            var stamps = ContiguousArray<LocalStamp?>()
            for list in lists {
                guard list.count < 2 else { return nil }
                stamps.append(list.first.map { run.local($0) })
            }
            return .each(stamps)
        }
    }

    /// Writes units that are new here, replace just what the row shows, or are concurrent with it
    /// and decided by their stamps alone. `false` when it is not as simple as that; then nothing
    /// was written. The values must fit their units.
    func update(
        _ table: EntityTable, _ key: Int64, _ reader: borrowing ChangeSetReader,
        _ run: inout Run
    ) throws -> Bool {
        let mask = reader.mask
        guard stamps.flags & 0xF0 == 0, stamps.mask != 0, mask & 1 == 0,
            mask & ~table.knownMask == 0,
            let (losing, displaced) = try conflicts(table, reader, run)
        else { return false }
        let hash = RecordHash(RecordKey(entity: table.number, id: reader.id))
        if displaced != 0 { try setAside(displaced, table, key) }
        var rest = mask
        var index = 0
        while rest != 0 {
            let unit = rest.trailingZeroBitCount
            rest &= rest - 1
            #if PLANTED
                if Planted.is(.loserForgotten), losing >> UInt64(unit) & 1 == 1 {
                    index += 1
                    continue
                }
            #endif
            run.delta += hash.term(unit: UInt8(unit), hlc: run.stamp.hlc, origin: run.sumHash)
            if losing >> UInt64(unit) & 1 == 1 {
                let value = UnsafeRawBufferPointer(rebasing: reader.bytes[reader.values[index]])
                try registers.insertSibling(table, key, unit, run.stamp, value)
            } else {
                if displaced >> UInt64(unit) & 1 == 0, let old = stamps[unit] {
                    run.delta -= hash.term(
                        unit: UInt8(unit), hlc: old.hlc,
                        origin: origins.sumHashes[Int(old.origin)])
                }
                stamps.set(unit, run.stamp)
            }
            index += 1
        }
        if losing | displaced != 0 { stamps.flags |= InlineStamps.hasMore }
        stamps.write(to: &blob)
        let shown = mask & ~losing
        let update = try table.update(shown)
        try blob.withUnsafeBytes { bytes in
            update.bindBlob(1, static: bytes)
            var column: Int32 = 2
            let fits = table.bind(
                shown, of: mask, reader.values, reader.bytes, to: update, &column)
            precondition(fits, "values that do not fit go through registers")
            update.bind(column, key)
            try update.run()
        }
        return true
    }

    /// The units whose written value stands behind what the row shows, and those whose shown
    /// value stands behind what is written; `nil` when whole registers are needed.
    private func conflicts(
        _ table: EntityTable, _ reader: borrowing ChangeSetReader, _ run: borrowing Run
    ) throws -> (losing: UInt64, displaced: UInt64)? {
        var losing: UInt64 = 0
        var displaced: UInt64 = 0
        var rest = reader.mask
        var index = 0
        while rest != 0 {
            let unit = rest.trailingZeroBitCount
            rest &= rest - 1
            let old = stamps[unit]
            guard old != run.stamp, let replaces = try replaces(old, reader, index, run) else {
                return nil
            }
            index += 1
            guard let old, !replaces else { continue }
            switch table.decisions[unit] {
            case .byValue: return nil
            case .highestStamp:
                if isBelow(run.stamp, old) {
                    losing |= 1 << UInt64(unit)
                } else {
                    displaced |= 1 << UInt64(unit)
                }
            case .lowestStamp:
                if isBelow(run.stamp, old) {
                    displaced |= 1 << UInt64(unit)
                } else {
                    losing |= 1 << UInt64(unit)
                }
            }
        }
        return (losing, displaced)
    }

    /// Whether the n-th written unit replaces `old`; `nil` when it also replaces what must be
    /// remembered, or itself.
    private func replaces(
        _ old: LocalStamp?, _ reader: borrowing ChangeSetReader, _ index: Int,
        _ run: borrowing Run
    ) throws -> Bool? {
        switch reader.replaced {
        case .none:
            return false
        case .all(let reference):
            let replaced = run.local(reference)
            if replaced == old { return true }
            return try replaced != run.stamp && arrivals.contains(replaced) ? false : nil
        case .each(let lists):
            var isReplaced = false
            for reference in lists[index] {
                let replaced = run.local(reference)
                if replaced == old {
                    isReplaced = true
                } else if try replaced == run.stamp || !arrivals.contains(replaced) {
                    return nil
                }
            }
            return isReplaced
        }
    }

    /// Whether `a` comes before `b`, by what the stamps count as.
    private func isBelow(_ a: LocalStamp, _ b: LocalStamp) -> Bool {
        #if PLANTED
            let counts = [a, b].map { ranks.rank(origins.stamp($0)) }
            if Planted.is(.tieByArrival), counts[0] == counts[1] { return false }
        #endif
        if ranks.isEmpty, a.hlc != b.hlc { return a.hlc < b.hlc }
        let (a, b) = (origins.stamp(a), origins.stamp(b))
        return (ranks.rank(a), a) < (ranks.rank(b), b)
    }

    /// Moves what the row shows of units beside it.
    private func setAside(_ units: UInt64, _ table: EntityTable, _ key: Int64) throws {
        let select = try table.select(units)
        select.bind(1, key)
        guard try select.step() else { return }
        defer { select.reset() }
        var rest = units
        var column: Int32 = 0
        while rest != 0 {
            let unit = rest.trailingZeroBitCount
            rest &= rest - 1
            wire.bytes.removeAll(keepingCapacity: true)
            table.writeWire(unit, of: select, from: column, to: &wire)
            column += Int32(table.firstField[unit + 1] - table.firstField[unit])
            try wire.bytes.withUnsafeBytes {
                try registers.insertSibling(table, key, unit, stamps[unit]!, $0)
            }
        }
    }
}
