import Causality
import Records

/// Why a local write was refused. Nothing of its transaction was written.
package enum WriteRefusal: Error, Equatable, Sendable {
    /// A record that was to be new is here already.
    case exists(RecordKey)
    /// A value that its unit can't hold.
    case unfit(entity: String, unit: String)
    /// No such entity or unit in this version's schema.
    case unknown(entity: UInt16, unit: UInt8)
    /// The clock has come to its end; the caller starts a new incarnation and tries again.
    case clockExhausted
}

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
    }

    private let node: NodeStore
    /// The last edit of each fingerprint of a name.
    private var index: [Int: Int] = [:]
    private(set) var edits: [Edit] = []
    private var stamps = InlineStamps()

    init(_ node: NodeStore) { self.node = node }

    package var isEmpty: Bool { edits.isEmpty }

    /// Gives the edits away, to be committed.
    func takeEdits() -> [Edit] {
        defer { edits = [] }
        return edits
    }

    /// Writes a record that is new. Committing throws ``WriteRefusal/exists(_:)`` if it is not.
    ///
    /// - Parameter units: in ascending order of their numbers.
    package func create(
        _ key: RecordKey, in compartment: Compartment, _ units: [(UInt8, Value)]
    ) throws {
        let lane = try check(key.entity, units)
        let writes = units.map { UnitWrite(unit: $0.0, value: $0.1) }
        append(
            Edit(
                compartment: compartment, change: Change(key: key, units: writes), isNew: true,
                lane: lane))
    }

    /// Writes units of a record, which need not exist.
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
            for (unit, value) in units { try merge(unit, value, into: at, seen) }
            return
        }
        let writes = units.map { UnitWrite(unit: $0.0, value: $0.1) }
        var edit = Edit(
            compartment: compartment, change: Change(key: key, units: writes), isNew: false,
            lane: lane, knowsReplaced: false)
        if let seen { try readReplaced(&edit, seen) }
        append(edit)
    }

    /// Deletes a record: a write that lists every stamp of it, and for a compartment's root of all
    /// that is in the compartment. Values stay.
    package func delete(_ key: RecordKey, in compartment: Compartment) throws {
        guard let root = try node.tables.root(compartment) else { return }
        let table = try node.tables.table(key.entity)
        let visibility = node.merger.visibility
        let lane = try check(key.entity, [])
        guard let row = try readRow(table, key, compartment) else { return }
        let listed =
            table.isRoot
            ? try visibility.allStamps(of: root) : try visibility.allStamps(table, row)
        let write = UnitWrite(
            unit: Unit.deletion, value: .bytes(DeleteList.encoded(listed)),
            replaces: try siblings(table, row, Unit.deletion))
        if let at = self.edit(of: key, in: compartment) {
            edits[at].change.units.removeAll { $0.unit == Unit.deletion }
            edits[at].change.units.insert(write, at: 0)
            return
        }
        append(
            Edit(
                compartment: compartment, change: Change(key: key, units: [write]), isNew: false,
                lane: lane))
    }

    private func append(_ edit: Edit) {
        var edit = edit
        let name = LocalTransaction.fingerprint(edit.change.key)
        edit.previous = index.updateValue(edits.count, forKey: name) ?? -1
        edits.append(edit)
    }

    /// The last edit of a record in this transaction.
    private func edit(of key: RecordKey, in compartment: Compartment) -> Int? {
        var at = index[LocalTransaction.fingerprint(key)] ?? -1
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
    }

    /// Finds a record's row, and reads its stamps.
    private func readRow(
        _ table: EntityTable, _ key: RecordKey, _ compartment: Compartment
    ) throws -> Int64? {
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
