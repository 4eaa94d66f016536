import Causality
import Records

/// Reads and writes whole registers of a record: what its row shows, and what stands beside it in
/// `_sibling` and `_replaced`.
///
/// Of a unit that this version knows, the shown sibling stands in the row and the others beside
/// it. Of any other unit, and of deletions (unit 0), all stand beside it, values in wire form. So
/// does a value that its unit can't hold.
final class RegisterStore {
    private let store: Store
    private let origins: OriginTable
    private let ranks: RankTable

    init(_ store: Store, _ origins: OriginTable, _ ranks: RankTable) {
        self.store = store
        self.origins = origins
        self.ranks = ranks
    }

    /// The register of one unit.
    ///
    /// - Parameter stamps: the row's, read.
    func load(_ table: EntityTable, _ key: Int64, _ unit: Int, _ stamps: borrowing InlineStamps)
        throws -> Register
    {
        var siblings: [Sibling] = []
        if let known = table.unit(unit), let shown = stamps[unit] {
            let value = try shownValue(table, key, known)
            siblings.append(Sibling(stamp: origins.stamp(shown), value: value))
        }
        guard stamps.hasMore else { return Register(siblings: siblings, remembered: []) }
        let select = try store.statement(
            "SELECT hlc, origin, value FROM _sibling WHERE entity = ? AND rec = ? AND unit = ?")
        select.bind(table, key, unit)
        while try select.step() {
            let stamp = origins.stamp(select.localStamp(0))
            siblings.append(Sibling(stamp: stamp, wire: select.bytes(2), of: table.unit(unit)))
        }
        var remembered: Set<Stamp> = []
        let replaced = try store.statement(
            "SELECT hlc, origin FROM _replaced WHERE entity = ? AND rec = ? AND unit = ?")
        replaced.bind(table, key, unit)
        while try replaced.step() { remembered.insert(origins.stamp(replaced.localStamp(0))) }
        return Register(siblings: siblings, remembered: remembered)
    }

    /// All registers of a record, ascending by unit: what its row shows takes one statement, and
    /// what stands beside it two, however many there are.
    ///
    /// - Parameter stamps: the row's, read.
    func loadAll(
        _ table: EntityTable, _ key: Int64, _ stamps: borrowing InlineStamps
    ) throws -> [(UInt8, Register)] {
        var siblings: [Int: [Sibling]] = [:]
        var remembered: [Int: Set<Stamp>] = [:]
        if stamps.mask & table.knownMask != 0 {
            let select = try table.select(table.knownMask)
            select.bind(1, key)
            defer { select.reset() }
            guard try select.step() else { return [] }
            var column: Int32 = 0
            for unit in table.entity?.units ?? [] {
                if let shown = stamps[Int(unit.number)] {
                    let value = select.value(of: unit, from: column)
                    siblings[Int(unit.number)] = [
                        Sibling(stamp: origins.stamp(shown), value: value)
                    ]
                }
                column += Int32(unit.fields.count)
            }
        }
        if stamps.hasMore {
            let select = try store.statement(
                "SELECT unit, hlc, origin, value FROM _sibling WHERE entity = ? AND rec = ?")
            select.bind(1, Int64(table.number))
            select.bind(2, key)
            while try select.step() {
                let unit = Int(select.integer(0))
                let sibling = Sibling(
                    stamp: origins.stamp(select.localStamp(1)), wire: select.bytes(3),
                    of: table.unit(unit))
                siblings[unit, default: []].append(sibling)
            }
            let replaced = try store.statement(
                "SELECT unit, hlc, origin FROM _replaced WHERE entity = ? AND rec = ?")
            replaced.bind(1, Int64(table.number))
            replaced.bind(2, key)
            while try replaced.step() {
                let stamp = origins.stamp(replaced.localStamp(1))
                remembered[Int(replaced.integer(0)), default: []].insert(stamp)
            }
        }
        return Set(siblings.keys).union(remembered.keys).sorted().map { unit in
            let register = Register(
                siblings: siblings[unit] ?? [], remembered: remembered[unit] ?? [])
            return (UInt8(unit), register)
        }
    }

    private static let unitsBeside = [
        "SELECT DISTINCT unit FROM _sibling WHERE entity = ? AND rec = ?",
        "SELECT DISTINCT unit FROM _replaced WHERE entity = ? AND rec = ?",
    ]
    private static let deleteUnit = [
        "DELETE FROM _sibling WHERE entity = ? AND rec = ? AND unit = ?",
        "DELETE FROM _replaced WHERE entity = ? AND rec = ? AND unit = ?",
    ]

    /// The units that have siblings or remembered stamps beside the row.
    func unitsBeside(_ table: EntityTable, _ key: Int64) throws -> Set<Int> {
        var units: Set<Int> = []
        for sql in RegisterStore.unitsBeside {
            let select = try store.statement(sql)
            select.bind(1, Int64(table.number))
            select.bind(2, key)
            while try select.step() { units.insert(Int(select.integer(0))) }
        }
        return units
    }

    func shownValue(_ table: EntityTable, _ key: Int64, _ unit: Unit) throws -> Value {
        let select = try table.select(1 << UInt64(unit.number))
        select.bind(1, key)
        guard try select.step() else { return .null }
        defer { select.reset() }
        return select.value(of: unit, from: 0)
    }

    /// Writes a register back. What the row is to show goes into `row` and is written with it.
    ///
    /// - Parameter hadMore: whether anything may stand beside the row now.
    func save(
        _ register: Register, _ table: EntityTable, _ key: Int64, _ unit: Int,
        _ stamps: inout InlineStamps, _ row: inout RowUpdate, hadMore: Bool
    ) throws {
        let known = table.unit(unit)
        let shown = known.flatMap { register.shown(by: $0.policy, rank: ranks.rank) }
        if let known {
            let local = try shown.map { try origins.local($0.stamp) }
            if stamps[unit] != local {
                row.set(known, shown?.value)
                stamps.set(unit, local)
            }
        }
        if hadMore {
            for sql in RegisterStore.deleteUnit {
                let delete = try store.statement(sql)
                delete.bind(table, key, unit)
                try delete.run()
            }
        }
        for sibling in register.siblings where sibling.stamp != shown?.stamp {
            let stamp = try origins.local(sibling.stamp)
            try sibling.wire(of: known).withUnsafeBytes {
                try insertSibling(table, key, unit, stamp, $0)
            }
            row.hasMore = true
        }
        for stamp in register.remembered.sorted() {
            let insert = try store.statement("INSERT INTO _replaced VALUES (?, ?, ?, ?, ?)")
            insert.bind(table, key, unit)
            insert.bind(4, try origins.local(stamp))
            try insert.run()
            row.hasMore = true
        }
    }

    /// Writes a sibling, with its value in wire form, beside a row.
    func insertSibling(
        _ table: EntityTable, _ key: Int64, _ unit: Int, _ stamp: LocalStamp,
        _ value: UnsafeRawBufferPointer
    ) throws {
        let insert = try store.statement("INSERT INTO _sibling VALUES (?, ?, ?, ?, ?, ?)")
        insert.bind(table, key, unit)
        insert.bind(4, stamp)
        insert.bindBlob(6, static: value)
        try insert.run()
    }

    /// Writes what a row shows now, and its stamps.
    func write(
        _ row: RowUpdate, _ table: EntityTable, _ key: Int64, _ stamps: inout InlineStamps,
        _ blob: inout ContiguousArray<UInt8>
    ) throws {
        stamps.write(to: &blob)
        let update = try table.update(row.mask)
        try blob.withUnsafeBytes { bytes in
            update.bindBlob(1, static: bytes)
            var column: Int32 = 2
            for (unit, value) in row.values {
                column = update.bind(column, value, of: unit)
            }
            update.bind(column, key)
            try update.run()
        }
    }

    /// Drops all that stands beside a row.
    func dropBeside(_ table: EntityTable, _ key: Int64) throws {
        for name in ["_sibling", "_replaced"] {
            let delete = try store.statement("DELETE FROM \(name) WHERE entity = ? AND rec = ?")
            delete.bind(1, Int64(table.number))
            delete.bind(2, key)
            try delete.run()
        }
    }
}

/// The columns of a row that are to change.
struct RowUpdate {
    /// In ascending order of the units.
    private(set) var values: [(Unit, Value)] = []
    private(set) var mask: UInt64 = 0
    var hasMore = false

    mutating func set(_ unit: Unit, _ value: Value?) {
        let empty = unit.fields.count == 1 ? Value.null : .group(unit.fields.map { _ in .null })
        let index = values.firstIndex { $0.0.number >= unit.number } ?? values.endIndex
        if index < values.endIndex, values[index].0.number == unit.number {
            values[index].1 = value ?? empty
        } else {
            values.insert((unit, value ?? empty), at: index)
        }
        mask |= 1 << UInt64(unit.number)
    }
}

extension Statement {
    fileprivate func bind(_ table: EntityTable, _ key: Int64, _ unit: Int) {
        bind(1, Int64(table.number))
        bind(2, key)
        bind(3, Int64(unit))
    }

    fileprivate func bind(_ index: Int32, _ stamp: LocalStamp) {
        bind(index, stamp.hlc.rawValue)
        bind(index + 1, Int64(stamp.origin))
    }

    func localStamp(_ column: Int32) -> LocalStamp {
        LocalStamp(hlc: HLC(rawValue: unsigned(column)), origin: Int32(integer(column + 1)))
    }

    /// Binds the fields of a unit from `index` on; returns the index after them.
    func bind(_ index: Int32, _ value: Value, of unit: Unit) -> Int32 {
        var index = index
        let values: [Value]
        if case .group(let group) = value { values = group } else { values = [value] }
        for value in values {
            switch value {
            case .integer(let n): bind(index, n)
            case .text(let text): bind(index, text)
            case .bytes(let bytes): bind(index, bytes)
            case .null, .group: bindNull(index)
            }
            index += 1
        }
        return index
    }

    /// The value of a unit whose fields stand from `column` on.
    func value(of unit: Unit, from column: Int32) -> Value {
        func field(_ offset: Int, _ type: FieldType) -> Value {
            let column = column + Int32(offset)
            if isNull(column) { return .null }
            switch type {
            case .integer, .boolean, .money: return .integer(integer(column))
            case .hash: return .bytes(bytes(column))
            default: return .text(text(column))
            }
        }
        if unit.fields.count == 1 { return field(0, unit.fields[0].type) }
        return .group(unit.fields.enumerated().map { field($0.offset, $0.element.type) })
    }
}
