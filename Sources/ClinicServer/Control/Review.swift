import Causality
import FHIR
import Hospital
import Records
import Replica
import Sync

/// What a person must look at, and how it is settled.
extension ClinicNode {
    func reviewList() throws -> JSON {
        try read { store in
            .array(try clinic.replica.reviews.all().map { try reviewItem($0, store) })
        }
    }

    private func reviewItem(_ item: ReviewItem, _ store: ResourceStore) throws -> JSON {
        let record = try clinic.replica.reader.record(item.key, in: item.compartment)
        let name = record.map { store.name(of: $0) } ?? ""
        var json: JSON = [
            "id": .string(item.id), "kind": .string(item.kind.rawValue), "record": .string(name),
            "unit": .string(store.unitName(item.unit, of: item.key.entity)),
            "values": .array(
                item.kind == .deletedAndEdited
                    ? Self.fates.map { ["value": .string($0)] }
                    : item.siblings.map { sibling($0, item.unit, item.key.entity) }),
            "since": .string(MomentText.instant(item.since.milliseconds)),
        ]
        if let element = ResourceStore.listElements[item.key.entity] {
            json.set("element", .string(element))
        }
        return json
    }

    /// Settles an item by a new write that replaces all its values.
    ///
    /// - Parameters:
    ///   - take: the number of one of its values, from 1.
    ///   - value: or another, in the form that `record show` has.
    func settle(_ id: String, take: Int?, value: JSON?, author: String) throws -> JSON {
        guard let item = try read({ _ in try clinic.replica.reviews.item(id) }) else {
            throw ControlRefusal(
                404, "there is no such item, or it was settled already",
                remedy: "see syncctl review list")
        }
        if item.kind == .deletedAndEdited { return try settleDeletion(item, take: take, author) }
        let chosen: Value
        if let take {
            if item.siblings.indices.contains(take - 1), !item.siblings[take - 1].fits {
                throw ControlRefusal(
                    400, "that value is none that its unit can hold",
                    remedy: "take another, or give the right one with --value")
            }
            guard item.siblings.indices.contains(take - 1) else {
                throw ControlRefusal(
                    400, "the item has values 1 to \(item.siblings.count)",
                    remedy: "take one of these, or give --value")
            }
            chosen = item.siblings[take - 1].value
        } else {
            guard let value else {
                throw ControlRefusal(400, "neither take nor value is given", remedy: "give one")
            }
            chosen = try UnitJSON.value(from: value, unit: item.unit, entity: item.key.entity)
        }
        try write(author: author, purpose: "review") { transaction in
            try transaction.put(item.key, in: item.compartment, [(item.unit, chosen)])
        }
        return ["settled": .string(id)]
    }

    /// What may become of a record that was deleted and, at the same time, edited, in the order of
    /// their numbers. It shows until somebody decides.
    private static let fates = ["delete", "keep"]

    private func settleDeletion(
        _ item: ReviewItem, take: Int?, _ author: String
    ) throws -> JSON {
        guard let take, Self.fates.indices.contains(take - 1) else {
            throw ControlRefusal(
                400, "a record that was deleted and edited is settled by deleting or keeping it",
                remedy: "--take 1 deletes it, --take 2 keeps it")
        }
        try write(author: author, purpose: "review") { transaction in
            if take == 1 {
                try transaction.delete(item.key, in: item.compartment)
            } else {
                try transaction.keep(item.key, in: item.compartment)
            }
        }
        return ["settled": .string(item.id)]
    }
}
