import Causality
import Hub
import Records
import Replica
import Sync

/// Checks that share no code with what they check but the reading of registers.
extension World {
    /// What nobody has replaced, from the set of all frames alone.
    struct Oracle {
        struct Place: Hashable {
            var compartment: Compartment
            var key: RecordKey
            var unit: UInt8
        }
        var siblings: [Place: Set<Stamp>] = [:]
        var values: [Place: [Stamp: Value]] = [:]
    }

    func oracle() throws -> Oracle {
        var oracle = Oracle()
        var gone: [Oracle.Place: Set<Stamp>] = [:]
        try hub.node.store.reading {
            try hub.node.log.forEach { entry in
                try entry.frame.forEachChangeSet { _, reader in
                    let set = try ChangeSet(&reader, schema: World.schema)
                    for change in set.changes {
                        for write in change.units {
                            let place = Oracle.Place(
                                compartment: set.compartment, key: change.key, unit: write.unit)
                            gone[place, default: []].formUnion(write.replaces)
                            let stamp = entry.frame.header.stamp
                            if let old = oracle.values[place]?[stamp], old != write.value {
                                throw Failure(description: "a stamp names two values at \(place)")
                            }
                            oracle.values[place, default: [:]][stamp] = write.value
                        }
                    }
                }
                return true
            }
        }
        for (place, all) in oracle.values {
            let left = Set(all.keys).subtracting(gone[place] ?? [])
            if !left.isEmpty { oracle.siblings[place] = left }
        }
        return oracle
    }

    func check() throws {
        let atHub = try values(hub.node)
        let missing = confirmed.subtracting(lost).subtracting(atHub)
        guard missing.isEmpty else { throw Failure(description: "confirmed and lost: \(missing)") }
        let oracle = try oracle()
        try check("hub", hub.node, oracle) { _ in true }
        for machine in machines {
            let clinic = machine.clinic
            if clinic.hasPending {
                throw Failure(description: "\(machine.name) has pending frames")
            }
            if try clinic.chunkRequest(limit: 1) != nil {
                throw Failure(description: "\(machine.name) is still joining")
            }
            let registered = hub.clinics[clinic.node]!
            let holds = try holds(of: clinic.node)
            try check(machine.name, clinic.replica, oracle) { compartment in
                switch compartment.kind {
                case .reference: true
                case .clinic: compartment == .clinic(clinic.node)
                case .patient: registered.scope == .district || holds.contains(compartment)
                }
            }
            for kind in FeedKind.allCases
            where kind != .district || registered.scope == .district {
                guard let comparison = clinic.comparisons[kind] else {
                    throw Failure(description: "\(machine.name) never compared \(kind)")
                }
                guard comparison.isEqual else {
                    throw Failure(description: "\(machine.name): sums of \(kind) differ")
                }
            }
        }
    }

    func holds(of node: NodeID) throws -> Set<Compartment> {
        try hub.node.store.reading {
            let roots = try hub.node.store.rows(
                "SELECT root FROM _holder WHERE node = ?", [.unsigned(node.rawValue)]
            ) { RootReference(rawValue: $0.integer(0)) }
            return Set(try roots.compactMap { try hub.node.tables.compartment($0) })
        }
    }

    /// The registers of what a node holds must be what the oracle says, in stamps, values, and what
    /// shows; and what it doesn't hold must be gone once it is backed up.
    private func check(
        _ name: String, _ node: NodeStore, _ oracle: Oracle, _ holds: (Compartment) -> Bool
    ) throws {
        var expected: [Oracle.Place: Set<Stamp>] = [:]
        for (place, stamps) in oracle.siblings where holds(place.compartment) {
            expected[place] = stamps
        }
        var found: [Oracle.Place: Set<Stamp>] = [:]
        var registers: [(Oracle.Place, Register)] = []
        try node.store.reading {
            for kind in Compartment.Kind.allCases {
                for root in try node.tables.roots(of: kind, after: nil, limit: .max) {
                    let compartment = try node.tables.compartment(root)!
                    guard holds(compartment) else { continue }
                    for record in try node.reader.records(of: root) {
                        for (unit, register) in record.registers where !register.siblings.isEmpty {
                            let place = Oracle.Place(
                                compartment: compartment, key: record.key, unit: unit)
                            found[place] = Set(register.siblings.map(\.stamp))
                            registers.append((place, register))
                        }
                    }
                }
            }
        }
        for (place, stamps) in expected where found[place] != stamps {
            throw Failure(
                description:
                    "\(name) \(place): extra \((found[place] ?? []).subtracting(stamps)) lacks \(stamps.subtracting(found[place] ?? []))"
            )
        }
        for place in found.keys where expected[place] == nil {
            throw Failure(description: "\(name) keeps \(place)")
        }
        for (place, register) in registers { try check(name, place, register, oracle, node) }
    }

    private func check(
        _ name: String, _ place: Oracle.Place, _ register: Register, _ oracle: Oracle,
        _ node: NodeStore
    ) throws {
        guard place.unit != 0, let unit = World.schema[place.key.entity]?.unit(place.unit) else {
            return
        }
        for sibling in register.siblings {
            if let value = oracle.values[place]?[sibling.stamp], value != sibling.value {
                throw Failure(description: "\(name) has another value at \(place)")
            }
        }
        let atHub = try hub.node.store.reading {
            try hub.node.reader.record(place.key, in: place.compartment)?.register(place.unit)?
                .shown(by: unit.policy, rank: hub.node.ranks.rank)
        }
        let here = register.shown(by: unit.policy, rank: node.ranks.rank)
        guard atHub?.stamp == here?.stamp else {
            let ranks = register.siblings.map { sibling in
                let stamp = sibling.stamp
                return "\(stamp): here \(node.ranks.rank(stamp)), hub \(hub.node.ranks.rank(stamp))"
            }
            throw Failure(description: "\(name) shows another value at \(place): \(ranks)")
        }
    }

    /// Whatever stamps ran ahead: an edit by a right clock shows everywhere afterwards.
    func lateEdits() throws {
        var edits: [(RecordID, String)] = []
        for machine in machines { machine.clockError = 0 }
        for (index, patient) in patients.prefix(4).enumerated() {
            let text = "v-late.\(index)"
            let machine = machines[index % machines.count]
            try machine.clinic.write(at: clock(machine)) { transaction in
                try transaction.put(
                    RecordKey(entity: 1, id: patient), in: .patient(patient), [(1, .text(text))])
            }
            confirmed.insert(text)
            edits.append((patient, text))
        }
        try settle(rounds: 4)
        try check()
        for (patient, text) in edits {
            let key = RecordKey(entity: 1, id: patient)
            let holders = try machines.filter { machine in
                let scope = hub.clinics[machine.clinic.node]!.scope
                return try scope == .district
                    || holds(of: machine.clinic.node).contains(.patient(patient))
            }
            for node in [hub.node] + holders.map(\.clinic.replica) {
                try node.store.reading {
                    guard let record = try node.reader.record(key, in: .patient(patient)) else {
                        return
                    }
                    let shown = record.shown(1, in: node)
                    let stamps = record.register(1)?.siblings.count ?? 0
                    if shown != .text(text), stamps < 2 {
                        throw Failure(description: "a late edit of \(patient) does not show")
                    }
                }
            }
        }
    }
}
