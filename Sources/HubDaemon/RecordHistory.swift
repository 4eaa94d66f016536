import Causality
import Records
import Replica

/// What was written to a record, read from the log by the stamps that name each other: the cost
/// is that of the record's own history, however long the log is.
struct RecordHistory {
    struct Entry {
        enum State: String {
            case shows
            /// Kept, but another shows.
            case beside
            case replaced
        }

        var entity: UInt16
        var unit: UInt8
        var stamp: Stamp
        var value: Value
        var replaces: [Stamp]
        var state: State
    }

    /// Writes of one unit that are shown at the most.
    static let limit = 10_000

    private let node: NodeStore

    init(_ node: NodeStore) { self.node = node }

    func entries(of record: StoredRecord, in compartment: Compartment) throws -> [Entry] {
        let entity = node.schema[record.key.entity]
        var entries: [Entry] = []
        for (number, register) in record.registers {
            let policy = entity?.unit(number)?.policy ?? .latest
            let shown = register.shown(by: policy, rank: node.ranks.rank)?.stamp
            var states: [Stamp: Entry.State] = [:]
            for sibling in register.siblings {
                states[sibling.stamp] =
                    sibling.stamp == shown || number == Unit.deletion ? .shows : .beside
            }
            let known = Dictionary(register.siblings.map { ($0.stamp, $0.value) }) { a, _ in a }
            entries += try walk(record.key, number, compartment, states, known)
        }
        return entries
    }

    private func walk(
        _ key: RecordKey, _ unit: UInt8, _ compartment: Compartment,
        _ states: [Stamp: Entry.State], _ known: [Stamp: Value]
    ) throws -> [Entry] {
        var entries: [Entry] = []
        var open = states.keys.sorted()
        var seen = Set(open)
        while let stamp = open.popLast(), entries.count < RecordHistory.limit {
            let write = try write(stamp, key, unit, compartment)
            guard let value = write?.value ?? known[stamp] else { continue }
            entries.append(
                Entry(
                    entity: key.entity, unit: unit, stamp: stamp, value: value,
                    replaces: write?.replaces ?? [], state: states[stamp] ?? .replaced))
            for replaced in write?.replaces ?? [] where seen.insert(replaced).inserted {
                open.append(replaced)
            }
        }
        return entries
    }

    /// What the frame of a stamp wrote in a unit; `nil` where it isn't in the log, or withheld.
    private func write(
        _ stamp: Stamp, _ key: RecordKey, _ unit: UInt8, _ compartment: Compartment
    ) throws -> UnitWrite? {
        guard let frame = try node.log.entry(stamp)?.frame else { return nil }
        var found: UnitWrite?
        try frame.forEachChangeSet { _, reader in
            guard found == nil, reader.compartment == compartment else { return }
            let set = try ChangeSet(&reader, schema: node.schema)
            let change = set.changes.first { $0.key == key }
            found = change?.units.first { $0.unit == unit }
        }
        return found
    }
}
