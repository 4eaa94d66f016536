import Causality
import Records
import Replica
import Sync

/// A write, as it is made and as it goes into the ledger.
extension World {
    func write(_ machine: ClinicMachine, _ number: Int, _ intents: [Intent]) throws {
        let writes = try seen(machine, intents)
        guard !writes.isEmpty else { return }
        let author = WriteName(number: number, lane: .care).author
        // Should the power go before it is confirmed, it may have been written all the same.
        ledger.doubtful[number] = writes
        try machine.clinic.write(author: author, at: reading(machine)) { transaction in
            for intent in intents {
                switch intent {
                case .create(let key, let compartment, let units):
                    try transaction.create(key, in: compartment, units)
                case .put(let key, let compartment, let unit, let value):
                    let form = writes.count == 1 ? form(writes, machine) : nil
                    try transaction.put(key, in: compartment, [(unit, value)], seen: form)
                case .delete(let key, let compartment):
                    if writes.contains(where: { $0.place.key == key && $0.place.unit == 0 }) {
                        try transaction.delete(key, in: compartment)
                    }
                }
            }
        }
        ledger.doubtful[number] = nil
        try enter(writes, number, machine)
    }

    /// What a stale form makes a write replace.
    private func form(_ writes: [PlaceWrite], _ machine: ClinicMachine) -> [UInt8: [Stamp]] {
        let write = writes[0]
        return [write.place.unit: write.replaces.sorted()]
    }

    /// What somebody sees in each place just before they write.
    private func seen(_ machine: ClinicMachine, _ intents: [Intent]) throws -> [PlaceWrite] {
        try machine.replica.store.reading {
            var writes: [Place: PlaceWrite] = [:]
            var order: [Place] = []
            func add(_ write: PlaceWrite) {
                // In one transaction the second write of a unit takes the place of the first.
                if writes.updateValue(write, forKey: write.place) == nil {
                    order.append(write.place)
                }
            }
            for intent in intents {
                let record = try machine.replica.reader.record(intent.key, in: intent.compartment)
                func siblings(_ unit: UInt8) -> Set<Stamp> {
                    Set((record?.register(unit)?.siblings ?? []).map(\.stamp))
                }
                func place(_ unit: UInt8) -> Place {
                    Place(compartment: intent.compartment, key: intent.key, unit: unit)
                }
                switch intent {
                case .create(_, _, let units):
                    for (unit, value) in units {
                        add(PlaceWrite(place: place(unit), written: .value(value), replaces: []))
                    }
                case .put(_, _, let unit, let value):
                    let replaces = stale(place(unit), siblings(unit), intents, machine)
                    add(
                        PlaceWrite(
                            place: place(unit), written: .value(value), replaces: replaces))
                case .delete(let key, let compartment):
                    guard let record, !record.isHidden else { continue }
                    add(
                        PlaceWrite(
                            place: place(0),
                            written: .deletion(
                                try listed(key, compartment, record, machine.replica)),
                            replaces: siblings(0)))
                }
            }
            return order.map { writes[$0]! }
        }
    }

    /// The siblings that somebody saw when they opened the form that they save now.
    private func stale(
        _ place: Place, _ siblings: Set<Stamp>, _ intents: [Intent], _ machine: ClinicMachine
    ) -> Set<Stamp> {
        guard intents.count == 1, options.rate(.form) != nil else { return siblings }
        let isStale = machine.people.comes(options.perMille(.form))
        let old = machine.forms[place]
        if machine.people.comes(400) { machine.forms[place] = siblings.sorted() }
        guard isStale, let old else { return siblings }
        return Set(old)
    }

    private func listed(
        _ key: RecordKey, _ compartment: Compartment, _ record: StoredRecord, _ node: NodeStore
    ) throws -> Set<Stamp> {
        var records = [record]
        if key.entity == SimulatedSchema.Number.patient,
            let root = try node.tables.root(compartment)
        {
            records = try node.reader.records(of: root)
        }
        var stamps: Set<Stamp> = []
        for (unit, register) in records.flatMap(\.registers) where unit > 0 {
            stamps.formUnion(register.siblings.map(\.stamp))
        }
        return stamps
    }

    /// Enters what was confirmed, one entry a lane, and looks whether the log has just that.
    private func enter(_ writes: [PlaceWrite], _ number: Int, _ machine: ClinicMachine) throws {
        let clinic = machine.clinic
        for lane in Lane.allCases {
            let mine = writes.filter { SimulatedSchema.newer[$0.place.key.entity]?.lane == lane }
            guard !mine.isEmpty else { continue }
            let origin = Origin(node: machine.node, incarnation: clinic.incarnation, lane: lane)
            let entry = LedgerEntry(
                name: WriteName(number: number, lane: lane),
                stamp: Stamp(hlc: clinic.hlc, origin: origin), machine: machine.name, writes: mine)
            try ledger.add(entry, mayRepeat: machine.isRolledBack)
            try checkLife(machine, entry)
            say("\(machine.name) confirms \(World.story(entry))")
            guard let head = machine.replica.head(origin) else {
                throw Failure(.lost, "\(entry.name) is in no log of \(machine.name)")
            }
            machine.known[origin] = head.sequence
            let frame = try machine.replica.store.reading {
                try machine.replica.log.entry(origin, head.sequence)?.frame
            }
            guard let frame, try LoggedFrame(frame).matches(entry) else {
                throw Failure(.lost, "\(machine.name) logs something else than \(entry.name)")
            }
        }
        try checkStatus(machine)
        try checkSums(machine, writes)
    }

    static func story(_ entry: LedgerEntry) -> String {
        let parts = entry.writes.map { write in
            let what: String
            switch write.written {
            case .value(let value): what = "\(story(value))"
            case .deletion(let stamps): what = "delete of \(stamps.count) stamps"
            }
            return "\(write.place): \(what), replaces \(write.replaces.count)"
        }
        return "\(entry.name): " + parts.joined(separator: "; ")
    }

    private static func story(_ value: Value) -> String {
        switch value {
        case .null: "nothing"
        case .integer(let number): "\(number)"
        case .text(let text): text
        case .bytes(let bytes): "\(bytes.count) bytes"
        case .group(let fields): fields.map(story).joined(separator: " ")
        }
    }
}
