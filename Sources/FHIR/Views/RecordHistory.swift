import Causality
import Records
import Replica

/// All that was ever written to a resource's records, oldest first, as far as the log here has it:
/// from what stands now back through what each write replaced. The cost is that of the resource's
/// own history, however long the log is. Called inside a reading of the store.
package struct RecordHistory {
    private let node: NodeStore
    private let view: RecordView
    /// Change sets that were read already, by the stamp that wrote them.
    private var read: [Stamp: (author: String, changes: [Compartment: ChangeSet])] = [:]

    /// Writes of one unit that are shown at the most.
    private static let mostEntries = 10_000
    private static let mostFramesKept = 256

    package init(_ node: NodeStore) {
        self.node = node
        view = RecordView(node)
    }

    /// - Returns: `{type, id, entries}`; `nil` where nothing is known of the resource.
    package mutating func json(_ type: String, _ id: String) throws -> JSON? {
        let parts = try view.parts(type, id)
        guard !parts.isEmpty else { return nil }
        var entries: [Entry] = []
        for part in parts {
            for (unit, register) in part.record.registers {
                entries += try self.entries(of: part, unit, register)
            }
        }
        entries.sort { ($0.stamp, $0.name) < ($1.stamp, $1.name) }
        return [
            "type": .string(type), "id": .string(id), "entries": .array(entries.map(\.json)),
        ]
    }

    private mutating func entries(
        of part: RecordView.Part, _ unit: UInt8, _ register: Register
    ) throws -> [Entry] {
        let entity = part.record.key.entity
        let policy = node.schema[entity]?.unit(unit)?.policy ?? .latest
        let shown = register.shown(by: policy, rank: node.ranks.rank)?.stamp
        let name = part.prefix + RecordNames.unit(unit, of: entity, in: node.schema)
        var values: [Stamp: Value] = [:]
        for sibling in register.siblings { values[sibling.stamp] = sibling.value }
        var entries: [Entry] = []
        var waiting = register.siblings.map(\.stamp)
        var seen = Set(waiting)
        while let stamp = waiting.popLast(), entries.count < RecordHistory.mostEntries {
            let standing = values[stamp]
            var entry = Entry(
                stamp: stamp, name: name,
                state: standing == nil ? .replaced : stamp == shown ? .shows : .beside)
            var value = standing
            if let frame = try frame(stamp),
                let set = frame.changes[part.compartment],
                let change = set.changes.first(where: { $0.key == part.record.key }),
                let write = change.units.first(where: { $0.unit == unit })
            {
                entry.isInLog = true
                entry.author = frame.author
                entry.replaced = write.replaces.sorted()
                value = write.value
                waiting += entry.replaced.filter { seen.insert($0).inserted }
            }
            entry.value = value.map { view.value($0, unit, entity) } ?? .null
            entries.append(entry)
        }
        return entries
    }

    private mutating func frame(
        _ stamp: Stamp
    ) throws -> (author: String, changes: [Compartment: ChangeSet])? {
        if let known = read[stamp] { return known }
        guard let entry = try node.log.entry(stamp) else { return nil }
        var changes: [Compartment: ChangeSet] = [:]
        try entry.frame.forEachChangeSet { _, reader in
            changes[reader.compartment] = try ChangeSet(&reader, schema: node.schema)
        }
        if read.count >= RecordHistory.mostFramesKept { read.removeAll() }
        let frame = (RecordView.author(entry.frame.header), changes)
        read[stamp] = frame
        return frame
    }
}

extension RecordHistory {
    /// One write of one unit.
    private struct Entry {
        enum State: String {
            case shows
            /// Kept, but another shows.
            case beside
            case replaced
        }

        var stamp: Stamp
        var name: String
        var state: State
        var value = JSON.null
        var author: String?
        var replaced: [Stamp] = []
        /// Whether the log here has the frame that wrote it.
        var isInLog = false

        var json: JSON {
            var json: JSON = [
                "unit": .string(name), "value": value, "stamp": .string(stamp.text),
                "author": author.map { .string($0) } ?? .null,
                "at": .string(Moment.text(stamp.hlc.milliseconds)),
                "replaced": .array(replaced.map { .string($0.text) }),
                "state": .string(state.rawValue),
            ]
            if !isInLog {
                json.set("note", "before this replica's history; the hub's log has it")
            }
            return json
        }
    }
}
