import Causality
import Records

/// A record as it is stored: whole registers, the shown ones and what stands beside them.
package struct StoredRecord: Sendable {
    package var key: RecordKey
    /// Ascending by unit; unit 0 holds the record's deletions. Values of units that this version
    /// does not know are bytes in wire form.
    package var registers: [(unit: UInt8, register: Register)]
    package var isHidden: Bool

    package func register(_ unit: UInt8) -> Register? {
        registers.first { $0.unit == unit }?.register
    }

    package init(key: RecordKey, registers: [(unit: UInt8, register: Register)], isHidden: Bool) {
        self.key = key
        self.registers = registers
        self.isHidden = isHidden
    }
}

extension StoredRecord {
    /// What a unit shows: its default where it was never written, `nil` where it has none.
    package func shown(_ unit: UInt8, in node: NodeStore) -> Value? {
        guard let unit = node.schema[key.entity]?.unit(unit) else { return nil }
        guard let register = register(unit.number),
            let shown = register.shown(by: unit.policy, rank: node.ranks.rank)
        else { return unit.fallback }
        return shown.value
    }
}

/// Reads records and compartments whole.
package final class RecordReader {
    private let store: Store
    private let tables: Tables
    private let registers: RegisterStore
    private var stamps = InlineStamps()

    init(_ store: Store, _ tables: Tables, _ registers: RegisterStore) {
        self.store = store
        self.tables = tables
        self.registers = registers
    }

    /// A record of a compartment; `nil` when nothing is known of it.
    package func record(_ key: RecordKey, in compartment: Compartment) throws -> StoredRecord? {
        guard let root = try tables.root(compartment), let table = tables.existing(key.entity)
        else {
            return nil
        }
        return try rows(
            table, table.isRoot ? table.texts.byKey : table.texts.byID,
            table.isRoot
                ? { $0.bind(1, root.key) }
                : {
                    $0.bind(1, key.id)
                    $0.bind(2, root.rawValue)
                }
        ).first
    }

    /// The record of a row, and its compartment.
    func record(_ table: EntityTable, row: Int64) throws -> (StoredRecord, Compartment)? {
        guard let record = try rows(table, table.texts.byKey, { $0.bind(1, row) }).first else {
            return nil
        }
        if table.isRoot, let kind = table.entity?.compartment {
            return (record, Compartment(kind, record.key.id))
        }
        let root = try store.row(
            "SELECT _root FROM \"\(table.name)\" WHERE _key = ?", [.integer(row)]
        ) { RootReference(rawValue: $0.integer(0)) }
        guard let root, let compartment = try tables.compartment(root) else { return nil }
        return (record, compartment)
    }

    /// The compartments that have a record with this key: more than one only where two clinics
    /// imported one id into two.
    package func compartments(of key: RecordKey) throws -> [Compartment] {
        guard let table = tables.existing(key.entity) else { return [] }
        if table.isRoot, let kind = table.entity?.compartment {
            let compartment = Compartment(kind, key.id)
            return try tables.root(compartment) == nil ? [] : [compartment]
        }
        let select = try store.statement("SELECT _root FROM \"\(table.name)\" WHERE id = ?")
        select.bind(1, key.id)
        var roots: [RootReference] = []
        while try select.step() { roots.append(RootReference(rawValue: select.integer(0))) }
        return try roots.compactMap { try tables.compartment($0) }.sorted()
    }

    /// Every record of a compartment, by entity and id.
    package func records(of root: RootReference) throws -> [StoredRecord] {
        var all: [StoredRecord] = []
        if let table = tables.rootTable(root.kind) {
            all += try rows(table, table.texts.byKey) { $0.bind(1, root.key) }
        }
        for table in tables.members(of: root.kind) {
            all += try rows(table, table.texts.byRoot) { $0.bind(1, root.rawValue) }
        }
        return all.sorted { $0.key < $1.key }
    }

    private func rows(
        _ table: EntityTable, _ sql: String, _ bind: (Statement) -> Void
    ) throws -> [StoredRecord] {
        let select = try store.statement(sql)
        bind(select)
        var found: [(Int64, RecordID, [UInt8], Bool)] = []
        while try select.step() {
            found.append((select.integer(0), select.id(1), select.bytes(2), select.integer(3) == 1))
        }
        return try found.compactMap { key, id, blob, isHidden in
            guard blob.withUnsafeBytes({ stamps.read($0) }) else {
                throw StorageFailure(code: 11, message: "stamps in \(table.name)")
            }
            let record = RecordKey(entity: table.number, id: id)
            let all = try registers.loadAll(table, key, stamps)
            return all.isEmpty ? nil : StoredRecord(key: record, registers: all, isHidden: isHidden)
        }
    }
}
