import Causality
import Records

/// A record's full name: two compartments may hold one key.
struct RecordName: Hashable, Comparable {
    var compartment: Compartment
    var key: RecordKey

    static func < (a: RecordName, b: RecordName) -> Bool {
        (a.compartment, a.key) < (b.compartment, b.key)
    }
}

/// One write of one unit, as its author meant it.
struct Write {
    var stamp: Stamp
    var record: RecordName
    var unit: UInt8
    var value: Value
    var replaces: Set<Stamp>
    /// What a delete lists; empty for other writes.
    var listed: Set<Stamp> = []
    /// What it lists although it is no more what the delete is about.
    var settled: Set<Stamp> = []
}

/// What replicas must come to, told slowly from the definition: the writes that no write names as
/// replaced, what the policy shows of them, and what no delete lists. It shares no code with the
/// engine, only the schema and the words for stamps and values.
struct Oracle {
    private(set) var writes: [RecordName: [Write]] = [:]
    /// The writes of each frame, by the frame's stamp.
    private(set) var frames: Set<Stamp> = []
    /// What the hub has ranked.
    var ranks: [Stamp: HLC] = [:]

    mutating func add(_ new: [Write]) {
        for write in new {
            writes[write.record, default: []].append(write)
            frames.insert(write.stamp)
        }
    }

    /// The siblings of one unit among the writes of the frames in `known`.
    func siblings(_ record: RecordName, _ unit: UInt8, _ known: Set<Stamp>) -> [Stamp: Value] {
        let arrived = (writes[record] ?? []).filter { $0.unit == unit && known.contains($0.stamp) }
        let named = arrived.reduce(into: Set<Stamp>()) { $0.formUnion($1.replaces) }
        var siblings: [Stamp: Value] = [:]
        for write in arrived where !named.contains(write.stamp) {
            siblings[write.stamp] = write.value
        }
        return siblings
    }

    /// Every unit of a record that has siblings.
    func registers(_ record: RecordName, _ known: Set<Stamp>) -> [UInt8: [Stamp: Value]] {
        var all: [UInt8: [Stamp: Value]] = [:]
        for unit in Set((writes[record] ?? []).map(\.unit)) {
            let siblings = siblings(record, unit, known)
            if !siblings.isEmpty { all[unit] = siblings }
        }
        return all
    }

    func isKnown(_ record: RecordName, _ known: Set<Stamp>) -> Bool {
        (writes[record] ?? []).contains { known.contains($0.stamp) }
    }

    /// The records of a compartment that have a write in `known`.
    func records(of compartment: Compartment, _ known: Set<Stamp>) -> [RecordName] {
        writes.keys.filter { $0.compartment == compartment && isKnown($0, known) }.sorted()
    }

    var compartments: [Compartment] { Set(writes.keys.map(\.compartment)).sorted() }

    /// The stamps of a record's siblings, its deletes apart.
    func stamps(_ record: RecordName, _ known: Set<Stamp>) -> Set<Stamp> {
        registers(record, known).reduce(into: []) { all, register in
            if register.key != 0 { all.formUnion(register.value.keys) }
        }
    }

    /// The deletes of a record that no write names as replaced.
    func deletes(_ record: RecordName, _ known: Set<Stamp>) -> [Write] {
        let standing = siblings(record, 0, known).keys
        return (writes[record] ?? []).filter { $0.unit == 0 && standing.contains($0.stamp) }
    }

    // MARK: What shows

    /// What a unit shows: a value that it can't hold never does.
    func shown(_ all: [Stamp: Value], _ unit: Unit) -> (stamp: Stamp, value: Value)? {
        let siblings = all.filter { unit.accepts($0.value) }
        func counts(_ stamp: Stamp) -> (HLC, Stamp) { (ranks[stamp] ?? stamp.hlc, stamp) }
        let ascending = siblings.keys.sorted { counts($0) < counts($1) }
        func furthest(_ order: Policy.Order) -> Stamp? {
            func place(_ stamp: Stamp) -> Int {
                var value = siblings[stamp]!
                if case .group(let parts) = value { value = parts[order.field] }
                for (place, name) in order.values.enumerated() where value == .text(name) {
                    return place
                }
                return -1
            }
            let top = ascending.map(place).max()
            return ascending.last { place($0) == top }
        }
        let winner: Stamp? =
            switch unit.policy {
            case .latest, .review(nil): ascending.last
            case .once, .append: ascending.first
            case .progress(let order), .review(let order?): furthest(order)
            }
        return winner.map { ($0, siblings[$0]!) }
    }

    /// Whether a record has a stamp that no delete lists, or a root has such a child.
    func isHidden(_ record: RecordName, _ root: UInt16?, _ known: Set<Stamp>) -> Bool {
        func listed(_ name: RecordName) -> Set<Stamp> {
            deletes(name, known).reduce(into: []) { $0.formUnion($1.listed.union($1.settled)) }
        }
        let rootName = root.map {
            RecordName(
                compartment: record.compartment,
                key: RecordKey(entity: $0, id: record.compartment.id))
        }
        let rootListed = rootName.map(listed) ?? []
        if !stamps(record, known).isSubset(of: listed(record).union(rootListed)) { return false }
        // A root that a delete has reached comes back with any child that the delete did not see.
        guard record == rootName, !rootListed.isEmpty else { return true }
        return records(of: record.compartment, known).allSatisfy {
            stamps($0, known).isSubset(of: listed($0).union(rootListed))
        }
    }
}
