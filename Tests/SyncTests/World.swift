import Causality
import Foundation
import Hub
import Records
import Replica
import Sync

/// A district in one process: the real hub and the real clinics on real SQLite files. Only time,
/// chance and the wire are made up, from one seed.
final class World {
    static let schema = Schema(
        [
            Entity(
                1, "pat", in: .patient, isRoot: true,
                [
                    Unit(1, "note", .text), Unit(2, "birth", .text, .review(nil)),
                    Unit(3, "number", .text, .once), Unit(4, "registrar", .text),
                    Unit(5, "home", .reference),
                ]),
            Entity(2, "name", in: .patient, [Unit(1, "text", .text)]),
            Entity(
                3, "doc", in: .patient, lane: .administration,
                [Unit(1, "text", .text, .review(nil))]),
            Entity(
                4, "appt", in: .clinic, lane: .administration,
                [
                    Unit(
                        1, "status", .progress(Policy.Order(["booked", "arrived", "done"])),
                        [
                            Field("status", .code), Field("statusNote", .text),
                        ])
                ]),
            Entity(5, "pay", in: .clinic, lane: .administration, [Unit(1, "sum", .text, .append)]),
            Entity(
                6, "hold", in: .clinic, [Unit(1, "target", .text), Unit(2, "wanted", .boolean)]),
            Entity(7, "price", in: .reference, lane: .administration, [Unit(1, "sum", .text)]),
        ],
        holders: HolderRule(
            root: 1, nodeUnits: [4], organizationUnits: [5], holdEntity: 6, holdTarget: 1,
            holdWanted: 2))

    struct Failure: Error, CustomStringConvertible { var description: String }

    /// One machine: a clinic's replica under a name of its own.
    final class Machine {
        let name: String
        var clinic: Clinic
        var clockError: Int64 = 0
        var identity: [UInt8]
        var isRolledBack = false
        /// Requests that were sent and whose answer may still come.
        var waiting: Int?
        init(name: String, clinic: Clinic, identity: [UInt8]) {
            self.name = name
            self.clinic = clinic
            self.identity = identity
        }
    }

    enum Sent {
        case exchange(SentExchange)
        case chunk(ChunkRequest)
        case probe(ProbeRequest)
    }

    struct Message {
        var id: Int
        var machine: Machine
        var sent: Sent
        var bytes: [UInt8]
        var isAnswer: Bool
    }

    let folder: String
    var random: SplitMix64
    var time: UInt64 = 1_800_000_000_000
    var hub: HubStore
    var machines: [Machine] = []
    var wire: [Message] = []
    var snapshots: [String: (path: String, log: Set<String>)] = [:]
    var backup: (path: String, log: Set<String>)?
    var backups = 0
    var confirmed: Set<String> = []
    var lost: Set<String> = []
    /// Everything that any life of the hub ever had.
    var ever: Set<String> = []
    var counter = 0
    /// The highest roll of a step: below 1000, some faults never come.
    var faults: UInt64 = 1000
    var patients: [RecordID] = []
    var trace: [String] = []
    /// Every answer that a machine was given, where exchanges are asked for one by one.
    var received: [String: [[UInt8]]] = [:]

    /// - Parameter schema: the hub's.
    init(seed: UInt64, clinics: Int = 3, schema: Schema = World.schema) throws {
        random = SplitMix64(seed: seed)
        let parent = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : "/tmp"
        folder = "\(parent)/world-\(seed)-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        hub = try HubStore(
            path: folder + "/hub.sqlite", schema: schema, identity: [0],
            now: ClockReading(wall: 1_800_000_000_000, monotonic: 0),
            random: SplitMix64(seed: seed &* 31), durability: .normal, cacheMegabytes: 4)
        for index in 0..<clinics { try enrol("clinic\(index)", .own) }
    }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }

    func say(_ text: @autoclosure () -> String) { trace.append("\(time): " + text()) }

    func clock(_ machine: Machine?) -> ClockReading {
        let wall = Int64(time) + (machine?.clockError ?? 0)
        return ClockReading(wall: UInt64(max(1, wall)), monotonic: time - 1_700_000_000_000)
    }

    func fresh() -> Int {
        counter += 1
        return counter
    }

    func pick<T>(_ items: [T]) -> T { items[Int(random.next(upperBound: UInt64(items.count)))] }
    func chance(_ percent: Int) -> Bool { random.next(upperBound: 100 as UInt64) < UInt64(percent) }

    @discardableResult
    func enrol(
        _ name: String, _ scope: RegisteredClinic.Scope, schema: Schema = World.schema
    ) throws -> Machine {
        let code = [UInt8](repeating: UInt8(fresh()), count: 8)
        let clinic = try hub.add(
            name, scope: scope, organization: name, codeID: code, verifier: [1], at: clock(nil))
        _ = try hub.enrol(
            codeID: code, request: name, at: clock(nil), verify: { _ in true },
            sign: { $1 + "-cert" }
        )
        let machine = try open(
            name, clinic.node, path: path(name), identity: Array(name.utf8), schema: schema)
        machines.append(machine)
        say("\(name) enrols, \(scope)")
        return machine
    }

    func path(_ name: String) -> String { "\(folder)/\(name).sqlite" }

    func open(
        _ name: String, _ node: NodeID, path: String, identity: [UInt8],
        schema: Schema = World.schema
    ) throws -> Machine {
        let clinic = try Clinic(
            path: path, schema: schema, node: node, identity: identity,
            now: clock(nil), random: SplitMix64(seed: random.next()), durability: .normal,
            cacheMegabytes: 4)
        return Machine(name: name, clinic: clinic, identity: identity)
    }

    // MARK: People

    func write(_ machine: Machine) throws {
        let uid = fresh()
        var index = 0
        func value() -> Value {
            index += 1
            let text = "v\(uid).\(index)"
            written.insert(text)
            return .text(text)
        }
        var written: Set<String> = []
        var places: [String: Value] = [:]
        var hasCreated = false
        /// In one transaction the second write of a unit takes the place of the first, and what is
        /// deleted afterwards was never written.
        func delete(_ t: LocalTransaction, _ key: RecordKey, _ c: Compartment) throws {
            try t.delete(key, in: c)
            let isRoot = key.entity == 1
            places = places.filter { place, _ in
                !(isRoot ? place.contains(" \(c) ") : place.hasPrefix("\(key) \(c) "))
            }
        }
        func put(
            _ t: LocalTransaction, _ key: RecordKey, _ c: Compartment, _ unit: UInt8, _ v: Value
        )
            throws
        {
            try t.put(key, in: c, [(unit, v)])
            places["\(key) \(c) \(unit)"] = v
        }
        let clinic = machine.clinic
        let roll = random.next(upperBound: 100 as UInt64)
        try clinic.write(author: "Practitioner/\(machine.name)", at: clock(machine)) {
            transaction in
            if roll < 14 || patients.isEmpty {
                let id = RecordID(using: &random)
                patients.append(id)
                hasCreated = true
                try transaction.create(
                    RecordKey(entity: 1, id: id), in: .patient(id),
                    [(1, value()), (2, value()), (3, value()), (4, .text(clinic.node.description))])
                return
            }
            for _ in 0..<(chance(30) ? 2 : 1) {
                let patient = pick(patients)
                let own = Compartment.clinic(clinic.node)
                switch random.next(upperBound: 10 as UInt64) {
                case 0...3:
                    let unit = UInt8(1 + random.next(upperBound: 3 as UInt64))
                    try put(
                        transaction, RecordKey(entity: 1, id: patient), .patient(patient), unit,
                        value())
                case 4:
                    try put(transaction, child(2), .patient(patient), 1, value())
                case 5:
                    try put(transaction, child(3), .patient(patient), 1, value())
                case 6:
                    let status = pick(["booked", "arrived", "done"])
                    try put(transaction, child(4), own, 1, .group([.text(status), value()]))
                case 7:
                    let key = RecordKey(entity: 5, id: RecordID(using: &random))
                    try put(transaction, key, own, 1, value())
                case 8:
                    try put(transaction, child(7), .reference, 1, value())
                default:
                    let key = RecordKey(entity: 1, id: patient)
                    if chance(25) {
                        try transaction.keep(key, in: .patient(patient))
                    } else if chance(50) {
                        try delete(transaction, key, .patient(patient))
                    } else {
                        try delete(transaction, child(2), .patient(patient))
                    }
                }
            }
        }
        if !hasCreated { written = Set(places.values.flatMap(World.texts)) }
        confirmed.formUnion(written)
        say("\(machine.name) writes \(written.sorted())")
    }

    private func child(_ entity: UInt16) -> RecordKey {
        RecordKey(entity: entity, id: RecordID("r\(random.next(upperBound: 3 as UInt64))"))
    }

    func changeScope(_ machine: Machine) throws {
        // Who is of the district's scope for a while may keep what came of it.
        if faults >= 1000, chance(15), let registered = hub.clinics[machine.clinic.node] {
            let scope = pick(RegisteredClinic.Scope.allCases)
            _ = try hub.setScope(registered.name, scope)
            return say("the scope of \(registered.name) is \(scope)")
        }
        guard !patients.isEmpty else { return }
        let patient = pick(patients)
        let wanted = chance(60)
        try machine.clinic.ask(
            toHold: wanted, patient: patient, author: "", at: clock(machine))
        say("\(machine.name) asks to \(wanted ? "hold" : "leave") \(patient)")
    }

    // MARK: The wire

    func send(_ machine: Machine) throws {
        let sent: Sent
        let bytes: [UInt8]
        if let probe = try machine.clinic.probe() {
            sent = .probe(probe)
            bytes = probe.encoded()
        } else if chance(50),
            let chunk = try machine.clinic.chunkRequest(limit: pick([1, 200, 100_000]))
        {
            sent = .chunk(chunk)
            bytes = chunk.encoded()
        } else {
            let exchange = try machine.clinic.exchange(
                pushBytes: pick([0, 1, 1, 400, 100_000]), pulls: chance(80), wait: 0,
                limit: pick([1, 300, 100_000]), at: clock(machine))
            sent = .exchange(exchange)
            bytes = exchange.bytes
        }
        let id = fresh()
        machine.waiting = id
        wire.append(Message(id: id, machine: machine, sent: sent, bytes: bytes, isAnswer: false))
    }

    func deliver(_ message: Message) throws {
        let machine = message.machine
        if !message.isAnswer {
            let bytes: [UInt8]
            // A hub looks at who holds what, where that has to be looked at anew, in between.
            if hub.isLooking { _ = try hub.lookAnew(3) }
            do {
                guard
                    case .answer(let answer, _) = try hub.answer(
                        message.bytes, from: machine.clinic.node, at: clock(nil), mayWait: false)
                else { throw Failure(description: "the hub waits") }
                bytes = answer
            } catch HubRefusal.notHeld {
                return
            }
            ever.formUnion(try values(hub.node))
            received[machine.name, default: []].append(bytes)
            var answer = message
            answer.bytes = bytes
            answer.isAnswer = true
            wire.append(answer)
            return
        }
        guard machine.waiting == message.id, machines.contains(where: { $0 === machine }) else {
            return
        }
        machine.waiting = nil
        switch message.sent {
        case .exchange(let sent):
            _ = try machine.clinic.apply(message.bytes, to: sent, at: clock(machine))
            machine.clockError = 0
        case .chunk(let chunk): try machine.clinic.apply(message.bytes, to: chunk)
        case .probe(let probe): try machine.clinic.apply(message.bytes, to: probe)
        }
    }

    // MARK: What is where

    /// Every value that the frames of a log carry.
    func values(_ node: NodeStore) throws -> Set<String> {
        var found: Set<String> = []
        try node.store.reading {
            try node.log.forEach { entry in
                try entry.frame.forEachChangeSet { _, reader in
                    for write in try ChangeSet(&reader, schema: World.schema).changes.flatMap(
                        \.units)
                    {
                        found.formUnion(World.texts(write.value))
                    }
                }
                return true
            }
        }
        return found
    }

    private static func texts(_ value: Value) -> [String] {
        switch value {
        case .text(let text): text.hasPrefix("v") ? [text] : []
        case .group(let values): values.flatMap(texts)
        default: []
        }
    }
}
