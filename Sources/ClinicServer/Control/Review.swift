import Causality
import ControlServer
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

    private func settleDeletion(
        _ item: ReviewItem, take: Int?, _ author: String
    ) throws -> JSON {
        guard let take, RecordView.fates.indices.contains(take - 1) else {
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
