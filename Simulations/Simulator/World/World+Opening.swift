import Causality
import Hub
import Records
import Replica
import Sync

/// Who is there from the start, and who comes.
extension World {
    func setUp() throws {
        for line in options.lines { trace.add(line) }
        for clinic in options.clinics {
            if clinic.enrols == 0 {
                try enrol(clinic)
            } else {
                plan(after: clinic.enrols) { [unowned self] in try enrolLate(clinic) }
            }
        }
        planUpkeep()
        planFaults()
    }

    /// A clinic enrols amid the run. Now and then the hub is put back soon after to a backup that
    /// doesn't know it: what it has loaded by then as state, the hub has lost.
    private func enrolLate(_ clinic: Options.ClinicOptions) throws {
        guard !isHealing, options.rate(.hubRestore) != nil, draw(.hubRestore, { $0.comes(600) })
        else { return try enrol(clinic) }
        try backUpHub()
        for machine in machines where !machine.isGone {
            if let most = options.cuts.writes, ledger.writes >= most { break }
            try writeSomething(machine)
        }
        plan(after: Period.hour / 2) { [unowned self] in try enrol(clinic) }
        let wait = Period.hour + draw(.hubRestore) { $0.below(Period.hour) }
        plan(after: wait) { [unowned self] in if !isHealing { try restoreHub() } }
    }

    func enrol(_ options: Options.ClinicOptions) throws {
        let name = options.name
        names += 1
        let code = (0..<8).map { UInt8(truncatingIfNeeded: names >> (8 * $0)) }
        let isDone = try attemptAtHub {
            // Enrolled, though the power went before it was told.
            if hub.store.clinics.values.contains(where: { $0.name == name && $0.isEnrolled }) {
                return
            }
            _ = try hub.store.add(
                name, scope: options.scope, organization: name, codeID: code, verifier: [1],
                at: hubReading)
            _ = try hub.store.enrol(
                codeID: code, request: name, at: hubReading, verify: { _ in true },
                sign: { $1 + "-certificate" })
        }
        guard isDone, let registered = hub.store.clinics.values.first(where: { $0.name == name })
        else {
            return plan(after: Period.hour) { [unowned self] in try enrol(options) }
        }
        let clock = MachineClock(options.clock, at: time)
        var chance = Chance(seed: self.options.seed, "first life of \(name)")
        let clinic = try open(
            name, registered.node, options.version, Array(name.utf8), clock.reading(at: time),
            chance.number())
        let machine = ClinicMachine(
            name: name, node: registered.node, options: options, clinic: clinic, clock: clock,
            version: options.version, identity: Array(name.utf8), seed: self.options.seed)
        machines.append(machine)
        if options.scope == .district { haveReadAll.insert(machine.node) }
        say("\(name) enrols")
        planPeople(machine)
        planLink(machine)
        wakeBoth(machine, after: 1)
    }

    func open(
        _ name: String, _ node: NodeID, _ version: ProductVersion, _ identity: [UInt8],
        _ now: ClockReading, _ seed: UInt64
    ) throws -> Clinic {
        try Clinic(
            path: try disks.path(name), schema: version.schema, node: node, identity: identity,
            now: now, random: SplitMix64(seed: seed), cacheMegabytes: World.cacheMegabytes)
    }

    /// Opens a machine's database again: after a loss of power, or from another copy.
    func reopen(_ machine: ClinicMachine) throws {
        machine.boot += 1
        machine.clock.boot(at: time)
        machine.calls = [nil, nil, nil]
        machine.session = ClinicMachine.session(machine.options)
        machine.forms = [:]
        machine.isRepairing = false
        machine.isDoubtful = false
        machine.clinic = try open(
            machine.name, machine.node, machine.version, machine.identity, reading(machine),
            machine.chance.number())
    }

    /// What the hub's daemon does now and then: time is kept moving on, backups are made.
    private func planUpkeep() {
        plan(after: Period.hour) { [unowned self] in
            try attemptAtHub {
                try hub.store.node.transaction { try hub.store.advanceClock(hubReading) }
                try hub.store.saveReadPositions()
            }
            planUpkeep()
        }
        guard hub.backups == 0, hub.backup == nil else { return }
        planBackup()
    }

    private func planBackup() {
        plan(after: hub.chance.wait(mean: options.backups)) { [unowned self] in
            if !isHealing { try backUpHub() }
            planBackup()
        }
    }
}
