import Causality
import Hub
import Records
import Replica
import Sync

/// What befalls the clinics' machines.
extension World {
    private func isBusyTwice(_ machine: ClinicMachine) -> Bool {
        machines.contains { $0 !== machine && !$0.isGone && $0.node == machine.node }
    }

    // MARK: Upgrades

    func upgradeSomebody() throws {
        guard let machine = somebody(.upgrade) else { return }
        if draw(.upgrade, { $0.comes(300) }) { return try upgradeHub() }
        try upgrade(machine)
    }

    func upgrade(_ machine: ClinicMachine) throws {
        guard machine.version == .older else { return }
        machine.version = .newer
        say("\(machine.name) is upgraded")
        try restart(machine, isAtRest: true)
    }

    // MARK: Clocks

    func jumpSomebodysClock() {
        guard let machine = somebody(.jump) else { return }
        let day = Int64(Period.day)
        let hour = Int64(Period.hour)
        let offsets = [
            -20_000 * day, -12 * day, -2 * hour, 0, hour / 3, 12 * day, 230 * day, 26_000 * day,
        ]
        let offset = draw(.jump) { $0.pick(offsets) }
        machine.clock.set(offset: offset, at: time)
        let way = offset < 0 ? "behind" : "ahead"
        say("the clock of \(machine.name) is \(Period.text(offset.magnitude)) \(way)")
    }

    // MARK: Copies of disks

    /// Copies a machine's disk, as a backup program does.
    private func takeCopy(of machine: ClinicMachine) throws {
        try machine.replica.store.checkpoint()
        let name = newName("\(machine.name)-copy")
        try disks.copy(machine.name, to: name)
        machine.copies.append(name)
        say("\(machine.name) is copied as \(name)")
    }

    /// Every other time a copy is made, else one is put back.
    func putSomebodyBack(_ fault: Fault) throws {
        guard let machine = somebody(fault) else { return }
        let wantsCopy = draw(fault) { $0.comes(400) }
        if machine.copies.isEmpty || wantsCopy {
            try attempt(machine) { try takeCopy(of: machine) }
            return
        }
        let (newest, index, shift) = draw(fault) {
            ($0.comes(700), $0.below(machine.copies.count), $0.pick([0, 0, -1000, -100_000_000]))
        }
        let copy = newest ? machine.copies.last! : machine.copies[index]
        try putBack(machine, copy, isRollback: fault == .rollback, shift: Int64(shift))
    }

    private func putBack(
        _ machine: ClinicMachine, _ copy: String, isRollback: Bool, shift: Int64
    ) throws {
        let atHub = try content(of: hub.store.node) { _ in true }
        let gone = try own(machine)
        var kept = atHub.union(try contentOfCopy(copy, machine))
        for other in machines where other !== machine && other.node == machine.node && !other.isGone
        {
            kept.formUnion(try own(other))
        }
        let missing = gone.subtracting(kept)
        // Two disasters at once, the hub's and the only disk's, are kept out.
        guard missing.isDisjoint(with: ledger.ever) else { return }
        if isRollback, !gone.intersection(ledger.ever).isSubset(of: atHub) { return }
        ledger.lost.formUnion(missing)
        try? machine.clinic.close()
        disks.cutPower(machine.name, after: 0)
        makeRoom(machine)
        try disks.copy(copy, to: machine.name)
        if !isRollback { machine.identity = Array(newName(machine.name).utf8) }
        try reopen(machine)
        machine.known = [:]
        for origin in machine.replica.origins(of: machine.node) {
            machine.known[origin] = machine.replica.head(origin)?.sequence ?? 0
        }
        machine.isRolledBack = isRollback
        if shift != 0 { machine.clock.set(offset: shift, at: time) }
        say(
            "\(machine.name) is \(isRollback ? "rolled back to" : "restored from") \(copy); "
                + "\(missing.count) writes were on that disk alone")
        wakeBoth(machine, after: Period.minute)
        if isRollback, draw(.rollback, { $0.comes(600) }) { try part(machine) }
    }

    func cloneSomebody() throws {
        guard let machine = somebody(.clone), !isBusyTwice(machine),
            machines.filter({ !$0.isGone }).count < World.mostMachines
        else { return }
        guard try attempt(machine, { try machine.replica.store.checkpoint() }) else { return }
        let name = newName("\(machine.name)-clone")
        try disks.copy(machine.name, to: name)
        let clock = MachineClock(machine.clock.habit, at: time)
        let clinic = try open(
            name, machine.node, machine.version, Array(name.utf8), clock.reading(at: time),
            draw(.clone) { $0.number() })
        let clone = ClinicMachine(
            name: name, node: machine.node, options: machine.options, clinic: clinic, clock: clock,
            version: machine.version, identity: Array(name.utf8),
            seed: options.seed &+ UInt64(names))
        clone.known = machine.known
        machines.append(clone)
        say("\(machine.name) is cloned: \(name) goes on as well")
        planPeople(clone)
        planLink(clone)
        wakeBoth(clone)
    }

    private static let mostMachines = 8

    /// A machine is taken out of service, and another enrols in its place.
    func replaceSomebody() throws {
        guard let machine = somebody(.replacement), !isBusyTwice(machine) else { return }
        let missing = try own(machine).subtracting(try content(of: hub.store.node) { _ in true })
        guard missing.isDisjoint(with: ledger.ever) else { return }
        ledger.lost.formUnion(missing)
        machine.isGone = true
        machine.boot += 1
        meter.end(machine.name, at: time)
        let name = machine.options.name
        // An operator who is not told asks once more.
        while try !attemptAtHub({ _ = try hub.store.revoke(name, certificatesFrom: 0) }) {}
        try? machine.clinic.close()
        say("\(machine.name) is scrapped; \(missing.count) writes were on its disk alone")
        var options = machine.options
        options.name = newName("new")
        options.enrols = 0
        try enrol(options)
    }

    // MARK: What lies where

    /// The writes of a log that are whole, or of which anything was ever here.
    func content(
        of node: NodeStore, purgedToo: Bool = false, where counts: (Origin) -> Bool
    ) throws -> Set<WriteName> {
        var names: Set<WriteName> = []
        try node.store.reading {
            try node.log.forEach { entry in
                let header = entry.frame.header
                guard counts(header.origin), let name = WriteName(header) else { return true }
                let isWhole = !entry.frame.parts.contains {
                    if case .withheld = $0 { true } else { false }
                }
                if isWhole || purgedToo { names.insert(name) }
                return true
            }
        }
        return names
    }

    /// The stamps of a log's frames.
    func stamps(of node: NodeStore) throws -> Set<Stamp> {
        var stamps: Set<Stamp> = []
        try node.store.reading {
            try node.log.forEach { entry in
                stamps.insert(entry.frame.header.stamp)
                return true
            }
        }
        return stamps
    }

    /// What a machine must be able to send again, or has purged because it is in a backup.
    func own(_ machine: ClinicMachine) throws -> Set<WriteName> {
        try content(of: machine.replica, purgedToo: true) { $0.node == machine.node }
    }

    private func contentOfCopy(_ copy: String, _ machine: ClinicMachine) throws -> Set<WriteName> {
        let name = newName("look")
        try disks.copy(copy, to: name)
        let store = try NodeStore(
            path: try disks.path(name), schema: machine.version.schema,
            cacheMegabytes: World.cacheMegabytes)
        let found = try content(of: store) { $0.node == machine.node }
        try store.close()
        disks.remove(name)
        return found
    }
}
