import Causality
import Records
import Replica

/// Whether a replica's content is what the model of registers says.
extension World {
    func checkContent(
        _ name: String, _ node: NodeStore, _ version: ProductVersion, _ model: RegisterModel,
        _ holds: (Compartment) -> Bool
    ) throws {
        try node.store.reading {
            var seen: Set<Compartment> = []
            for kind in Compartment.Kind.allCases {
                for root in try node.tables.roots(of: kind, after: nil, limit: .max) {
                    guard let compartment = try node.tables.compartment(root) else { continue }
                    seen.insert(compartment)
                    let records = try node.reader.records(of: root).filter { record in
                        record.registers.contains { !$0.register.siblings.isEmpty }
                    }
                    guard holds(compartment) else {
                        if records.isEmpty { continue }
                        throw Failure(
                            .scope,
                            "\(name) keeps \(compartment.kind) \(compartment.id), which "
                                + "it does not hold")
                    }
                    let checker = CompartmentChecker(
                        name: name, node: node, schema: version.schema, model: model, root: root,
                        compartment: compartment)
                    try checker.check(records)
                }
            }
            for compartment in model.records.keys.sorted()
            where holds(compartment) && !seen.contains(compartment) {
                throw Failure(
                    .content, "\(name) lacks all of \(compartment.kind) \(compartment.id)")
            }
            try checkReviews(name, node, version.schema, model, holds)
        }
    }

    private func checkReviews(
        _ name: String, _ node: NodeStore, _ schema: Schema, _ model: RegisterModel,
        _ holds: (Compartment) -> Bool
    ) throws {
        var expected: Set<RegisterModel.Item> = []
        for compartment in model.records.keys where holds(compartment) {
            expected.formUnion(model.items(in: compartment, schema))
        }
        var found: Set<RegisterModel.Item> = []
        for item in try node.reviews.all() {
            let place = Place(compartment: item.compartment, key: item.key, unit: item.unit)
            found.insert(RegisterModel.Item(kind: item.kind.rawValue, place: place))
            let known = itemNames[place.description + item.kind.rawValue]
            guard known == nil || known == item.id else {
                throw Failure(.review, "\(name) has another name for the item at \(place)")
            }
            itemNames[place.description + item.kind.rawValue] = item.id
        }
        if let item = expected.subtracting(found).sorted().first {
            throw Failure(.review, "\(name) lacks an item: \(item)")
        }
        if let item = found.subtracting(expected).sorted().first {
            throw Failure(.review, "\(name) raises an item for nothing: \(item)")
        }
    }
}

/// Looks at one compartment of a replica: registers, rows, and what is hidden.
private struct CompartmentChecker {
    let name: String
    let node: NodeStore
    let schema: Schema
    let model: RegisterModel
    let root: RootReference
    let compartment: Compartment

    func check(_ records: [StoredRecord]) throws {
        let expected = model.records[compartment] ?? [:]
        let found = Set(records.map(\.key))
        for key in expected.keys.sorted() where !found.contains(key) {
            throw Failure(.content, "\(name) lacks \(place(key, 0))")
        }
        for record in records {
            guard let own = expected[record.key] else {
                throw Failure(.content, "\(name) keeps \(place(record.key, 0))")
            }
            try check(record, own)
        }
    }

    private func place(_ key: RecordKey, _ unit: UInt8) -> Place {
        Place(compartment: compartment, key: key, unit: unit)
    }

    private func check(_ record: StoredRecord, _ expected: RegisterModel.Record) throws {
        var units: Set<UInt8> = []
        for (unit, register) in record.registers where !register.siblings.isEmpty {
            units.insert(unit)
            let stamps = Set(register.siblings.map(\.stamp))
            let own = Set((expected.units[unit] ?? [:]).keys)
            guard stamps == own else {
                throw Failure(
                    .content,
                    "\(name), \(place(record.key, unit)): \(stamps.subtracting(own).count) "
                        + "siblings too many, \(own.subtracting(stamps).count) too few")
            }
            for sibling in register.siblings { try check(sibling, record.key, unit, expected) }
        }
        for unit in expected.units.keys.sorted() where !units.contains(unit) {
            throw Failure(.content, "\(name) lacks \(place(record.key, unit))")
        }
        guard record.isHidden == !model.shows(record.key, in: compartment) else {
            let what = record.isHidden ? "hides" : "shows"
            throw Failure(.content, "\(name) \(what) \(place(record.key, 0))")
        }
        try checkRow(record.key, expected)
    }

    private func check(
        _ sibling: Sibling, _ key: RecordKey, _ unit: UInt8, _ expected: RegisterModel.Record
    ) throws {
        let counts = model.ranks[sibling.stamp] ?? sibling.stamp.hlc
        guard node.ranks.rank(sibling.stamp) == counts else {
            throw Failure(
                .rank,
                "at \(name) \(sibling.stamp) counts as "
                    + "\(node.ranks.rank(sibling.stamp)), not \(counts)")
        }
        // What only a newer version knows is bytes here.
        guard unit == 0 || schema[key.entity]?.unit(unit) != nil else { return }
        let written = try LoggedFrame.written(sibling, unit)
        guard written == expected.units[unit]?[sibling.stamp] else {
            throw Failure(.content, "\(name) has another value at \(place(key, unit))")
        }
    }

    /// What a report or an SQL query reads: the row's own columns.
    private func checkRow(_ key: RecordKey, _ expected: RegisterModel.Record) throws {
        guard let entity = schema[key.entity] else { return }
        let units = entity.units.filter { expected.units[$0.number] != nil }
        guard !units.isEmpty else { return }
        let columns = units.flatMap(\.fields).map { "\"\($0.name)\"" }.joined(separator: ", ")
        let condition = entity.isRoot ? "id = ?" : "id = ? AND _root = ?"
        var bindings: [Store.Binding] = [.id(key.id)]
        if !entity.isRoot { bindings.append(.integer(root.rawValue)) }
        let row = try node.store.row(
            "SELECT \(columns) FROM \"\(entity.name)\" WHERE \(condition)", bindings
        ) { row in
            (0..<units.flatMap(\.fields).count).map {
                row.isNull(Int32($0)) ? nil : row.text(Int32($0))
            }
        }
        var column = 0
        for unit in units {
            let shown = model.shownValue(key, in: compartment, unit.number)
            var fields: [Value] = [shown ?? .null]
            if case .group(let values) = shown { fields = values }
            for field in fields {
                guard let row, row[column] == text(field) else {
                    throw Failure(
                        .content, "\(name) shows another value at \(place(key, unit.number))")
                }
                column += 1
            }
        }
    }

    private func text(_ value: Value) -> String? {
        switch value {
        case .text(let text): text
        case .integer(let number): "\(number)"
        default: nil
        }
    }
}
