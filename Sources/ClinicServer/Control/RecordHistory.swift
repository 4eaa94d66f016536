import Causality
import FHIR
import Records
import Replica
import Sync

/// All that was ever written to a resource's records, as far as the log here has it.
extension ClinicNode {
    func recordHistory(_ type: String, _ id: String) throws -> JSON {
        try read { store in
            var entries: [HistoryEntry] = []
            var walk = HistoryWalk(replica: clinic.replica)
            for part in try store.partsForView(type, id) {
                let entity = part.record.key.entity
                for (number, register) in part.record.registers {
                    let policy = clinic.replica.schema[entity]?.unit(number)?.policy ?? .latest
                    let shown = register.shown(by: policy, rank: clinic.replica.ranks.rank)
                    let found = try walk.entries(
                        of: part.record.key, in: part.compartment, unit: number, register,
                        shown: shown?.stamp)
                    for var entry in found {
                        entry.name = part.prefix + store.unitName(number, of: entity)
                        entry.value = entry.raw.map { unitJSON($0, number, entity) }
                        entries.append(entry)
                    }
                }
            }
            entries.sort { ($0.stamp, $0.name) < ($1.stamp, $1.name) }
            return ["entries": .array(entries.map(\.json))]
        }
    }
}

/// One write of one unit.
struct HistoryEntry {
    enum State: String { case shows, beside, replaced }

    var stamp: Stamp
    var name = ""
    var raw: Value?
    var value: JSON?
    var author: String?
    var replaced: [Stamp] = []
    var state: State
    /// Whether the log here has the frame that wrote it.
    var isInLog: Bool

    var json: JSON {
        var json: JSON = [
            "unit": .string(name), "value": value ?? .null, "stamp": .string(stamp.text),
            "author": author.map { .string($0) } ?? .null,
            "at": .string(MomentText.instant(stamp.hlc.milliseconds)),
            "replaced": .array(replaced.map { .string($0.text) }),
            "state": .string(state.rawValue),
        ]
        if !isInLog {
            json.set("note", "before this replica's history; the hub's log has it")
        }
        return json
    }
}

/// Goes from the writes that stand now back through what each replaced.
struct HistoryWalk {
    let replica: NodeStore
    /// Change sets that were read already, by the stamp that wrote them.
    private var read: [Stamp: (author: String, changes: [Compartment: ChangeSet])] = [:]
    private static let mostEntries = 10_000
    private static let mostFramesKept = 256

    init(replica: NodeStore) { self.replica = replica }

    mutating func entries(
        of key: RecordKey, in compartment: Compartment, unit: UInt8, _ register: Register,
        shown: Stamp?
    ) throws -> [HistoryEntry] {
        var entries: [HistoryEntry] = []
        var values: [Stamp: Value] = [:]
        for sibling in register.siblings { values[sibling.stamp] = sibling.value }
        var waiting = register.siblings.map(\.stamp)
        var seen = Set(waiting)
        while let stamp = waiting.popLast(), entries.count < HistoryWalk.mostEntries {
            var entry = HistoryEntry(
                stamp: stamp,
                state: values[stamp] == nil ? .replaced : stamp == shown ? .shows : .beside,
                isInLog: false)
            entry.raw = values[stamp]
            if let frame = try frame(stamp), let set = frame.changes[compartment],
                let change = set.changes.first(where: { $0.key == key }),
                let write = change.units.first(where: { $0.unit == unit })
            {
                entry.isInLog = true
                entry.raw = write.value
                entry.author = frame.author
                entry.replaced = write.replaces.sorted()
                waiting += write.replaces.filter { seen.insert($0).inserted }
            }
            entries.append(entry)
        }
        return entries
    }

    private mutating func frame(
        _ stamp: Stamp
    ) throws -> (author: String, changes: [Compartment: ChangeSet])? {
        if let known = read[stamp] { return known }
        guard let entry = try replica.log.entry(stamp) else { return nil }
        var changes: [Compartment: ChangeSet] = [:]
        try entry.frame.forEachChangeSet { _, reader in
            changes[reader.compartment] = try ChangeSet(&reader, schema: replica.schema)
        }
        let author = entry.frame.header.author
        if read.count >= HistoryWalk.mostFramesKept { read.removeAll() }
        let frame = (author.isEmpty ? "clinic \(stamp.origin.node)" : author, changes)
        read[stamp] = frame
        return frame
    }
}
