import Causality
import FHIR
import Hospital
import Records
import Replica

/// What a write did to a resource.
enum WriteOutcome: Sendable {
    case created, updated, unchanged
}

extension ResourceStore {
    /// Writes what a new version of a resource changes, and nothing else.
    ///
    /// - Parameters:
    ///   - existing: as it is kept here, deleted or not.
    ///   - isFresh: whether records that nothing is known of may be written without looking for
    ///     them, which is the fast way; `WriteRefusal.exists` at the commit if one is there.
    /// - Throws: `FHIRIssue` where the resource would move to another compartment; nothing of it
    ///   has been added to the transaction then. `WriteRefusal` ends the whole transaction.
    func write(
        _ incoming: MappedResource, over existing: StoredResource?, isFresh: Bool,
        in transaction: LocalTransaction
    ) throws -> WriteOutcome {
        guard let existing else {
            for record in incoming.records { try add(record, isFresh: isFresh, in: transaction) }
            return .created
        }
        var seen = existing
        if existing.isDeleted { seen.records = [existing.records[0]] }
        let update = try ResourceUpdate(
            from: seen.records, to: incoming, retired: existing.retired)
        if existing.isDeleted {
            try revive(existing, as: incoming, update, in: transaction)
            return .created
        }
        guard !update.isEmpty else { return .unchanged }
        try apply(update, to: existing, in: transaction)
        return .updated
    }

    private func add(
        _ record: MappedRecord, isFresh: Bool, in transaction: LocalTransaction
    ) throws {
        let units = ResourceStore.sorted(record.units)
        // A placeholder may stand for a compartment of which something came before its root.
        let isRoot = replica.schema[record.key.entity]?.isRoot == true
        let isKnownRoot = try isRoot && replica.tables.root(record.compartment) != nil
        if isFresh, !isKnownRoot {
            try transaction.create(record.key, in: record.compartment, units)
        } else {
            try transaction.put(record.key, in: record.compartment, units)
        }
    }

    /// A record without any content is known by an empty remainder.
    private static func sorted(_ units: [UInt8: Value]) -> [(UInt8, Value)] {
        if units.isEmpty { return [(Part.remainderNumber, .null)] }
        return units.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private func apply(
        _ update: ResourceUpdate, to existing: StoredResource, in transaction: LocalTransaction
    ) throws {
        for record in update.updates {
            try transaction.put(
                record.key, in: record.compartment, ResourceStore.sorted(record.units))
        }
        // A deleted reason has a row, so a new one is not fresh.
        for record in update.creates { try add(record, isFresh: false, in: transaction) }
        for key in update.deletes {
            guard let record = existing.records.first(where: { $0.key == key }) else { continue }
            try transaction.delete(key, in: record.compartment)
        }
    }

    /// A deleted resource is written anew: all that it has gets stamps that no delete lists.
    private func revive(
        _ existing: StoredResource, as incoming: MappedResource, _ update: ResourceUpdate,
        in transaction: LocalTransaction
    ) throws {
        guard let main = incoming.records.first else { return }
        var units = main.units
        for record in update.updates where record.key == main.key {
            units.merge(record.units) { _, new in new }
        }
        try transaction.put(main.key, in: existing.compartment, ResourceStore.sorted(units))
        for record in update.creates { try add(record, isFresh: false, in: transaction) }
    }

    /// Deletes a resource with all that is part of it; a Patient with all that is in its
    /// compartment.
    func delete(_ resource: StoredResource, in transaction: LocalTransaction) throws {
        let isRoot = replica.schema[resource.key.entity]?.isRoot == true
        for record in isRoot ? resource.records.prefix(1) : resource.records[...] {
            try transaction.delete(record.key, in: record.compartment)
        }
    }
}
