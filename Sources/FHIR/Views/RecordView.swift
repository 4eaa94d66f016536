import Causality
import Hospital
import Records
import Replica

/// Records as `syncctl record` and `syncctl review` show them, on a clinic and on the hub alike:
/// units by name, each with its value as FHIR JSON, its stamp, its author, and all values that
/// nobody has replaced. Called inside a reading of the store.
package struct RecordView {
    let node: NodeStore
    private let reader: ResourceReader

    package init(_ node: NodeStore) {
        self.node = node
        reader = ResourceReader(node)
    }

    /// - Returns: `{type, id, deleted, units}`; `nil` where nothing is known of the resource.
    package func shown(_ type: String, _ id: String) throws -> JSON? {
        let parts = try self.parts(type, id)
        guard let main = parts.first else { return nil }
        var units = JSON.object([])
        var authors = Authors(node)
        for part in parts where !part.record.isHidden || part.prefix.isEmpty {
            let entity = part.record.key.entity
            for (number, register) in part.record.registers {
                let name = RecordNames.unit(number, of: entity, in: node.schema)
                units.set(part.prefix + name, view(register, number, entity, &authors))
            }
        }
        return [
            "type": .string(type), "id": .string(id), "deleted": .bool(main.record.isHidden),
            "units": units,
        ]
    }

    private func view(
        _ register: Register, _ unit: UInt8, _ entity: UInt16, _ authors: inout Authors
    ) -> JSON {
        let policy = node.schema[entity]?.unit(unit)?.policy ?? .latest
        let shown = register.shown(by: policy, rank: node.ranks.rank)
        var json = shown.map { sibling($0, unit, entity, &authors) } ?? [:]
        let siblings = register.siblings.map { sibling($0, unit, entity, &authors) }
        json.set("siblings", .array(siblings))
        return json
    }

    private func sibling(
        _ sibling: Sibling, _ unit: UInt8, _ entity: UInt16, _ authors: inout Authors
    ) -> JSON {
        [
            "value": value(sibling.value, unit, entity), "stamp": .string(sibling.stamp.text),
            "author": authors.author(of: sibling.stamp).map { .string($0) } ?? .null,
        ]
    }

    func value(_ value: Value, _ unit: UInt8, _ entity: UInt16) -> JSON {
        if unit == Unit.deletion { return deletion(value) }
        guard node.schema[entity]?.unit(unit)?.accepts(value) != false else {
            return ["unfit": .string(UnitJSON.hexadecimal(value))]
        }
        return UnitJSON.json(of: value, unit: unit, entity: entity)
    }

    /// What a write to a record's deletion says.
    private func deletion(_ value: Value) -> JSON {
        guard case .bytes(let bytes) = value,
            let list = (try? DeleteList.decoded(fromWire: bytes))
                ?? (try? DeleteList.decoded(bytes))
        else { return "deleted" }
        return list.deletes ? "deleted" : list.settled.isEmpty ? "kept" : "brought back"
    }

    /// Who wrote which stamp. A whole resource often has one stamp, in a large frame.
    private struct Authors {
        private let node: NodeStore
        private var known: [Stamp: String?] = [:]

        init(_ node: NodeStore) { self.node = node }

        /// The person, or the clinic's node where nobody was named. `nil` where the log here
        /// doesn't have the stamp.
        mutating func author(of stamp: Stamp) -> String? {
            if let author = known[stamp] { return author }
            let entry = try? node.log.entry(stamp)
            let author = entry.map { RecordView.author($0.frame.header) }
            known[stamp] = .some(author)
            return author
        }
    }

    static func author(_ header: FrameHeader) -> String {
        header.author.isEmpty ? "clinic \(header.origin.node)" : header.author
    }

    // MARK: Parts

    /// A record that is part of what a person sees as one.
    struct Part {
        var record: StoredRecord
        var compartment: Compartment
        /// Before the names of its units: empty for the main record, `name[0].` for a list's.
        var prefix: String
    }

    /// The records of a resource, the main one first. Elements that were deleted are numbered
    /// after those that are there.
    func parts(_ type: String, _ id: String) throws -> [Part] {
        let mains = try reader.mains(type, id)
        guard let main = mains.first(where: { !$0.record.isHidden }) ?? mains.first else {
            return []
        }
        var parts = [Part(record: main.record, compartment: main.compartment, prefix: "")]
        let all = try reader.parts(of: main.record.key, type, id, in: main.compartment)
        let ordered = all.sorted { place($0.record) < place($1.record) }
        var counts: [String: Int] = [:]
        for (record, compartment) in ordered {
            let element = RecordNames.listElement(of: record.key.entity) ?? "reason"
            let count = counts[element, default: 0]
            counts[element] = count + 1
            parts.append(
                Part(record: record, compartment: compartment, prefix: "\(element)[\(count)]."))
        }
        return parts
    }

    private func place(_ record: StoredRecord) -> (Int, Int64, RecordKey) {
        var order = Int64.max
        if case .integer(let key)? = record.shown(ListUnit.orderKey, in: node) { order = key }
        return (record.isHidden ? 1 : 0, order, record.key)
    }

    // MARK: Review items

    /// - Returns: `[{id, kind, record, unit, values, since}]`, of a list's element with `element`.
    package func reviewItems() throws -> JSON {
        var authors = Authors(node)
        return .array(try node.reviews.all().map { try reviewItem($0, &authors) })
    }

    /// What may become of a record that was deleted and, at the same time, edited, in the order of
    /// their numbers. It shows until somebody decides.
    package static let fates = ["delete", "keep"]

    private func reviewItem(_ item: ReviewItem, _ authors: inout Authors) throws -> JSON {
        let record = try node.reader.record(item.key, in: item.compartment)
        let name =
            record.map { RecordNames.name(of: $0, in: node) }
            ?? RecordNames.name(of: item.compartment)
        let entity = item.key.entity
        var json: JSON = [
            "id": .string(item.id), "kind": .string(item.kind.rawValue), "record": .string(name),
            "unit": .string(RecordNames.unit(item.unit, of: entity, in: node.schema)),
            "values": .array(
                item.kind == .deletedAndEdited
                    ? RecordView.fates.map { ["value": .string($0)] }
                    : item.siblings.map { sibling($0, item.unit, entity, &authors) }),
            "since": .string(Moment.text(item.since.milliseconds)),
        ]
        if let element = RecordNames.listElement(of: entity) {
            json.set("element", .string(element))
        }
        return json
    }
}
