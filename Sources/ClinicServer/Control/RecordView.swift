import Causality
import FHIR
import Hospital
import Records
import Replica
import Sync

/// A resource's records as their units and siblings are kept: what `record show` gives.
extension ClinicNode {
    func recordView(_ type: String, _ id: String) throws -> JSON {
        try read { store in
            var units = JSON.object([])
            for part in try store.partsForView(type, id) {
                for (number, register) in part.record.registers {
                    let name = store.unitName(number, of: part.record.key.entity)
                    units.set(
                        part.prefix + name, view(register, number, part.record.key.entity))
                }
            }
            return ["type": .string(type), "id": .string(id), "units": units]
        }
    }

    private func view(_ register: Register, _ number: UInt8, _ entity: UInt16) -> JSON {
        let replica = clinic.replica
        let policy = replica.schema[entity]?.unit(number)?.policy ?? .latest
        let shown = register.shown(by: policy, rank: replica.ranks.rank)
        var json: JSON = [:]
        if let shown {
            json = sibling(shown, number, entity)
        }
        json.set(
            "siblings", .array(register.siblings.map { sibling($0, number, entity) }))
        return json
    }

    func sibling(_ sibling: Sibling, _ unit: UInt8, _ entity: UInt16) -> JSON {
        [
            "value": unitJSON(sibling.value, unit, entity),
            "stamp": .string(sibling.stamp.text),
            "author": author(of: sibling.stamp).map { .string($0) } ?? .null,
        ]
    }

    func unitJSON(_ value: Value, _ unit: UInt8, _ entity: UInt16) -> JSON {
        if unit == Records.Unit.deletion { return deletion(value) }
        guard clinic.replica.schema[entity]?.unit(unit)?.accepts(value) != false else {
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

    /// Who wrote a stamp: the person, or the clinic's node where nobody was named. `nil` where the
    /// log here doesn't have it.
    func author(of stamp: Stamp) -> String? {
        guard let entry = try? clinic.replica.log.entry(stamp) else { return nil }
        let author = entry.frame.header.author
        return author.isEmpty ? "clinic \(stamp.origin.node)" : author
    }
}

extension ResourceStore {
    /// A record that is part of what a person sees as one.
    struct ViewPart {
        var record: StoredRecord
        var compartment: Compartment
        /// Before the names of its units: empty for the main record, `name[0].` for a list's.
        var prefix: String
    }

    /// The records of a resource, hidden ones included.
    ///
    /// - Throws: `ControlRefusal` when nothing is known of it.
    func partsForView(_ type: String, _ id: String) throws -> [ViewPart] {
        guard let resource = try load(type, id),
            let main = try replica.reader.record(resource.key, in: resource.compartment)
        else {
            throw ControlRefusal(
                404, "there is no \(type) of this id here",
                remedy: "check it, or ask for the patient's record with syncctl hold")
        }
        var parts = [ViewPart(record: main, compartment: resource.compartment, prefix: "")]
        var counts: [String: Int] = [:]
        let all = try self.parts(of: main.key, type, id, in: resource.compartment)
        let ordered = all.sorted { orderKey($0.0) < orderKey($1.0) }
        for (record, compartment) in ordered {
            let element = ResourceStore.listElements[record.key.entity] ?? "reason"
            let count = counts[element, default: 0]
            counts[element] = count + 1
            parts.append(
                ViewPart(
                    record: record, compartment: compartment, prefix: "\(element)[\(count)]."))
        }
        return parts
    }

    private func orderKey(_ record: StoredRecord) -> Int64 {
        guard case .integer(let key)? = record.shown(ListUnit.orderKey, in: replica) else {
            return .max
        }
        return key
    }

    func unitName(_ number: UInt8, of entity: UInt16) -> String {
        if number == Records.Unit.deletion { return "deletion" }
        return replica.schema[entity]?.unit(number)?.name ?? "unit\(number)"
    }
}
