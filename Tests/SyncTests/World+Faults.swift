import Causality
import Foundation
import Hub
import Records
import Replica
import Sync

extension World {
    private func copy(_ from: String, _ to: String) throws {
        try? FileManager.default.removeItem(atPath: to)
        try FileManager.default.copyItem(atPath: from, toPath: to)
    }

    func takeSnapshot(_ machine: Machine) throws {
        try machine.clinic.replica.store.checkpoint()
        let to = "\(folder)/\(machine.name).snapshot"
        try copy(path(machine.name), to)
        snapshots[machine.name] = (to, try values(machine.clinic.replica))
        say("snapshot of \(machine.name)")
    }

    /// A folder is restored, or a virtual machine rolled back under the same identity.
    func putBack(_ machine: Machine, sameIdentity: Bool) throws {
        guard let snapshot = snapshots[machine.name] else { return }
        let gone = try values(machine.clinic.replica)
        var kept = snapshot.log.union(try values(hub.node))
        for other in machines where other !== machine {
            kept.formUnion(try values(other.clinic.replica))
        }
        let missing = gone.subtracting(kept)
        // Two disasters at once, the hub's and the only disk's, are kept out.
        guard missing.isDisjoint(with: ever) else { return }
        if sameIdentity, !gone.intersection(ever).isSubset(of: try values(hub.node)) { return }
        lost.formUnion(missing)
        try machine.clinic.close()
        for suffix in ["-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: path(machine.name) + suffix)
        }
        try copy(snapshot.path, path(machine.name))
        if !sameIdentity { machine.identity = Array("\(machine.name)-\(fresh())".utf8) }
        machine.clinic = try open(
            machine.name, machine.clinic.node, path: path(machine.name),
            identity: machine.identity
        ).clinic
        machine.waiting = nil
        machine.isRolledBack = sameIdentity
        machine.clockError = pick([0, 0, -1_000_000])
        say(
            "\(machine.name) is \(sameIdentity ? "rolled back" : "restored"), lost \(missing.sorted())"
        )
    }

    func clone(_ machine: Machine) throws {
        guard machines.count < 6,
            !machines.contains(where: { $0 !== machine && $0.clinic.node == machine.clinic.node })
        else { return }
        try machine.clinic.replica.store.checkpoint()
        let name = machine.name + "-clone"
        guard !machines.contains(where: { $0.name == name }) else { return }
        try copy(path(machine.name), path(name))
        machines.append(
            try open(
                name, machine.clinic.node, path: path(name), identity: Array(name.utf8)))
        say("\(machine.name) is cloned")
    }

    func backUpHub() throws {
        var heads: [(Origin, NodeStore.Head)] = []
        for origin in hub.node.allOrigins { heads.append((origin, hub.node.head(origin)!)) }
        try hub.node.store.checkpoint()
        let to = "\(folder)/hub.backup-\(backups)"
        backups += 1
        try copy(folder + "/hub.sqlite", to)
        backup = (to, try values(hub.node))
        try hub.node.transaction {
            for (origin, head) in heads {
                try hub.node.setAcknowledged(origin, 0, backedUp: head.sequence)
            }
        }
        say("backup of the hub")
    }

    func restoreHub() throws {
        guard let backup else { return }
        var kept = backup.log
        for machine in machines {
            guard !machine.isRolledBack else { return }
            let node = machine.clinic.node
            try machine.clinic.replica.log.forEachOwn(node, machine.clinic.replica) { found in
                kept.formUnion(found)
            }
        }
        guard ever.isSubset(of: kept) else { return }
        let backedUp = hub.node.allOrigins.map { ($0, hub.node.head($0)!.backedUp) }
        let registered = hub.clinics
        try hub.close()
        for suffix in ["-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: folder + "/hub.sqlite" + suffix)
        }
        try copy(backup.path, folder + "/hub.sqlite")
        hub = try HubStore(
            path: folder + "/hub.sqlite", schema: World.schema,
            identity: chance(50) ? [0] : Array("\(fresh())".utf8), now: clock(nil),
            random: SplitMix64(seed: random.next()), durability: .normal, cacheMegabytes: 4)
        for clinic in registered.values where hub.clinics[clinic.node] == nil {
            try hub.readmit(
                clinic.node, name: clinic.name, scope: clinic.scope,
                organization: clinic.organization)
        }
        try hub.node.transaction {
            for (origin, sequence) in backedUp where hub.node.head(origin) != nil {
                let mine = hub.node.head(origin)!.sequence
                try hub.node.setAcknowledged(origin, 0, backedUp: min(sequence, mine))
            }
        }
        say("THE HUB IS PUT BACK")
    }

    func step() throws {
        time += 1000 + random.next(upperBound: 60_000)
        let machine = pick(machines)
        let roll = random.next(upperBound: min(1000, faults) as UInt64)
        switch roll {
        case 0..<230: try write(machine)
        case 230..<480: try send(machine)
        case 480..<830:
            guard !wire.isEmpty else { return }
            try deliver(wire.remove(at: Int(random.next(upperBound: UInt64(wire.count)))))
        case 830..<850:
            guard !wire.isEmpty else { return }
            wire.remove(at: Int(random.next(upperBound: UInt64(wire.count))))
        case 850..<880:
            // A request is repeated; an answer only reaches the request that it answers.
            if let message = wire.last(where: { !$0.isAnswer }) { try deliver(message) }
        case 880..<910: try changeScope(machine)
        case 910..<935: try takeSnapshot(machine)
        case 935..<943: try putBack(machine, sameIdentity: false)
        case 943..<951: try putBack(machine, sameIdentity: true)
        case 951..<955: try clone(machine)
        case 955..<970: try backUpHub()
        case 970..<978: try restoreHub()
        default:
            machine.clockError = pick([-1_000_000_000, 2_000_000, 20_000_000_000])
            say("the clock of \(machine.name) is off by \(machine.clockError)")
        }
    }

    // MARK: The end

    /// No more faults: everybody exchanges until nothing moves.
    ///
    /// - Parameter note: called after each message: what a clinic holds may change with each.
    func settle(rounds: Int = 8, _ note: () throws -> Void = {}) throws {
        for message in wire where chance(50) {
            try deliver(message)
            try note()
        }
        wire = []
        for _ in 0..<rounds {
            for machine in machines {
                time += 1000
                try round(machine, note)
            }
        }
    }

    private func round(_ machine: Machine, _ note: () throws -> Void) throws {
        machine.waiting = nil
        for turn in 0..<60 {
            wire = []
            let id = fresh()
            machine.waiting = id
            let sent: Sent
            let bytes: [UInt8]
            if let probe = try machine.clinic.probe() {
                (sent, bytes) = (.probe(probe), probe.encoded())
            } else if turn % 2 == 0, let chunk = try machine.clinic.chunkRequest(limit: 500) {
                (sent, bytes) = (.chunk(chunk), chunk.encoded())
            } else {
                let exchange = try machine.clinic.exchange(
                    pushBytes: 1 << 20, pulls: true, wait: 0, limit: 1 << 20, at: clock(machine))
                (sent, bytes) = (.exchange(exchange), exchange.bytes)
            }
            try deliver(
                Message(id: id, machine: machine, sent: sent, bytes: bytes, isAnswer: false))
            try note()
            guard let answer = wire.first else { continue }
            wire = []
            try deliver(answer)
            if case .exchange(let exchange) = sent, exchange.request.frames.isEmpty,
                try machine.clinic.probe() == nil,
                try machine.clinic.chunkRequest(limit: 500) == nil
            {
                break
            }
        }
    }
}

extension FrameLog {
    /// The values of the frames that a node itself wrote.
    func forEachOwn(_ node: NodeID, _ replica: NodeStore, _ body: (Set<String>) -> Void) throws {
        try replica.store.reading {
            try forEach { entry in
                guard entry.frame.header.origin.node == node else { return true }
                var found: Set<String> = []
                try entry.frame.forEachChangeSet { _, reader in
                    let set = try ChangeSet(&reader, schema: World.schema)
                    for write in set.changes.flatMap(\.units) {
                        switch write.value {
                        case .text(let text): found.insert(text)
                        case .group(let values):
                            for case .text(let text) in values { found.insert(text) }
                        default: break
                        }
                    }
                }
                body(found.filter { $0.hasPrefix("v") })
                return true
            }
        }
    }
}
