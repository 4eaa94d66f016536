import Causality
import Records
import Replica

/// Compares what a replica holds with what the oracle says of the frames that it has, in every
/// form in which it is kept: registers, rows, stamps, visibility, sums, review items.
struct Checker {
    let replica: Replica
    let oracle: Oracle
    /// The frames that count; by default those that the replica has.
    let known: Set<Stamp>
    private(set) var differences: [String] = []

    init(_ replica: Replica, _ oracle: Oracle, knowing known: Set<Stamp>? = nil) throws {
        self.replica = replica
        self.oracle = oracle
        self.known = known ?? replica.known
        for compartment in oracle.compartments {
            try registers(of: compartment)
            try sum(of: compartment)
        }
        try rows()
        try reviewItems()
    }

    private var schema: Schema { replica.node.schema }

    private mutating func expect<T: Equatable>(_ found: T, _ expected: T, _ what: String) {
        if found != expected {
            differences.append("replica \(replica.number): \(what) is \(found), not \(expected)")
        }
    }

    // MARK: Registers, whole

    private mutating func registers(of compartment: Compartment) throws {
        let stored = try replica.records(of: compartment)
        var seen: Set<RecordName> = []
        for record in stored {
            let name = RecordName(compartment: compartment, key: record.key)
            expect(seen.insert(name).inserted, true, "\(name.short) once")
            var found: [UInt8: [Stamp: Value]] = [:]
            for (unit, register) in record.registers where !register.siblings.isEmpty {
                found[unit] = Dictionary(
                    register.siblings.map { ($0.stamp, $0.value) }, uniquingKeysWith: { $1 })
            }
            expect(found, expected(name), "registers of \(name.short)")
            let root = schema.root(of: compartment.kind)?.number
            expect(record.isHidden, oracle.isHidden(name, root, known), "hidden of \(name.short)")
            try remembered(record, name)
        }
        for name in oracle.records(of: compartment, known) where !expected(name).isEmpty {
            expect(seen.contains(name), true, "presence of \(name.short)")
        }
    }

    /// The oracle's registers, in the form in which this version's schema holds values.
    private func expected(_ name: RecordName) -> [UInt8: [Stamp: Value]] {
        var registers = oracle.registers(name, known)
        for number in registers.keys {
            let unit = schema[name.key.entity]?.unit(number)
            registers[number] = registers[number]!.mapValues { value in
                unit?.accepts(value) == true ? value : .bytes(WireValue.encoded(value))
            }
        }
        return registers
    }

    /// What was replaced before it came must be remembered, and nothing that no write names.
    private mutating func remembered(_ record: StoredRecord, _ name: RecordName) throws {
        for (unit, register) in record.registers {
            let arrived = (oracle.writes[name] ?? []).filter {
                $0.unit == unit && known.contains($0.stamp)
            }
            let named = arrived.reduce(into: Set<Stamp>()) { $0.formUnion($1.replaces) }
            let missing = named.subtracting(arrived.map(\.stamp))
            expect(
                missing.isSubset(of: register.remembered)
                    && register.remembered.isSubset(of: named),
                true, "what is remembered of \(name.short) unit \(unit)")
        }
    }

    // MARK: Sums

    private mutating func sum(of compartment: Compartment) throws {
        var expected = ContentSum()
        for name in oracle.records(of: compartment, known) {
            for (unit, siblings) in oracle.registers(name, known) {
                for stamp in siblings.keys {
                    expected += RecordHash(name.key).term(
                        unit: unit, hlc: stamp.hlc, origin: stamp.origin.sumHash)
                }
            }
        }
        expect(try replica.sum(of: compartment), expected, "sum of \(compartment)")
        expect(replica.sums[compartment] ?? ContentSum(), expected, "kept sum of \(compartment)")
    }

    // MARK: Rows, as SQL sees them

    private mutating func rows() throws {
        let raw = try RawDatabase(replica.path)
        let origins = try raw.origins()
        let compartments = try self.compartments(raw)
        for entity in schema.entities {
            let fields = entity.units.flatMap(\.fields).map { ", \"\($0.name)\"" }.joined()
            let root = entity.isRoot ? "_key << 2 | \(entity.compartment.rawValue)" : "_root"
            let found = try raw.rows(
                "SELECT _key, id, \(root), _hidden, _stamps\(fields) FROM \"\(entity.name)\"")
            for row in found {
                guard let id = row[1].id, let compartment = compartments[row[2].integer ?? -1]
                else {
                    differences.append(
                        "replica \(replica.number): a row of \(entity.name) of no record")
                    continue
                }
                let key = RecordKey(entity: entity.number, id: id)
                let name = RecordName(compartment: compartment, key: key)
                try check(row, entity, name, origins, raw)
            }
        }
    }

    private mutating func check(
        _ row: [Column], _ entity: Entity, _ name: RecordName, _ origins: [Int64: Origin],
        _ raw: RawDatabase
    ) throws {
        let root = schema.root(of: name.compartment.kind)?.number
        let isHidden = oracle.isHidden(name, root, known)
        expect(row[3], isHidden ? .integer(1) : .null, "_hidden of \(name.short)")
        let form: InlineForm
        do {
            form = try InlineForm(row[4].blob)
        } catch {
            return differences.append(
                "replica \(replica.number): stamps of \(name.short): \(error)")
        }
        let registers = oracle.registers(name, known)
        var column = 5
        for unit in entity.units {
            let shown = registers[unit.number].flatMap { oracle.shown($0, unit) }
            let none = unit.fields.map { _ in Column.null }
            let found = Array(row[column..<column + unit.fields.count])
            expect(
                found, shown.map { Column.columns($0.value) } ?? none,
                "\(unit.name) of \(name.short)")
            let mark = form.stamps[unit.number].flatMap { mark in
                origins[mark.origin].map { Stamp(hlc: HLC(rawValue: mark.hlc), origin: $0) }
            }
            expect(mark, shown?.stamp, "stamp of \(unit.name) of \(name.short)")
            column += unit.fields.count
        }
        let place = "entity = \(entity.number) AND rec = \(row[0].integer ?? -1)"
        let beside = try raw.rows(
            """
            SELECT unit FROM _sibling WHERE \(place) UNION ALL \
            SELECT unit FROM _replaced WHERE \(place)
            """)
        expect(form.hasMore, !beside.isEmpty, "the flag for siblings of \(name.short)")
        expect(
            form.isDeleted, beside.contains([.integer(0)]), "the flag for deletes of \(name.short)")
    }

    /// Compartments by their local names.
    private func compartments(_ raw: RawDatabase) throws -> [Int64: Compartment] {
        var all: [Int64: Compartment] = [:]
        for row in try raw.rows("SELECT num << 2 | kind, kind, id FROM _compartment") {
            guard let key = row[0].integer, let kind = row[1].integer, let id = row[2].id else {
                continue
            }
            all[key] = Compartment(Compartment.Kind(rawValue: UInt8(kind)) ?? .reference, id)
        }
        for row in try raw.rows("SELECT _key << 2 | 1, id FROM person") {
            if let key = row[0].integer, let id = row[1].id { all[key] = .patient(id) }
        }
        return all
    }

    // MARK: Review items

    private struct Item: Hashable, Comparable {
        var name: RecordName
        var unit: UInt8
        var kind: String

        static func < (a: Item, b: Item) -> Bool {
            (a.name, a.unit, a.kind) < (b.name, b.unit, b.kind)
        }
    }

    private mutating func reviewItems() throws {
        let found = try replica.node.store.reading { try replica.node.reviews.all() }
        expect(
            found.map { item in
                Item(
                    name: RecordName(compartment: item.compartment, key: item.key), unit: item.unit,
                    kind: item.kind.rawValue)
            }.sorted(), expectedItems(), "review items")
        expect(Set(found.map(\.id)).count, found.count, "number of names of review items")
    }

    private func expectedItems() -> [Item] {
        var items: [Item] = []
        for name in oracle.writes.keys.sorted() {
            guard let entity = schema[name.key.entity] else { continue }
            let root = schema.root(of: name.compartment.kind)?.number
            guard !oracle.isHidden(name, root, known) else { continue }
            for (unit, siblings) in oracle.registers(name, known) {
                if unit == Unit.deletion {
                    let isMet = oracle.deletes(name, known).contains { !$0.listed.isEmpty }
                    if isMet { items.append(Item(name: name, unit: 0, kind: "deleted-and-edited")) }
                    continue
                }
                guard let known = entity.unit(unit) else { continue }
                let fitting = siblings.values.filter { known.accepts($0) }
                if fitting.count < siblings.count {
                    items.append(Item(name: name, unit: unit, kind: "unfit"))
                }
                guard Set(fitting).count > 1 else { continue }
                switch known.policy {
                case .review: items.append(Item(name: name, unit: unit, kind: "concurrent"))
                case .once, .append: items.append(Item(name: name, unit: unit, kind: "second"))
                case .latest, .progress: break
                }
            }
        }
        return items.sorted()
    }
}

extension RecordName {
    /// For a message that a person reads.
    var short: String { "\(key.entity)/\(key.id) in \(compartment.kind) \(compartment.id)" }
}
