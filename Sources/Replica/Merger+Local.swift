import Causality
import Records

/// Rows that a local transaction writes before its frame is made.
extension Merger {
    /// A root's row that was written, and what became of it.
    struct WrittenRow {
        var table: EntityTable
        var root: RootReference
        var id: RecordID
        var mask: UInt64
        var stamp: LocalStamp
        var delta: ContentSum
    }

    /// Writes units of a root's row that has nothing beside it, and says in the change what they
    /// replace. `nil` when it is not as simple as that; then nothing was written.
    func write(
        _ table: EntityTable, _ change: inout Change, _ stamp: LocalStamp
    ) throws -> WrittenRow? {
        var mask: UInt64 = 0
        for write in change.units { mask |= 1 << UInt64(write.unit) }
        guard mask & 1 == 0, mask & ~table.knownMask == 0, let kind = table.kind else { return nil }
        let update = try table.updateByID(mask)
        var column: Int32 = 1
        for write in change.units { update.bind(&column, fieldsOf: write.value) }
        update.bind(column, change.key.id)
        guard case .written = try probe.run(update, mask, stamp, expecting: .below, in: table)
        else {
            return nil
        }
        for (index, old) in probe.before.enumerated() {
            if let old { change.units[index].replaces = [origins.stamp(old)] }
        }
        let hash = RecordHash(change.key)
        return WrittenRow(
            table: table, root: RootReference(key: probe.key, kind: kind), id: change.key.id,
            mask: mask, stamp: stamp,
            delta: difference(hash, mask, stamp, origins.sumHashes[Int(stamp.origin)]))
    }

    /// Gives what was written a later stamp: something that is replaced in the same transaction
    /// counts for more than the first.
    func restamp(_ row: WrittenRow, _ hlc: HLC) throws -> WrittenRow {
        let select = try store.statement("SELECT _stamps FROM \"\(row.table.name)\" WHERE _key = ?")
        select.bind(1, row.root.key)
        guard try select.step(), stamps.read(select.buffer(0)) else {
            throw StorageFailure(code: 11, message: "stamps in \(row.table.name)")
        }
        select.reset()
        var later = row
        later.stamp.hlc = hlc
        let hash = RecordHash(RecordKey(entity: row.table.number, id: row.id))
        let sumHash = origins.sumHashes[Int(row.stamp.origin)]
        var rest = row.mask
        while rest != 0 {
            let unit = rest.trailingZeroBitCount
            rest &= rest - 1
            stamps.set(unit, later.stamp)
            later.delta -= hash.term(unit: UInt8(unit), hlc: row.stamp.hlc, origin: sumHash)
            later.delta += hash.term(unit: UInt8(unit), hlc: hlc, origin: sumHash)
        }
        try registers.write(RowUpdate(), row.table, row.root.key, &stamps, &blob)
        return later
    }

    /// Whether all that is here of an edit's record carries one stamp.
    func isMade(_ edit: LocalTransaction.Edit, by stamp: LocalStamp) throws -> Bool {
        let table = try tables.table(edit.change.key.entity)
        guard let root = try tables.root(edit.compartment) else { return false }
        let select = try table.selectByID()
        select.bind(1, edit.change.key.id)
        if !table.isRoot { select.bind(2, root.rawValue) }
        guard try select.step() else { return false }
        defer { select.reset() }
        guard stamps.read(select.buffer(1)) else {
            throw StorageFailure(code: 11, message: "stamps in \(table.name)")
        }
        return !stamps.hasMore && (1..<63).allSatisfy { stamps[$0] ?? stamp == stamp }
    }

    /// What the application of the change set of a written row comes to.
    func applied(_ row: WrittenRow) -> Applied {
        Applied(
            root: row.root, rootIsNew: false, delta: row.delta, touchedRoot: true,
            holds: row.table.number == holdEntity ? [row.id] : [])
    }
}

extension Statement {
    /// Binds the fields of a unit's value from `column` on.
    fileprivate func bind(_ column: inout Int32, fieldsOf value: Value) {
        switch value {
        case .group(let values):
            for value in values { bind(&column, fieldsOf: value) }
            return
        case .null: bindNull(column)
        case .integer(let n): bind(column, n)
        case .text(let text): bind(column, text)
        case .bytes(let bytes): bind(column, bytes)
        }
        column += 1
    }
}
