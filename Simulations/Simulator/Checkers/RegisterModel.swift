import Causality
import Records

/// Causal registers as plainly as they can be: all writes are known, and what none of them replaces
/// stands. Slow, and obvious; it shares no code with the engine that merges.
struct RegisterModel {
    struct Record {
        /// Siblings by unit and stamp; unit 0 holds deletes.
        var units: [UInt8: [Stamp: Written]] = [:]
    }

    private(set) var records: [Compartment: [RecordKey: Record]] = [:]
    /// What the hub ordered for stamps whose clocks ran ahead.
    let ranks: [Stamp: HLC]

    init(_ entries: [LedgerEntry], ranks: [Stamp: HLC]) {
        self.ranks = ranks
        var gone: [Place: Set<Stamp>] = [:]
        for entry in entries {
            for write in entry.writes { gone[write.place, default: []].formUnion(write.replaces) }
        }
        for entry in entries {
            for write in entry.writes where !gone[write.place]!.contains(entry.stamp) {
                records[write.place.compartment, default: [:]][write.place.key, default: Record()]
                    .units[write.place.unit, default: [:]][entry.stamp] = write.written
            }
        }
    }

    func record(_ key: RecordKey, in compartment: Compartment) -> Record? {
        records[compartment]?[key]
    }

    // MARK: What shows

    private func counts(_ stamp: Stamp) -> (HLC, Stamp) { (ranks[stamp] ?? stamp.hlc, stamp) }

    /// The sibling that shows, by the table of policies.
    func shown(_ siblings: [Stamp: Written], by policy: Policy) -> Stamp? {
        let stamps = siblings.keys.sorted { counts($0) < counts($1) }
        switch policy {
        case .latest, .review(nil): return stamps.last
        case .once, .append: return stamps.first
        case .review(let order?), .progress(let order):
            let places = stamps.map { place(of: siblings[$0]!, in: order) }
            guard let furthest = places.max() else { return nil }
            return zip(stamps, places).reversed().first { $0.1 == furthest }?.0
        }
    }

    private func place(of written: Written, in order: Policy.Order) -> Int {
        guard case .value(let value) = written else { return -1 }
        var field = value
        if case .group(let fields) = value { field = fields[order.field] }
        guard case .text(let text) = field else { return -1 }
        return order.values.firstIndex(of: text) ?? -1
    }

    func shownValue(_ key: RecordKey, in compartment: Compartment, _ unit: UInt8) -> Value? {
        guard let siblings = record(key, in: compartment)?.units[unit],
            let policy = SimulatedSchema.newer[key.entity]?.unit(unit)?.policy,
            let stamp = shown(siblings, by: policy), case .value(let value) = siblings[stamp]
        else { return nil }
        return value
    }

    // MARK: What is hidden

    private func listed(_ record: Record) -> Set<Stamp> {
        var all: Set<Stamp> = []
        for case .deletion(let listed, let settled) in (record.units[0] ?? [:]).values {
            all.formUnion(listed)
            all.formUnion(settled)
        }
        return all
    }

    private func stamps(_ record: Record) -> Set<Stamp> {
        var all: Set<Stamp> = []
        for (unit, siblings) in record.units where unit > 0 { all.formUnion(siblings.keys) }
        return all
    }

    /// Whether a record shows: it has a stamp that no delete lists, or something of a deleted
    /// patient does.
    func shows(_ key: RecordKey, in compartment: Compartment) -> Bool {
        guard let all = records[compartment], let record = all[key] else { return false }
        let rootKey = RecordKey(entity: SimulatedSchema.Number.patient, id: compartment.id)
        let root = compartment.kind == .patient ? all[rootKey] : nil
        let byRoot = root.map(listed) ?? []
        if !stamps(record).isSubset(of: listed(record).union(byRoot)) { return true }
        guard compartment.kind == .patient, key == rootKey, !byRoot.isEmpty else { return false }
        return all.contains { $0.key != key && shows($0.key, in: compartment) }
    }

    // MARK: What a person must look at

    struct Item: Hashable, Comparable, CustomStringConvertible {
        var kind: String
        var place: Place
        static func < (a: Item, b: Item) -> Bool { (a.kind, a.place) < (b.kind, b.place) }
        var description: String { "\(kind) at \(place)" }
    }

    /// The review items of a compartment, as a version of the schema knows them.
    func items(in compartment: Compartment, _ schema: Schema) -> Set<Item> {
        var items: Set<Item> = []
        for (key, record) in records[compartment] ?? [:] {
            guard let entity = schema[key.entity], shows(key, in: compartment) else { continue }
            for (unit, siblings) in record.units {
                let place = Place(compartment: compartment, key: key, unit: unit)
                if unit == 0 {
                    // What was taken back is no conflict any more.
                    let isDeleted = siblings.values.contains { written in
                        if case .deletion(let listed, _) = written {
                            !listed.isEmpty
                        } else {
                            false
                        }
                    }
                    guard isDeleted else { continue }
                    items.insert(Item(kind: "deleted-and-edited", place: place))
                } else if let policy = entity.unit(unit)?.policy, Set(siblings.values).count > 1 {
                    switch policy {
                    case .review: items.insert(Item(kind: "concurrent", place: place))
                    case .once, .append: items.insert(Item(kind: "second", place: place))
                    case .latest, .progress: break
                    }
                }
            }
        }
        return items
    }

    // MARK: Who holds what

    /// The clinics of scope `own` that hold a patient.
    ///
    /// - Parameter clinics: by node, what records call them.
    func holders(of patient: RecordID, among clinics: [NodeID: [String]]) -> Set<NodeID> {
        typealias Number = SimulatedSchema.Number
        let root = record(
            RecordKey(entity: Number.patient, id: patient), in: .patient(patient))
        var names: Set<String> = []
        for unit in [Number.registrar, Number.home] {
            for case .value(.text(let text)) in (root?.units[unit] ?? [:]).values {
                names.insert(text)
            }
        }
        var holders: Set<NodeID> = []
        for (node, called) in clinics {
            let wish = wish(of: node, for: patient)
            if wish ?? called.contains(where: names.contains) { holders.insert(node) }
        }
        return holders
    }

    /// Whether a clinic asked to hold a patient, or to leave; `nil` when it said nothing.
    private func wish(of node: NodeID, for patient: RecordID) -> Bool? {
        typealias Number = SimulatedSchema.Number
        let own = Compartment.clinic(node)
        for (key, record) in records[own] ?? [:] where key.entity == Number.hold {
            guard
                (record.units[Number.holdTarget] ?? [:]).values
                    .contains(.value(.text(patient.description)))
            else { continue }
            guard case .integer(let wanted) = shownValue(key, in: own, Number.holdWanted) else {
                return nil
            }
            return wanted == 1
        }
        return nil
    }
}
