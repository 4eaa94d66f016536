import Causality
import Hub
import Records
import Replica
import Sync

/// A world without chance: each exchange is asked for, and its bytes can be looked at.
extension World {
    /// One round trip.
    struct Talk {
        var sent: SentExchange
        var answer: [UInt8]
        var outcome: ExchangeOutcome
        /// Both bodies.
        var bytes: Int { sent.bytes.count + answer.count }
    }

    func ask(_ machine: Machine, push: Int = 1 << 20, pulls: Bool = true, limit: Int = 1 << 20)
        throws -> SentExchange
    {
        try machine.clinic.exchange(
            pushBytes: push, pulls: pulls, wait: 0, limit: limit, at: clock(machine))
    }

    func answer(_ bytes: [UInt8], to machine: Machine) throws -> [UInt8] {
        guard
            case .answer(let answer, _) = try hub.answer(
                bytes, from: machine.clinic.node, at: clock(nil), mayWait: false)
        else { throw Failure(description: "the hub waits") }
        received[machine.name, default: []].append(answer)
        return answer
    }

    @discardableResult
    func talk(_ machine: Machine, push: Int = 1 << 20, pulls: Bool = true, limit: Int = 1 << 20)
        throws -> Talk
    {
        let sent = try ask(machine, push: push, pulls: pulls, limit: limit)
        let answer = try answer(sent.bytes, to: machine)
        let outcome = try machine.clinic.apply(answer, to: sent, at: clock(machine))
        return Talk(sent: sent, answer: answer, outcome: outcome)
    }

    /// Asks for a chunk, if the clinic is loading anything, and takes it in.
    @discardableResult
    func load(_ machine: Machine, limit: Int = 500) throws -> Bool {
        guard let request = try machine.clinic.chunkRequest(limit: limit) else { return false }
        try machine.clinic.apply(try answer(request.encoded(), to: machine), to: request)
        return true
    }

    /// Exchanges until nothing moves any more at this clinic.
    func catchUp(_ machine: Machine) throws {
        for _ in 0..<200 {
            time += 1000
            while let probe = try machine.clinic.probe() {
                try machine.clinic.apply(try answer(probe.encoded(), to: machine), to: probe)
            }
            try load(machine)
            let talk = try talk(machine)
            if talk.outcome.behind == 0, talk.sent.request.frames.isEmpty,
                try machine.clinic.probe() == nil, !machine.clinic.hasPending,
                try machine.clinic.chunkRequest(limit: 1) == nil
            {
                return
            }
        }
        throw Failure(description: "\(machine.name) never comes to rest")
    }

    /// Everybody exchanges, a few times in turn.
    func meet(rounds: Int = 3) throws {
        for _ in 0..<rounds { for machine in machines { try catchUp(machine) } }
    }

    // MARK: Records

    /// Registers a patient at a clinic. Values begin with `v`, so that the checks count them.
    @discardableResult
    func register(_ machine: Machine, _ note: String) throws -> RecordID {
        let id = RecordID(using: &random)
        let node = machine.clinic.node.description
        try machine.clinic.write(author: "Practitioner/1", at: clock(machine)) { transaction in
            try transaction.create(
                RecordKey(entity: 1, id: id), in: .patient(id),
                [(1, .text(note)), (4, .text(node))])
        }
        patients.append(id)
        if note.hasPrefix("v") { confirmed.insert(note) }
        return id
    }

    func edit(_ machine: Machine, _ patient: RecordID, _ text: String, unit: UInt8 = 1) throws {
        try machine.clinic.write(author: "Practitioner/1", at: clock(machine)) { transaction in
            try transaction.put(
                RecordKey(entity: 1, id: patient), in: .patient(patient), [(unit, .text(text))])
        }
        if text.hasPrefix("v") { confirmed.insert(text) }
    }

    /// Writes a record of a clinic's own affairs, or of another clinic's.
    func pay(_ machine: Machine, _ text: String, of node: NodeID? = nil) throws {
        let key = RecordKey(entity: 5, id: RecordID(using: &random))
        try machine.clinic.write(at: clock(machine)) { transaction in
            try transaction.put(key, in: .clinic(node ?? machine.clinic.node), [(1, .text(text))])
        }
        if text.hasPrefix("v") { confirmed.insert(text) }
    }

    func hold(_ machine: Machine, _ patient: RecordID, _ wanted: Bool = true) throws {
        try machine.clinic.ask(toHold: wanted, patient: patient, author: "", at: clock(machine))
    }

    /// Registers a patient at one clinic, whom another then holds as well.
    func share(_ machine: Machine, _ other: Machine) throws -> RecordID {
        let patient = try register(machine, "v1")
        try hold(other, patient)
        try meet()
        return patient
    }

    func record(_ key: RecordKey, in compartment: Compartment, at node: NodeStore) throws
        -> StoredRecord?
    {
        try node.store.reading { try node.reader.record(key, in: compartment) }
    }

    /// What a unit of a patient shows; `nil` where nothing of it is held.
    func shown(_ patient: RecordID, _ unit: UInt8 = 1, at node: NodeStore) throws -> Value? {
        try record(RecordKey(entity: 1, id: patient), in: .patient(patient), at: node)?
            .shown(unit, in: node)
    }

    func shown(_ patient: RecordID, _ unit: UInt8 = 1, at machine: Machine) throws -> Value? {
        try shown(patient, unit, at: machine.clinic.replica)
    }

    /// The values of a patient's first unit that nobody has replaced.
    func siblings(_ patient: RecordID, at machine: Machine) throws -> [Value] {
        let key = RecordKey(entity: 1, id: patient)
        let record = try record(key, in: .patient(patient), at: machine.clinic.replica)
        return record?.register(1)?.siblings.map(\.value) ?? []
    }

    // MARK: The files

    /// All that a database holds, table by table, past the engine.
    func dump(_ node: NodeStore, except: Set<String> = []) throws -> [String: [String]] {
        let store = node.store
        return try store.reading {
            var all: [String: [String]] = [:]
            let tables = try store.rows(
                "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
            ) { $0.text(0) }
            for table in tables where !except.contains(table) {
                let columns = try store.rows(
                    "SELECT name FROM pragma_table_info(?)", [.text(table)]
                ) { "quote(\"\($0.text(0))\")" }
                all[table] = try store.rows(
                    "SELECT \(columns.joined(separator: " || ',' || ")) FROM \"\(table)\""
                ) { $0.text(0) }
            }
            return all
        }
    }

    /// Damages a database, as a hand or a bit would.
    func damage(_ node: NodeStore, _ sql: String) throws {
        try node.transaction { try node.store.execute(sql) }
    }

    /// Opens a clinic's file again, as another version of the product would.
    func reopen(_ machine: Machine, schema: Schema = World.schema) throws {
        try machine.clinic.close()
        machine.clinic = try open(
            machine.name, machine.clinic.node, path: path(machine.name),
            identity: machine.identity, schema: schema
        ).clinic
    }

    func reopenHub(schema: Schema = World.schema) throws {
        try hub.close()
        hub = try HubStore(
            path: folder + "/hub.sqlite", schema: schema, identity: [0], now: clock(nil),
            random: SplitMix64(seed: random.next()), durability: .normal, cacheMegabytes: 4)
    }
}

extension World.Machine {
    /// Whether all that was compared with the hub was found equal.
    var isEqual: Bool { clinic.comparisons.values.allSatisfy { $0.isEqual } }
}

/// Runs `body` in a world of its own, and removes its files.
func withWorld(
    seed: UInt64 = 1, clinics: Int = 2, schema: Schema = World.schema,
    _ body: (World) throws -> Void
) throws {
    let world = try World(seed: seed, clinics: clinics, schema: schema)
    defer { world.remove() }
    try body(world)
}
