import Causality
import FHIR
import Hospital
import Records
import Replica
import Sync

/// How what a person must look at is settled.
extension ClinicNode {
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

    /// A record that was deleted and, at the same time, edited shows until it is deleted again.
    private func settleDeletion(
        _ item: ReviewItem, take: Int?, _ author: String
    ) throws -> JSON {
        guard take == 1 else {
            throw ControlRefusal(
                400, "a record that was deleted and edited is settled by deleting it",
                remedy: "--take 1 deletes it; to keep it, leave the item as it is")
        }
        try write(author: author, purpose: "review") { transaction in
            try transaction.delete(item.key, in: item.compartment)
        }
        return ["settled": .string(item.id)]
    }
}
