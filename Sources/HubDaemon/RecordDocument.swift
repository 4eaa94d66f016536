import Causality
import Hospital
import Records
import Replica

/// Records as JSON for `syncctl record` and `syncctl review`: units by name, each with its value,
/// its stamp, its author, and what stands beside it.
///
/// A text is a JSON string, a number a number, a flag `true` or `false`, and a group an object of
/// its fields.
struct RecordDocument {
    let node: NodeStore

    private typealias Found = (record: StoredRecord, compartment: Compartment)

    /// `nil` where nothing is known of it. Called inside a read transaction.
    func shown(_ type: String, _ id: String) throws -> Document? {
        let found = try find(type, id)
        guard let first = found.first else { return nil }
        var units: [String: Document] = [:]
        for (record, _) in found { units.merge(try self.units(of: record)) { one, _ in one } }
        units.merge(try elementUnits(of: first, name: "\(type)/\(id)")) { one, _ in one }
        return [
            "type": .text(type), "id": .text(id), "units": .object(units),
            "deleted": .boolean(first.record.isHidden),
        ]
    }

    private func find(_ type: String, _ id: String) throws -> [Found] {
        try RecordNames.keys(type, id, node.schema).flatMap { key in
            try node.reader.compartments(of: key).compactMap { compartment in
                try node.reader.record(key, in: compartment).map { ($0, compartment) }
            }
        }
    }

    private func units(of record: StoredRecord) throws -> [String: Document] {
        let entity = node.schema[record.key.entity]
        var units: [String: Document] = [:]
        for (number, register) in record.registers where number != Unit.deletion {
            let unit = entity?.unit(number)
            let policy = unit?.policy ?? .latest
            guard let shown = register.shown(by: policy, rank: node.ranks.rank) else { continue }
            var members = try version(shown, unit)
            members["siblings"] = .list(
                try register.siblings.map { .object(try version($0, unit)) })
            units[unit?.name ?? "unit-\(number)"] = .object(members)
        }
        return units
    }

    /// The units of the elements of the record's lists, which are records of their own: of the
    /// second name, `name[1].name`.
    private func elementUnits(of found: Found, name: String) throws -> [String: Document] {
        guard let type = HospitalSchema.type(found.record.key.entity), !type.lists.isEmpty,
            let root = try node.tables.root(found.compartment)
        else { return [:] }
        let records = try node.reader.records(of: root).filter { !$0.isHidden }
        var all: [String: Document] = [:]
        for list in type.lists {
            let elements = records.filter { record in
                record.key.entity == list.entity
                    && record.register(ListUnit.parent)?.siblings.first?.value == .text(name)
            }
            let sorted = elements.sorted { (order($0), $0.key) < (order($1), $1.key) }
            for (place, element) in sorted.enumerated() {
                for (unit, document) in try units(of: element) {
                    all["\(list.element)[\(place)].\(unit)"] = document
                }
            }
        }
        return all
    }

    private func order(_ record: StoredRecord) -> Int64 {
        guard let register = record.register(ListUnit.orderKey),
            case .integer(let key)? = register.shown(by: .latest, rank: node.ranks.rank)?.value
        else { return .max }
        return key
    }

    // MARK: Review items

    func reviewItems() throws -> Document {
        .list(
            try node.reviews.all().map { item in
                let unit = node.schema[item.key.entity]?.unit(item.unit)
                let record = try node.reader.record(item.key, in: item.compartment)
                let name =
                    record.map { RecordNames.name(of: $0, node.schema) }
                    ?? RecordNames.name(of: item.compartment)
                return [
                    "id": .text(item.id), "kind": .text(item.kind.rawValue), "record": .text(name),
                    "unit": unit.document { .text($0.name) },
                    "values": item.kind == .deletedAndEdited
                        ? .list([["value": .text("delete")], ["value": .text("keep")]])
                        : .list(try item.siblings.map { .object(try version($0, unit)) }),
                    "since": .text(Moment.text(item.since.milliseconds)),
                ]
            })
    }

    // MARK: History

    /// All that is known to have been written to a record, oldest first: from what stands now,
    /// back through what each write replaced. `nil` where nothing is known of the record.
    func history(_ type: String, _ id: String) throws -> Document? {
        let found = try find(type, id)
        guard !found.isEmpty else { return nil }
        var entries: [RecordHistory.Entry] = []
        for (record, compartment) in found {
            entries += try RecordHistory(node).entries(of: record, in: compartment)
        }
        entries.sort { ($0.stamp, $0.unit) < ($1.stamp, $1.unit) }
        return [
            "type": .text(type), "id": .text(id),
            "entries": .list(try entries.map { .object(try members(of: $0)) }),
        ]
    }

    private func members(of entry: RecordHistory.Entry) throws -> [String: Document] {
        let unit = node.schema[entry.entity]?.unit(entry.unit)
        var members = try version(Sibling(stamp: entry.stamp, value: entry.value), unit)
        if entry.unit == Unit.deletion { members["value"] = .null }
        members["unit"] = .text(
            entry.unit == Unit.deletion ? "(deleted)" : unit?.name ?? "unit-\(entry.unit)")
        members["at"] = .text(Moment.text(entry.stamp.hlc.milliseconds))
        members["replaced"] = .list(entry.replaces.map { .text($0.text) })
        members["state"] = .text(entry.state.rawValue)
        return members
    }

    // MARK: Values

    private func version(_ sibling: Sibling, _ unit: Unit?) throws -> [String: Document] {
        let author = try node.log.entry(sibling.stamp)?.frame.header.author ?? ""
        return [
            "value": value(sibling.value, of: unit), "stamp": .text(sibling.stamp.text),
            "author": .text(author.isEmpty ? "clinic \(sibling.stamp.origin.node)" : author),
        ]
    }

    private func value(_ value: Value, of unit: Unit?) -> Document {
        guard let unit else { return field(value, as: nil) }
        guard unit.accepts(value) else { return ["unfit": field(value, as: nil)] }
        if unit.fields.count == 1 { return field(value, as: unit.fields[0].type) }
        guard case .group(let values) = value else { return .null }
        var members: [String: Document] = [:]
        for (item, value) in zip(unit.fields, values) where value != .null {
            members[item.name] = field(value, as: item.type)
        }
        return .object(members)
    }

    private func field(_ value: Value, as type: FieldType?) -> Document {
        switch value {
        case .null: .null
        case .integer(let number): type == .boolean ? .boolean(number != 0) : .number(number)
        case .text(let text): .text(text)
        case .bytes(let bytes): .text(hexadecimal(bytes))
        case .group(let values): .list(values.map { field($0, as: nil) })
        }
    }
}
