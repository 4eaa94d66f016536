import Causality
import Records

/// What a person or a service writes in one go: gathered, then committed as one frame a lane.
///
/// Each write replaces all siblings of its unit, so conflicts don't pile up, unless the writer
/// says which stamps it saw.
package final class LocalTransaction {
    struct Edit {
        var compartment: Compartment
        var change: Change
        var isNew: Bool
        var lane: Lane
        /// Whether the change says what its units replace; else that is read when it is committed.
        var knowsReplaced = true
        /// The row, where it has been written before the change set was made.
        var written: Merger.WrittenRow?
        /// The edit before it whose name has the same fingerprint; -1 if there is none.
        var previous = -1

        /// Whether a delete later in the transaction left nothing of it.
        var isVoid: Bool { change.units.isEmpty }
    }

    private let node: NodeStore
    /// The last edit of each fingerprint of a name.
    private var index: [Int: Int] = [:]
    private(set) var edits: [Edit] = []
    private var hasVoid = false
    private var stamps = InlineStamps()

    init(_ node: NodeStore) { self.node = node }

    package var isEmpty: Bool { edits.isEmpty || hasVoid && edits.allSatisfy(\.isVoid) }

    /// Gives the edits away, to be committed.
    func takeEdits() -> [Edit] {
        defer { edits = [] }
        return hasVoid ? edits.filter { !$0.isVoid } : edits
    }

    /// Writes a record that is new. Throws ``WriteRefusal/exists(_:)`` if the transaction has
    /// written it already, and so does committing if it is here.
    ///
    /// - Parameter units: in ascending order of their numbers.
    package func create(
        _ key: RecordKey, in compartment: Compartment, _ units: [(UInt8, Value)]
    ) throws {
        let lane = try check(key.entity, units)
        guard !units.isEmpty else { return }
        let writes = units.map { UnitWrite(unit: $0.0, value: $0.1) }
        try append(
            Edit(
                compartment: compartment, change: Change(key: key, units: writes), isNew: true,
                lane: lane))
    }

    /// Writes units of a record, which need not exist. A record that was deleted and does not show
    /// comes back: the write replaces the deletes that its author saw.
    ///
    /// - Parameters:
    ///   - units: in ascending order of their numbers.
    ///   - seen: the siblings that the author saw, by unit; by default all that are here.
    package func put(
        _ key: RecordKey, in compartment: Compartment, _ units: [(UInt8, Value)],
        seen: [UInt8: [Stamp]]? = nil
    ) throws {
        guard !units.isEmpty else { return }
        let lane = try check(key.entity, units)
        if let at = edit(of: key, in: compartment) {
            settlePendingDelete(at)
            for (unit, value) in units { try merge(unit, value, into: at, seen) }
            return
        }
        let writes = units.map { UnitWrite(unit: $0.0, value: $0.1) }
        var edit = Edit(
            compartment: compartment, change: Change(key: key, units: writes), isNew: false,
            lane: lane, knowsReplaced: false)
        if let seen { try readReplaced(&edit, seen) }
        try append(edit)
    }

    /// Deletes a record: a write that lists every stamp of it, and for a compartment's root of all
    /// that is in the compartment, and what the deletes list that it replaces. Values stay. What
    /// the transaction has written there before is not written at all.
    package func delete(_ key: RecordKey, in compartment: Compartment) throws {
        let lane = try check(key.entity, [])
        let table = try node.tables.table(key.entity)
        dropEdits(of: table.isRoot ? nil : key, in: compartment)
        guard let root = try node.tables.root(compartment),
            let row = try readRow(table, key, compartment)
        else { return }
        let before = try deletes(table, row)
        let visibility = node.merger.visibility
        let here =
            table.isRoot
            ? try visibility.allStamps(of: root) : try visibility.allStamps(table, row)
        // What only an earlier delete lists may still be on its way.
        let list = DeleteList(
            here + before.flatMap { $0.list.listed }, settled: before.flatMap { $0.list.settled })
        guard list.deletes else { return }
        try setDeletion(list, replacing: before.map { $0.stamp }, key, compartment, lane)
    }

    /// Keeps a record that was deleted and, at the same time, edited: replaces the deletes that are
    /// here by what is no delete. What was deleted in peace before stays gone.
    package func keep(_ key: RecordKey, in compartment: Compartment) throws {
        let lane = try check(key.entity, [])
        let table = try node.tables.table(key.entity)
        let row = try readRow(table, key, compartment)
        let before = try row.map { try deletes(table, $0) } ?? []
        guard before.contains(where: { $0.list.deletes }) else {
            dropPendingDelete(of: key, in: compartment)
            return
        }
        let list = DeleteList([], settled: before.flatMap { $0.list.settled })
        try setDeletion(list, replacing: before.map { $0.stamp }, key, compartment, lane)
    }

    private func append(_ edit: Edit) throws {
        try LocalTransaction.checkID(edit.change.key.id)
        var edit = edit
        let name = LocalTransaction.fingerprint(edit.change.key)
        edit.previous = index.updateValue(edits.count, forKey: name) ?? -1
        if edit.isNew, edit.previous >= 0,
            let at = find(edit.change.key, edit.compartment, from: edit.previous),
            !edits[at].isVoid
        {
            index[name] = edit.previous
            throw WriteRefusal.exists(edit.change.key)
        }
        edits.append(edit)
    }

    private static func checkID(_ id: RecordID) throws {
        guard case .text(let text) = id, text.utf8.count > Limits.idBytes else { return }
        throw WriteRefusal.tooLarge(.id, size: text.utf8.count, limit: Limits.idBytes)
    }

    /// The last edit of a record in this transaction.
    private func edit(of key: RecordKey, in compartment: Compartment) -> Int? {
        find(key, compartment, from: index[LocalTransaction.fingerprint(key)] ?? -1)
    }

    private func find(_ key: RecordKey, _ compartment: Compartment, from last: Int) -> Int? {
        var at = last
        while at >= 0 {
            if edits[at].change.key == key, edits[at].compartment == compartment { return at }
            at = edits[at].previous
        }
        return nil
    }

    /// A number that tells names apart, but for accidents.
    private static func fingerprint(_ key: RecordKey) -> Int {
        switch key.id {
        case .uuid(let high, let low):
            Int(truncatingIfNeeded: high ^ low &+ UInt64(key.entity))
        case .text(let text): text.hashValue &+ Int(key.entity)
        }
    }

    /// Leaves nothing of what the transaction has written in a record, or in all of a compartment.
    private func dropEdits(of key: RecordKey?, in compartment: Compartment) {
        if let key {
            if let at = edit(of: key, in: compartment) { drop(at) }
            return
        }
        for at in edits.indices where edits[at].compartment == compartment { drop(at) }
    }

    private func drop(_ at: Int) {
        edits[at].change.units.removeAll()
        edits[at].isNew = false
        edits[at].knowsReplaced = true
        hasVoid = true
    }

    /// A write after a delete of the same transaction brings the record back.
    private func settlePendingDelete(_ at: Int) {
        guard let list = pendingDelete(at), list.deletes else { return }
        edits[at].change.units[0].value = .bytes(DeleteList([], settled: list.all).encoded)
    }

    private func dropPendingDelete(of key: RecordKey, in compartment: Compartment) {
        guard let at = edit(of: key, in: compartment), pendingDelete(at)?.deletes == true else {
            return
        }
        edits[at].change.units.removeFirst()
        if edits[at].isVoid { hasVoid = true }
    }

    private func pendingDelete(_ at: Int) -> DeleteList? {
        guard let first = edits[at].change.units.first, first.unit == Unit.deletion,
            case .bytes(let list) = first.value
        else { return nil }
        return try? DeleteList.decoded(list)
    }

    private func setDeletion(
        _ list: DeleteList, replacing replaced: [Stamp], _ key: RecordKey,
        _ compartment: Compartment, _ lane: Lane
    ) throws {
        let count = list.settled.count + list.listed.count
        guard count <= Limits.replacedStamps else {
            throw WriteRefusal.tooLarge(.stamps, size: count, limit: Limits.replacedStamps)
        }
        let write = UnitWrite(
            unit: Unit.deletion, value: .bytes(list.encoded), replaces: replaced)
        if let at = edit(of: key, in: compartment) {
            edits[at].change.units.removeAll { $0.unit == Unit.deletion }
            edits[at].change.units.insert(write, at: 0)
            return
        }
        try append(
            Edit(
                compartment: compartment, change: Change(key: key, units: [write]), isNew: false,
                lane: lane))
    }

    /// The deletes of the row that was just read, which no write has replaced.
    private func deletes(
        _ table: EntityTable, _ row: Int64
    ) throws -> [(stamp: Stamp, list: DeleteList)] {
        guard stamps.isDeleted else { return [] }
        let register = try node.merger.registers.load(table, row, Int(Unit.deletion), stamps)
        return try register.siblings.map { sibling in
            (sibling.stamp, try DeleteList.decoded(fromWire: sibling.wire(of: nil)))
        }
    }

    private func merge(
        _ unit: UInt8, _ value: Value, into at: Int, _ seen: [UInt8: [Stamp]]?
    ) throws {
        if let known = edits[at].change.units.firstIndex(where: { $0.unit == unit }) {
            edits[at].change.units[known].value = value
            return
        }
        if seen != nil, !edits[at].knowsReplaced { try readReplaced(&edits[at], [:]) }
        var replaced: [Stamp] = []
        if edits[at].knowsReplaced {
            let key = edits[at].change.key
            let table = try node.tables.table(key.entity)
            let row = try readRow(table, key, edits[at].compartment)
            replaced = try seen?[unit] ?? siblings(table, row, unit)
        }
        let units = edits[at].change.units
        let place = units.firstIndex { $0.unit > unit } ?? units.endIndex
        edits[at].change.units.insert(
            UnitWrite(unit: unit, value: value, replaces: replaced), at: place)
    }

    private func check(_ entity: UInt16, _ units: [(UInt8, Value)]) throws -> Lane {
        guard let table = node.tables.existing(entity), table.entity != nil else {
            throw WriteRefusal.unknown(entity: entity, unit: 0)
        }
        for (number, value) in units {
            guard number < 63, table.knownMask >> UInt64(number) & 1 == 1 else {
                throw WriteRefusal.unknown(entity: entity, unit: number)
            }
            let first = table.firstField[Int(number)]
            if table.firstField[Int(number) + 1] == first + 1 {
                if table.fieldTypes[first].accepts(value) { continue }
            } else if table.unit(Int(number))!.accepts(value) {
                continue
            }
            let unit = table.unit(Int(number))!.name
            throw WriteRefusal.unfit(entity: table.name, unit: unit)
        }
        return table.lane
    }

    /// Reads what the units of an edit replace: all siblings that are here, but for the units of
    /// which the author says what they saw.
    func readReplaced(_ edit: inout Edit, _ seen: [UInt8: [Stamp]]) throws {
        let table = try node.tables.table(edit.change.key.entity)
        let row = try readRow(table, edit.change.key, edit.compartment)
        for index in edit.change.units.indices {
            let unit = edit.change.units[index].unit
            edit.change.units[index].replaces = try seen[unit] ?? siblings(table, row, unit)
        }
        edit.knowsReplaced = true
        if stamps.isDeleted, let row { try bringBack(&edit, table, row, seen[Unit.deletion]) }
    }

    /// Who writes a record that was deleted and does not show brings it back. What the deletes
    /// list stays gone, but that the record shows then is no conflict.
    ///
    /// - Parameter seen: the deletes that the author saw; `nil` for all.
    private func bringBack(
        _ edit: inout Edit, _ table: EntityTable, _ row: Int64, _ seen: [Stamp]?
    ) throws {
        guard edit.change.units.first?.unit != Unit.deletion,
            try node.merger.visibility.isHidden(table, row)
        else { return }
        let seen = try deletes(table, row).filter { seen?.contains($0.stamp) ?? true }
        guard seen.contains(where: { $0.list.deletes }) else { return }
        let list = DeleteList([], settled: seen.flatMap { $0.list.all })
        edit.change.units.insert(
            UnitWrite(
                unit: Unit.deletion, value: .bytes(list.encoded), replaces: seen.map { $0.stamp }),
            at: 0)
    }

    /// Finds a record's row, and reads its stamps.
    private func readRow(
        _ table: EntityTable, _ key: RecordKey, _ compartment: Compartment
    ) throws -> Int64? {
        stamps.clear()
        let select = try table.selectByID()
        if table.isRoot {
            select.bind(1, key.id)
        } else {
            guard let root = try node.tables.root(compartment) else { return nil }
            select.bind(1, key.id)
            select.bind(2, root.rawValue)
        }
        guard try select.step() else { return nil }
        defer { select.reset() }
        guard stamps.read(select.buffer(1)) else {
            throw StorageFailure(code: 11, message: "stamps in \(table.name)")
        }
        return select.integer(0)
    }

    /// The sibling stamps of a unit of the row that was just read.
    private func siblings(_ table: EntityTable, _ row: Int64?, _ unit: UInt8) throws -> [Stamp] {
        guard let row else { return [] }
        #if PLANTED
            if Planted.is(.onlyShownReplaced), let shown = stamps[Int(unit)] {
                return [node.origins.stamp(shown)]
            }
        #endif
        if !stamps.hasMore {
            return stamps[Int(unit)].map { [node.origins.stamp($0)] } ?? []
        }
        return try node.merger.registers.load(table, row, Int(unit), stamps).siblings.map(\.stamp)
    }
}
