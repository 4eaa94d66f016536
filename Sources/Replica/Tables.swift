import Causality
import Records

/// A compartment's local name: the key of its root's row, and its kind. It stands in `_root`.
package struct RootReference: Hashable, Sendable {
    package let rawValue: Int64
    init(key: Int64, kind: Compartment.Kind) { rawValue = key << 2 | Int64(kind.rawValue) }
    package init(rawValue: Int64) { self.rawValue = rawValue }
    var key: Int64 { rawValue >> 2 }
    package var kind: Compartment.Kind { Compartment.Kind(rawValue: UInt8(rawValue & 3))! }
}

/// All entity tables of a database, made and kept up to a schema.
///
/// A compartment's local name is the row of the entity that it is named after (a patient); kinds
/// without such an entity have a table of their own, `_compartment`. Where a root's row has not
/// come yet, a placeholder stands for it, hidden and without stamps.
package final class Tables {
    let store: Store
    package let schema: Schema
    private var byNumber: [UInt16: EntityTable] = [:]
    /// The table asked for last: changes of one entity mostly come together.
    private var last: EntityTable?
    /// Unknown entities that have a table, ascending.
    private(set) var unknown: [UInt16] = []
    private let rootTables: [EntityTable?]

    init(_ store: Store, _ schema: Schema) throws {
        self.store = store
        self.schema = schema
        for entity in schema.entities { byNumber[entity.number] = EntityTable(entity, store) }
        let tables = byNumber
        rootTables = Compartment.Kind.allCases.map { kind in
            schema.root(of: kind).flatMap { tables[$0.number] }
        }
        try loadUnknown()
    }

    /// Finds the tables of entities that only a newer version knows.
    func loadUnknown() throws {
        let select = try store.statement(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB '_entity_*'")
        while try select.step() {
            guard let number = UInt16(select.text(0).dropFirst("_entity_".count)),
                byNumber[number] == nil
            else { continue }
            byNumber[number] = EntityTable(unknown: number, store)
            unknown.append(number)
        }
        unknown.sort()
    }

    static let ownTables = [
        "CREATE TABLE IF NOT EXISTS _meta (name TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID",
        """
        CREATE TABLE IF NOT EXISTS _compartment (
            num INTEGER PRIMARY KEY, kind INTEGER NOT NULL, id BLOB NOT NULL, UNIQUE (kind, id))
        """,
        """
        CREATE TABLE IF NOT EXISTS _sibling (
            entity INTEGER, rec INTEGER, unit INTEGER, hlc INTEGER, origin INTEGER,
            value BLOB NOT NULL, PRIMARY KEY (entity, rec, unit, hlc, origin)) WITHOUT ROWID
        """,
        """
        CREATE TABLE IF NOT EXISTS _replaced (
            entity INTEGER, rec INTEGER, unit INTEGER, hlc INTEGER, origin INTEGER,
            PRIMARY KEY (entity, rec, unit, hlc, origin)) WITHOUT ROWID
        """,
        """
        CREATE TABLE IF NOT EXISTS _rank (
            hlc INTEGER, origin INTEGER, epoch INTEGER NOT NULL, rank INTEGER NOT NULL,
            PRIMARY KEY (hlc, origin)) WITHOUT ROWID
        """,
        OriginTable.table,
    ]

    /// Makes what is missing. Returns, per table, the units whose registers this version is the
    /// first to know.
    func create() throws -> [(EntityTable, [Unit])] {
        for sql in Tables.ownTables { try store.execute(sql) }
        var learned: [(EntityTable, [Unit])] = []
        for entity in schema.entities {
            let table = byNumber[entity.number]!
            let wasUnknown = try !store.columns(of: EntityTable.unknownName(entity.number)).isEmpty
            let added = try table.create()
            if wasUnknown {
                learned.append((table, entity.units))
            } else if !added.isEmpty {
                learned.append((table, added))
            }
        }
        return learned
    }

    /// The table of an entity, made now when only a newer version knows it.
    ///
    /// - Throws: ``Malformed`` for a number that no version has: nobody may make tables without end.
    func table(_ number: UInt16) throws -> EntityTable {
        if let last, last.number == number { return last }
        if let known = byNumber[number] {
            last = known
            return known
        }
        guard number > 0 else { throw Malformed.invalid("entity number") }
        guard number <= Limits.entityNumber else {
            throw Malformed.tooLarge(what: "entity number", limit: Limits.entityNumber)
        }
        let table = EntityTable(unknown: number, store)
        _ = try table.create()
        byNumber[number] = table
        unknown.append(number)
        unknown.sort()
        return table
    }

    func existing(_ number: UInt16) -> EntityTable? {
        if let last, last.number == number { return last }
        return byNumber[number]
    }

    func rootTable(_ kind: Compartment.Kind) -> EntityTable? { rootTables[Int(kind.rawValue)] }

    /// The tables that may hold records of a compartment of `kind`, but for its root's.
    func members(of kind: Compartment.Kind) -> [EntityTable] {
        schema.entities.filter { $0.compartment == kind && !$0.isRoot }.map { byNumber[$0.number]! }
            + unknown.map { byNumber[$0]! }
    }

    /// Every table, in the order of the entities' numbers.
    var all: [EntityTable] { byNumber.values.sorted { $0.number < $1.number } }

    /// Lets go of all prepared statements, before closing.
    func forget() {
        for table in byNumber.values { table.forget() }
        forgetUnknown()
    }

    /// Lets go of the tables that may have been undone with what made them. The others' statements
    /// stay: to prepare them again would cost more than the frame that was undone.
    func forgetUnknown() {
        byNumber = byNumber.filter { schema[$0.key] != nil }
        unknown.removeAll()
        last = nil
    }

    /// The compartment's local name, if it has one.
    package func root(_ compartment: Compartment) throws -> RootReference? {
        if let table = rootTable(compartment.kind) {
            let select = try table.selectByID()
            select.bind(1, compartment.id)
            guard try select.step() else { return nil }
            defer { select.reset() }
            return RootReference(key: select.integer(0), kind: compartment.kind)
        }
        let select = try store.statement("SELECT num FROM _compartment WHERE kind = ? AND id = ?")
        select.bind(1, Int64(compartment.kind.rawValue))
        select.bind(2, compartment.id)
        guard try select.step() else { return nil }
        defer { select.reset() }
        return RootReference(key: select.integer(0), kind: compartment.kind)
    }

    /// The compartment's local name, made now where it has none.
    package func makeRoot(_ compartment: Compartment) throws -> (root: RootReference, isNew: Bool) {
        if let known = try root(compartment) { return (known, false) }
        if let table = rootTable(compartment.kind) {
            let insert = try store.statement(
                "INSERT INTO \"\(table.name)\" (id, _stamps, _hidden) VALUES (?, x'00', 1)")
            insert.bind(1, compartment.id)
            try insert.run()
        } else {
            let insert = try store.statement("INSERT INTO _compartment (kind, id) VALUES (?, ?)")
            insert.bind(1, Int64(compartment.kind.rawValue))
            insert.bind(2, compartment.id)
            try insert.run()
        }
        return (RootReference(key: store.lastInsertedKey, kind: compartment.kind), true)
    }

    /// The compartment of a local name.
    package func compartment(_ root: RootReference) throws -> Compartment? {
        let select = try store.statement(
            rootTable(root.kind)?.texts.id ?? "SELECT id FROM _compartment WHERE num = ?")
        select.bind(1, root.key)
        guard try select.step() else { return nil }
        defer { select.reset() }
        return Compartment(root.kind, select.id(0))
    }

    /// The compartments of a kind, in the order in which they came to be known here.
    ///
    /// - Parameter after: the last one that the caller has had.
    package func roots(
        of kind: Compartment.Kind, after: RootReference?, limit: Int
    ) throws -> [RootReference] {
        let name = rootTable(kind)?.name
        let select = try store.statement(
            name.map { "SELECT _key FROM \"\($0)\" WHERE _key > ? ORDER BY _key LIMIT ?" }
                ?? """
                SELECT num FROM _compartment WHERE num > ? AND kind = \(kind.rawValue) \
                ORDER BY num LIMIT ?
                """)
        select.bind(1, after?.key ?? 0)
        select.bind(2, Int64(limit))
        var roots: [RootReference] = []
        while try select.step() {
            roots.append(RootReference(key: select.integer(0), kind: kind))
        }
        return roots
    }
}
