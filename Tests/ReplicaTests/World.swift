import Causality
import Records
import Replica

/// Some replicas that write for themselves and hear of each other in pieces, and the oracle that
/// is told of each write. One seed draws everything.
struct World {
    var random: SplitMix64
    let replicas: [Replica]
    var oracle = Oracle()
    /// Every origin's frames, in their order.
    private(set) var frames: [Origin: [Frame]] = [:]
    private var everRanked: Set<Stamp> = []
    private var now: UInt64 = 1_800_000_000_000
    private let names: [RecordName]

    /// - Parameters:
    ///   - older: the replicas whose schema is a version behind.
    ///   - faulty: those that take some units to be of another type.
    init(
        _ folder: String, seed: UInt64, replicas count: Int = 3, older: Set<Int> = [],
        faulty: Set<Int> = []
    ) throws {
        var random = SplitMix64(seed: seed)
        replicas = try (0..<count).map { index in
            let schema =
                older.contains(index)
                ? Ward.older : faulty.contains(index) ? Ward.faulty : Ward.schema
            return try Replica(folder, UInt64(index) + 1, schema)
        }
        // Clocks that lie: an hour, a year, or back to 1970.
        for replica in replicas {
            replica.skew = [0, 0, 3_600_000, 31_536_000_000, -2_000_000_000_000]
                .randomElement(using: &random)!
        }
        names = World.names(&random)
        self.random = random
    }

    /// Two patients and a clinic, with a few records each; the patients' children share ids.
    private static func names(_ random: inout SplitMix64) -> [RecordName] {
        let patients = [RecordID(using: &random), RecordID("pat-7")]
        let children = [RecordID(using: &random), RecordID("1")]
        var names: [RecordName] = []
        for patient in patients {
            let compartment = Compartment.patient(patient)
            names.append(
                RecordName(
                    compartment: compartment, key: RecordKey(entity: Ward.person, id: patient)))
            for entity in [Ward.alias, Ward.note, Ward.token] {
                for child in children {
                    names.append(
                        RecordName(
                            compartment: compartment, key: RecordKey(entity: entity, id: child)))
                }
            }
        }
        let clinic = Compartment.clinic(NodeID(rawValue: 1))
        for child in children + patients {
            names.append(
                RecordName(compartment: clinic, key: RecordKey(entity: Ward.slot, id: child)))
        }
        return names
    }

    var allFrames: [Frame] { frames.keys.sorted().flatMap { frames[$0]! } }
    var everything: Set<Stamp> { Set(allFrames.map(\.header.stamp)) }

    // MARK: A history

    /// Writes and deliveries at random.
    mutating func run(_ steps: Int) throws {
        for _ in 0..<steps {
            now += random.next() % 4
            let replica = replicas.randomElement(using: &random)!
            switch random.next() % 10 {
            case 0..<5: try write(at: replica)
            case 5 where !oracle.frames.isEmpty && random.next() % 2 == 0: try rank(at: replica)
            default: try deliver(to: replica)
            }
        }
    }

    /// A transaction of a few edits.
    mutating func write(at replica: Replica) throws {
        let count = 1 + random.next() % 3
        var draw = SplitMix64(seed: random.next())
        try write(at: replica) { world, transaction, known, writes in
            for _ in 0..<count { try world.edit(transaction, replica, known, &writes, &draw) }
        }
    }

    /// Deletes every patient, with all that a replica knows of them.
    mutating func deletePatients(at replica: Replica) throws {
        let persons = names.filter { $0.key.entity == Ward.person }
        try write(at: replica) { world, transaction, known, writes in
            for name in persons {
                try world.delete(transaction, name, Ward.schema[Ward.person]!, known, &writes)
            }
        }
    }

    private mutating func write(
        at replica: Replica,
        _ body: (World, LocalTransaction, _ known: Set<Stamp>, _ writes: inout [Write]) throws ->
            Void
    ) throws {
        var writes: [Write] = []
        let (known, before) = (replica.known, replica.hlc)
        var salts = SplitMix64(seed: random.next())
        let world = self
        let (hlc, new) = try replica.write(at: now, using: &salts) { transaction in
            try body(world, transaction, known, &writes)
        }
        guard let hlc else { return }
        for index in writes.indices {
            let entity = replica.node.schema[writes[index].record.key.entity]!
            writes[index].stamp = Stamp(hlc: hlc, origin: replica.origin(entity.lane))
            let unranked = writes[index].replaces.subtracting(everRanked)
            guard unranked.allSatisfy({ $0.hlc < hlc }) else {
                throw Wrong(what: "a write that counts for no more than what it replaces")
            }
        }
        guard hlc > before else { throw Wrong(what: "a reading that is not above the last") }
        oracle.add(writes)
        for frame in new { frames[frame.header.origin, default: []].append(frame) }
    }

    struct Wrong: Error { var what: String }

    private func edit(
        _ transaction: LocalTransaction, _ replica: Replica, _ known: Set<Stamp>,
        _ writes: inout [Write], _ draw: inout SplitMix64
    ) throws {
        let name = names.randomElement(using: &draw)!
        guard let entity = replica.node.schema[name.key.entity] else { return }
        let earlier = writes.filter { $0.record == name }
        if draw.next() % 8 == 0 {
            return try delete(transaction, name, entity, known, &writes)
        }
        if draw.next() % 12 == 0 { return try keep(transaction, name, known, &writes) }
        let units = entity.units.shuffled(using: &draw).prefix(1 + Int(draw.next() % 3))
            .sorted { $0.number < $1.number }
        let values = units.map { ($0.number, Ward.value(of: $0, using: &draw)) }
        let isNew = earlier.isEmpty && !oracle.isKnown(name, known)
        var seen: [UInt8: [Stamp]] = [:]
        if isNew, draw.next() % 2 == 0 {
            try transaction.create(name.key, in: name.compartment, values)
        } else {
            if draw.next() % 3 == 0 { seen = self.seen(name, values.map(\.0), known, &draw) }
            try transaction.put(name.key, in: name.compartment, values, seen: seen)
        }
        bringBack(name, known, &writes)
        for (unit, value) in values {
            if let at = writes.firstIndex(where: { $0.record == name && $0.unit == unit }) {
                // The second write of a unit in one transaction takes the place of the first.
                writes[at].value = value
                continue
            }
            let replaced = seen[unit].map(Set.init) ?? Set(oracle.siblings(name, unit, known).keys)
            writes.append(
                Write(
                    stamp: placeholder, record: name, unit: unit, value: value, replaces: replaced))
        }
    }

    /// What an author saw who looked some time ago: any of the writes of the unit that are here.
    private func seen(
        _ name: RecordName, _ units: [UInt8], _ known: Set<Stamp>, _ draw: inout SplitMix64
    ) -> [UInt8: [Stamp]] {
        var seen: [UInt8: [Stamp]] = [:]
        for unit in units {
            let all = (oracle.writes[name] ?? []).filter {
                $0.unit == unit && known.contains($0.stamp)
            }
            seen[unit] = all.map(\.stamp).filter { _ in draw.next() % 3 == 0 }.sorted()
        }
        return seen
    }

    private func delete(
        _ transaction: LocalTransaction, _ name: RecordName, _ entity: Entity, _ known: Set<Stamp>,
        _ writes: inout [Write]
    ) throws {
        try transaction.delete(name.key, in: name.compartment)
        // What the transaction wrote there before the delete is as if it had never been.
        writes.removeAll {
            $0.record == name || entity.isRoot && $0.record.compartment == name.compartment
        }
        let records = entity.isRoot ? oracle.records(of: name.compartment, known) : [name]
        var listed = records.reduce(into: Set<Stamp>()) { $0.formUnion(oracle.stamps($1, known)) }
        let deletes = oracle.deletes(name, known)
        let settled = deletes.reduce(into: Set<Stamp>()) { $0.formUnion($1.settled) }
        for earlier in deletes { listed.formUnion(earlier.listed) }
        listed.subtract(settled)
        guard !listed.isEmpty else { return }
        append(name, listing: listed, settled: settled, known, &writes)
    }

    /// A write to a record that was deleted and does not show settles the deletes.
    private func bringBack(_ name: RecordName, _ known: Set<Stamp>, _ writes: inout [Write]) {
        if let at = writes.firstIndex(where: { $0.record == name && $0.unit == Unit.deletion }) {
            writes[at].settled.formUnion(writes[at].listed)
            writes[at].listed = []
            writes[at].value = .bytes(DeleteList([], settled: writes[at].settled).encoded)
            return
        }
        let deletes = oracle.deletes(name, known)
        let root = Ward.schema.root(of: name.compartment.kind)?.number
        guard deletes.contains(where: { !$0.listed.isEmpty }), oracle.isHidden(name, root, known)
        else { return }
        let settled = deletes.reduce(into: Set<Stamp>()) {
            $0.formUnion($1.listed.union($1.settled))
        }
        append(name, listing: [], settled: settled, known, &writes)
    }

    /// A person says that a record which was deleted and edited is kept.
    private func keep(
        _ transaction: LocalTransaction, _ name: RecordName, _ known: Set<Stamp>,
        _ writes: inout [Write]
    ) throws {
        try transaction.keep(name.key, in: name.compartment)
        let deletes = oracle.deletes(name, known)
        guard deletes.contains(where: { !$0.listed.isEmpty }) else {
            writes.removeAll {
                $0.record == name && $0.unit == Unit.deletion && !$0.listed.isEmpty
            }
            return
        }
        writes.removeAll { $0.record == name && $0.unit == Unit.deletion }
        let settled = deletes.reduce(into: Set<Stamp>()) { $0.formUnion($1.settled) }
        append(name, listing: [], settled: settled, known, &writes)
    }

    private func append(
        _ name: RecordName, listing listed: Set<Stamp>, settled: Set<Stamp>, _ known: Set<Stamp>,
        _ writes: inout [Write]
    ) {
        writes.append(
            Write(
                stamp: placeholder, record: name, unit: Unit.deletion,
                value: .bytes(DeleteList(listed, settled: settled).encoded),
                replaces: Set(oracle.siblings(name, Unit.deletion, known).keys), listed: listed,
                settled: settled))
    }

    private var placeholder: Stamp { Stamp(hlc: .zero, origin: replicas[0].origin(.care)) }

    // MARK: Deliveries

    /// Some frames, each the next of its origin here, or one that has come before.
    private mutating func deliver(to replica: Replica) throws {
        try deliver(to: replica, atMost: Int(random.next() % 6) + 1)
    }

    /// Delivers in random order and random batches. Returns how many were new.
    @discardableResult
    mutating func deliver(to replica: Replica, atMost count: Int) throws -> Int {
        var next: [Origin: Int] = [:]
        for (origin, list) in frames {
            next[origin] =
                list.firstIndex { !replica.known.contains($0.header.stamp) } ?? list.count
        }
        var batch: [Frame] = []
        let size = [1, 2, 7, 1000].randomElement(using: &random)!
        var new = 0
        for _ in 0..<count {
            let open = frames.keys.filter { next[$0]! < frames[$0]!.count }.sorted()
            if let origin = open.randomElement(using: &random) {
                batch.append(frames[origin]![next[origin]!])
                next[origin]! += 1
                new += 1
            }
            if random.next() % 4 == 0, let again = allFrames.randomElement(using: &random),
                replica.known.contains(again.header.stamp) || batch.contains(again)
            {
                batch.append(again)
            }
            if batch.count >= size {
                try replica.receive(batch)
                batch.removeAll()
            }
        }
        try replica.receive(batch)
        return new
    }

    /// Every frame to everyone.
    mutating func settle(_ replicas: [Replica]) throws {
        for replica in replicas { while try deliver(to: replica, atMost: 50) > 0 {} }
    }

    // MARK: Ranks

    /// Whether the hub has never ranked a stamp.
    var hasNoRanks: Bool { everRanked.isEmpty }

    /// The hub ranks a stamp lower, or takes that back.
    private mutating func rank(at replica: Replica) throws {
        let stamp = oracle.frames.sorted().randomElement(using: &random)!
        let low = HLC(
            rawValue: stamp.hlc.rawValue - min(stamp.hlc.rawValue, random.next() % (1 << 30)))
        oracle.ranks[stamp] = random.next() % 4 == 0 ? nil : low
        everRanked.insert(stamp)
        try replica.setRank(stamp, oracle.ranks[stamp])
    }

    /// The hub's last word on every stamp, to everyone.
    func settleRanks(_ replicas: [Replica]) throws {
        for replica in replicas {
            for stamp in oracle.frames.sorted() {
                try replica.setRank(stamp, oracle.ranks[stamp], epoch: 2)
            }
        }
    }
}
