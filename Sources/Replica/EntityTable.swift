import Causality
import GRDBSQLite
import Records

/// The SQLite table of an entity: its columns, and the statements that write them.
///
/// ```sql
/// patient(_key INTEGER PRIMARY KEY, id BLOB NOT NULL, _root INTEGER, _stamps BLOB NOT NULL,
///         _hidden INTEGER, … the fields of its units, UNIQUE (id, _root))
/// ```
///
/// `_root` names the compartment (``RootReference``); a root's own row has none. Two clinics may
/// import one id into two compartments, so an id is unique within its compartment. `_hidden` is 1
/// when every stamp of the record is listed by a delete. An entity that only a newer version
/// knows has a table without fields: its registers all stand in `_sibling`.
final class EntityTable {
    let number: UInt16
    let name: String
    let entity: Entity?
    /// Bit n is set when unit n has columns here.
    let knownMask: UInt64
    let isRoot: Bool
    let lane: Lane
    /// The kind of the compartments that hold its records; `nil` for an unknown entity.
    let kind: Compartment.Kind?
    private let unitsByNumber: [Unit?]
    /// The types of all fields, unit by unit, and where each unit's begin: what the hot path needs
    /// of the schema, without a copy of anything that is counted.
    let fieldTypes: ContiguousArray<FieldType>
    let firstField: ContiguousArray<Int>
    /// How each unit's siblings are decided.
    let decisions: ContiguousArray<Decision>
    /// Statements whose text names the table, as ``Store/statement(_:)`` takes them.
    let texts: Texts
    private let store: Store
    private var inserts: [UInt64: Statement] = [:]
    private var updates: [UInt64: Statement] = [:]
    private var updatesByID: [UInt64: Statement] = [:]
    private var selects: [UInt64: Statement] = [:]
    private var byID: Statement?
    private var content: Statement?
    private var lastInsert: (mask: UInt64, statement: Statement)?
    private var lastUpdate: (mask: UInt64, statement: Statement)?
    private var lastUpdateByID: (mask: UInt64, statement: Statement)?
    private var lastSelect: (mask: UInt64, statement: Statement)?

    /// They are asked for at each record: put together once, they cost nothing.
    struct Texts {
        let keys: String
        let stamps: String
        let isHidden: String
        let setHidden: String
        let id: String
        let byKey: String
        let byRoot: String
        let byID: String

        init(_ name: String) {
            let record = "SELECT _key, id, _stamps, _hidden FROM \"\(name)\" WHERE"
            keys = "SELECT _key FROM \"\(name)\" WHERE _root = ?"
            stamps = "SELECT _stamps FROM \"\(name)\" WHERE _key = ?"
            isHidden = "SELECT _hidden FROM \"\(name)\" WHERE _key = ?"
            setHidden =
                "UPDATE \"\(name)\" SET _hidden = ? WHERE _key = ? AND _hidden IS NOT ?"
            id = "SELECT id FROM \"\(name)\" WHERE _key = ?"
            byKey = "\(record) _key = ?"
            byRoot = "\(record) _root = ?"
            byID = "\(record) id = ? AND _root = ?"
        }
    }

    /// Which of two siblings shows, as far as their stamps tell.
    enum Decision {
        case highestStamp
        case lowestStamp
        case byValue
    }

    init(_ entity: Entity, _ store: Store) {
        number = entity.number
        name = entity.name
        texts = Texts(name)
        self.entity = entity
        self.store = store
        kind = entity.compartment
        isRoot = entity.isRoot
        lane = entity.lane
        knownMask = entity.units.reduce(0) { $0 | 1 << UInt64($1.number) }
        let units = (0..<63).map { number in entity.unit(UInt8(number)) }
        unitsByNumber = units
        var types: ContiguousArray<FieldType> = []
        var first: ContiguousArray<Int> = []
        for unit in units {
            first.append(types.count)
            types += unit?.fields.map(\.type) ?? []
        }
        first.append(types.count)
        (fieldTypes, firstField) = (types, first)
        decisions = ContiguousArray(units.map { $0.map { Decision($0.policy) } ?? .byValue })
    }

    init(unknown number: UInt16, _ store: Store) {
        self.number = number
        name = EntityTable.unknownName(number)
        texts = Texts(name)
        entity = nil
        self.store = store
        kind = nil
        isRoot = false
        lane = .bulk
        knownMask = 0
        unitsByNumber = []
        (fieldTypes, firstField, decisions) = ([], [], [])
    }

    func unit(_ number: Int) -> Unit? { unitsByNumber.isEmpty ? nil : unitsByNumber[number] }

    static func unknownName(_ number: UInt16) -> String { "_entity_\(number)" }

    /// Forms write few different sets of units; a bound on their statements all the same.
    private static let mostStatements = 512

    func forget() {
        inserts.removeAll()
        updates.removeAll()
        selects.removeAll()
        (byID, content) = (nil, nil)
        updatesByID.removeAll()
        (lastInsert, lastUpdate, lastUpdateByID, lastSelect) = (nil, nil, nil, nil)
    }

    /// Makes the table, or brings it up to the schema: what a newer version added becomes columns.
    /// Returns the units that became known now, whose registers must be moved into them.
    func create() throws -> [Unit] {
        let exists = try store.columns(of: name)
        if exists.isEmpty {
            if entity != nil, try !store.columns(of: EntityTable.unknownName(number)).isEmpty {
                try store.execute(
                    "ALTER TABLE \(EntityTable.unknownName(number)) RENAME TO \"\(name)\"")
                return try create()
            }
            let root = isRoot ? "" : "_root INTEGER NOT NULL, "
            try store.execute(
                """
                CREATE TABLE "\(name)" (_key INTEGER PRIMARY KEY, id BLOB NOT NULL, \
                \(root)_stamps BLOB NOT NULL, _hidden INTEGER\(fieldList), \
                UNIQUE (id\(isRoot ? "" : ", _root")))
                """)
            if !isRoot {
                try store.execute("CREATE INDEX \"\(name)_root\" ON \"\(name)\" (_root)")
            }
            return []
        }
        var added: [Unit] = []
        for unit in entity?.units ?? [] where !exists.contains(unit.fields[0].name) {
            for field in unit.fields {
                try store.execute(
                    "ALTER TABLE \"\(name)\" ADD COLUMN \"\(field.name)\" \(field.type.column)")
            }
            added.append(unit)
        }
        return added
    }

    private var fieldList: String {
        (entity?.units ?? []).flatMap(\.fields).map { ", \"\($0.name)\" \($0.type.column)" }
            .joined()
    }

    private func fields(_ mask: UInt64) -> [String] {
        (entity?.units ?? []).filter { mask >> UInt64($0.number) & 1 == 1 }
            .flatMap(\.fields).map { "\"\($0.name)\"" }
    }

    /// `id, _stamps, [_root,] fields…`; gives no row when the id is taken.
    func insert(_ mask: UInt64) throws -> Statement {
        if let lastInsert, lastInsert.mask == mask { return lastInsert.statement }
        if let known = inserts[mask] {
            lastInsert = (mask, known)
            return known
        }
        let columns = ["id", "_stamps"] + (isRoot ? [] : ["_root"]) + fields(mask)
        let marks = columns.map { _ in "?" }.joined(separator: ", ")
        let statement = try store.prepare(
            "INSERT OR IGNORE INTO \"\(name)\" (\(columns.joined(separator: ", "))) VALUES (\(marks))"
        )
        if inserts.count > EntityTable.mostStatements { inserts.removeAll() }
        inserts[mask] = statement
        lastInsert = (mask, statement)
        return statement
    }

    /// `_stamps, fields…, _key`.
    func update(_ mask: UInt64) throws -> Statement {
        if let lastUpdate, lastUpdate.mask == mask { return lastUpdate.statement }
        if let known = updates[mask] {
            lastUpdate = (mask, known)
            return known
        }
        let columns = (["_stamps"] + fields(mask)).map { "\($0) = ?" }.joined(separator: ", ")
        let statement = try store.prepare("UPDATE \"\(name)\" SET \(columns) WHERE _key = ?")
        if updates.count > EntityTable.mostStatements { updates.removeAll() }
        updates[mask] = statement
        lastUpdate = (mask, statement)
        return statement
    }

    /// `fields…, id[, _root]`, for ``RowProbe``.
    func updateByID(_ mask: UInt64) throws -> Statement {
        if let lastUpdateByID, lastUpdateByID.mask == mask { return lastUpdateByID.statement }
        if let known = updatesByID[mask] {
            lastUpdateByID = (mask, known)
            return known
        }
        let columns = (["_stamps = row_stamps()"] + fields(mask).map { "\($0) = ?" })
        let statement = try store.prepare(
            """
            UPDATE "\(name)" SET \(columns.joined(separator: ", ")) \
            WHERE id = ?\(isRoot ? "" : " AND _root = ?") AND row_fits(_key, _stamps)
            """)
        if updatesByID.count > EntityTable.mostStatements { updatesByID.removeAll() }
        updatesByID[mask] = statement
        lastUpdateByID = (mask, statement)
        return statement
    }

    /// `_key, _stamps` by id and, but for a root, `_root`.
    func selectByID() throws -> Statement {
        if let byID { return byID }
        let statement = try store.prepare(
            "SELECT _key, _stamps FROM \"\(name)\" WHERE id = ?\(isRoot ? "" : " AND _root = ?")")
        byID = statement
        return statement
    }

    /// `_key, id, _stamps`, all fields: by `_root`, or for a root by `_key`.
    func selectContent() throws -> Statement {
        if let content { return content }
        let columns = ["_key", "id", "_stamps"] + fields(knownMask)
        let statement = try store.prepare(
            """
            SELECT \(columns.joined(separator: ", ")) FROM "\(name)" \
            WHERE \(isRoot ? "_key" : "_root") = ?
            """)
        content = statement
        return statement
    }

    /// The fields of the units in `mask`, by `_key`.
    func select(_ mask: UInt64) throws -> Statement {
        if let lastSelect, lastSelect.mask == mask { return lastSelect.statement }
        if let known = selects[mask] {
            lastSelect = (mask, known)
            return known
        }
        let columns = fields(mask)
        let statement = try store.prepare(
            "SELECT \(columns.joined(separator: ", ")) FROM \"\(name)\" WHERE _key = ?")
        if selects.count > EntityTable.mostStatements { selects.removeAll() }
        selects[mask] = statement
        lastSelect = (mask, statement)
        return statement
    }
}

extension Store {
    /// The names of a table's columns; empty when there is no such table.
    func columns(of table: String) throws -> Set<String> {
        let select = try statement("SELECT name FROM pragma_table_info(?)")
        select.bind(1, table)
        var names: Set<String> = []
        while try select.step() { names.insert(select.text(0)) }
        return names
    }
}

extension EntityTable.Decision {
    init(_ policy: Policy) {
        switch policy {
        case .latest, .review(nil): self = .highestStamp
        case .once, .append: self = .lowestStamp
        case .review, .progress: self = .byValue
        }
    }
}
