import Causality
import GRDBSQLite
import Records

/// Whole compartments: given out as state, replaced by what the hub sent, dropped, summed, and
/// looked at anew when the schema or a rank has changed.
package final class SnapshotStore {
    let store: Store
    let tables: Tables
    let origins: OriginTable
    let ranks: RankTable
    let registers: RegisterStore
    let visibility: Visibility
    let arrivals: Arrivals
    var stamps = InlineStamps()
    var blob = ContiguousArray<UInt8>()

    init(
        _ store: Store, _ tables: Tables, _ origins: OriginTable, _ ranks: RankTable,
        _ registers: RegisterStore, _ visibility: Visibility, _ arrivals: Arrivals
    ) {
        self.store = store
        self.tables = tables
        self.origins = origins
        self.ranks = ranks
        self.registers = registers
        self.visibility = visibility
        self.arrivals = arrivals
    }

    func selections(_ root: RootReference) -> [(EntityTable, String, Int64)] {
        let own = tables.rootTable(root.kind).map { [($0, "_key = ?", root.key)] } ?? []
        return own + tables.members(of: root.kind).map { ($0, "_root = ?", root.rawValue) }
    }

    func term(_ hash: RecordHash, _ unit: UInt8, _ stamp: LocalStamp) -> ContentSum {
        hash.term(unit: unit, hlc: stamp.hlc, origin: origins.sumHashes[Int(stamp.origin)])
    }

    // MARK: Compartments as a whole

    /// Drops every record of a compartment. A placeholder keeps its local name.
    package func drop(_ root: RootReference) throws {
        try arrivals.contentReplaced()
        if let table = tables.rootTable(root.kind) {
            try registers.dropBeside(table, root.key)
            let fields = (table.entity?.units ?? []).flatMap(\.fields).map {
                ", \"\($0.name)\" = NULL"
            }
            let update = try store.statement(
                """
                UPDATE "\(table.name)" SET _stamps = x'00', _hidden = 1\(fields.joined()) \
                WHERE _key = ?
                """)
            update.bind(1, root.key)
            try update.run()
        }
        for table in tables.members(of: root.kind) {
            for name in ["_sibling", "_replaced"] {
                let delete = try store.statement(
                    """
                    DELETE FROM \(name) WHERE entity = ? \
                    AND rec IN (SELECT _key FROM "\(table.name)" WHERE _root = ?)
                    """)
                delete.bind(1, Int64(table.number))
                delete.bind(2, root.rawValue)
                try delete.run()
            }
            let delete = try store.statement("DELETE FROM \"\(table.name)\" WHERE _root = ?")
            delete.bind(1, root.rawValue)
            try delete.run()
        }
    }

    /// The sum of a compartment's content, from its stamps.
    package func sum(of root: RootReference) throws -> ContentSum {
        var sum = ContentSum()
        for (table, condition, key) in selections(root) {
            let select = try store.statement(
                "SELECT _key, id, _stamps FROM \"\(table.name)\" WHERE \(condition)")
            select.bind(1, key)
            while try select.step() {
                guard stamps.read(select.buffer(2)) else {
                    throw StorageFailure(code: SQLITE_CORRUPT, message: "stamps in \(table.name)")
                }
                let hash = RecordHash(RecordKey(entity: table.number, id: select.id(1)))
                for unit in 1..<63 {
                    if let stamp = stamps[unit] { sum += term(hash, UInt8(unit), stamp) }
                }
                guard stamps.hasMore else { continue }
                let beside = try store.statement(
                    "SELECT unit, hlc, origin FROM _sibling WHERE entity = ? AND rec = ?")
                beside.bind(1, Int64(table.number))
                beside.bind(2, select.integer(0))
                while try beside.step() {
                    sum += term(hash, UInt8(beside.integer(0)), beside.localStamp(1))
                }
            }
        }
        return sum
    }

    // MARK: Looking anew

    /// Moves the registers of units that this version is the first to know into their columns.
    func moveIn(_ table: EntityTable, _ units: [Unit]) throws {
        #if PLANTED
            if Planted.is(.upgradeLeavesBehind) { return }
        #endif
        for unit in units {
            let select = try store.statement(
                "SELECT DISTINCT rec FROM _sibling WHERE entity = ? AND unit = ?")
            select.bind(1, Int64(table.number))
            select.bind(2, Int64(unit.number))
            var keys: [Int64] = []
            while try select.step() { keys.append(select.integer(0)) }
            for key in keys { try resolve(table, key, Int(unit.number)) }
        }
    }

    /// Looks anew at what shows wherever siblings compete, after what a stamp counts as changed.
    func resolveAnew() throws {
        let select = try store.statement(
            "SELECT DISTINCT entity, rec, unit FROM _sibling WHERE unit > 0")
        var found: [(UInt16, Int64, Int)] = []
        while try select.step() {
            found.append((UInt16(select.integer(0)), select.integer(1), Int(select.integer(2))))
        }
        for (entity, key, unit) in found { try resolve(try tables.table(entity), key, unit) }
    }

    private func resolve(_ table: EntityTable, _ key: Int64, _ unit: Int) throws {
        let select = try store.statement("SELECT _stamps FROM \"\(table.name)\" WHERE _key = ?")
        select.bind(1, key)
        guard try select.step() else { return }
        let isSound = stamps.read(select.buffer(0))
        select.reset()
        guard isSound else { throw StorageFailure(code: SQLITE_CORRUPT, message: table.name) }
        let register = try registers.load(table, key, unit, stamps)
        var current = stamps
        try replace(register, table, key, unit, &current)
    }

    /// Writes a register whole, and what the row shows of it.
    func replace(
        _ register: Register, _ table: EntityTable, _ key: Int64, _ unit: Int,
        _ stamps: inout InlineStamps
    ) throws {
        var row = RowUpdate()
        try registers.save(register, table, key, unit, &stamps, &row, hadMore: true)
        let beside = try registers.unitsBeside(table, key)
        stamps.flags = beside.isEmpty ? 0 : InlineStamps.hasMore
        if beside.contains(0) { stamps.flags |= InlineStamps.isDeleted }
        try registers.write(row, table, key, &stamps, &blob)
    }
}
