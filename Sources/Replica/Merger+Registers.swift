import Causality
import Records

/// The long path: whole registers.
extension Merger {
    func merge(
        _ table: EntityTable, _ key: Int64, _ reader: borrowing ChangeSetReader, _ run: inout Run
    ) throws {
        let hadMore = stamps.hasMore
        let wasEmpty = stamps.mask == 0
        // A placeholder that stood for what had not come yet: a child came before its parent.
        if wasEmpty, !hadMore { insertions += 1 }
        let hash = RecordHash(RecordKey(entity: table.number, id: reader.id))
        var row = RowUpdate()
        for (index, unit) in reader.units.enumerated() {
            #if PLANTED
                if Planted.is(.unknownUnitDropped), unit > 0, table.unit(Int(unit)) == nil {
                    continue
                }
            #endif
            var register = try registers.load(table, key, Int(unit), stamps)
            let before = register.siblings.map(\.stamp)
            try write(table, reader, index, unit, to: &register)
            let after = register.siblings.map(\.stamp)
            if before == after, register.remembered.isEmpty, !hadMore { continue }
            for stamp in before where !after.contains(stamp) {
                run.delta -= hash.term(unit, stamp)
            }
            for stamp in after where !before.contains(stamp) {
                run.delta += hash.term(unit, stamp)
            }
            try registers.save(register, table, key, Int(unit), &stamps, &row, hadMore: hadMore)
            if unit == Unit.deletion { run.deletesSomething = true }
        }
        try setFlags(table, key, &row, hadMore: hadMore, deletes: run.deletesSomething)
        try registers.write(row, table, key, &stamps, &blob)
        if wasEmpty || stamps.isDeleted { run.touched.append((table, key)) }
    }

    private func write(
        _ table: EntityTable, _ reader: borrowing ChangeSetReader, _ index: Int, _ unit: UInt8,
        to register: inout Register
    ) throws {
        let known = register.remembered
        let wire = [UInt8](reader.bytes[reader.values[index]])
        let new = Sibling(stamp: reader.stamp, wire: wire, of: table.unit(Int(unit)))
        let replaced = reader.replaced(byUnitAt: index).map { reader.stamp($0) }
        register.write(new, replacing: replaced)
        for stamp in replaced
        where register.remembered.contains(stamp) && !known.contains(stamp) {
            if try arrivals.contains(origins.local(stamp)) { register.forget(stamp) }
        }
    }

    private func setFlags(
        _ table: EntityTable, _ key: Int64, _ row: inout RowUpdate, hadMore: Bool, deletes: Bool
    ) throws {
        var units: Set<Int> = []
        if hadMore || row.hasMore { units = try registers.unitsBeside(table, key) }
        stamps.flags = units.isEmpty ? 0 : InlineStamps.hasMore
        if units.contains(0) { stamps.flags |= InlineStamps.isDeleted }
    }
}

extension RecordHash {
    func term(_ unit: UInt8, _ stamp: Stamp) -> ContentSum {
        term(unit: unit, hlc: stamp.hlc, origin: stamp.origin.sumHash)
    }
}
