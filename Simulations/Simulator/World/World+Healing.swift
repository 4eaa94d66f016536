import Causality
import Hub
import Records
import Replica
import Sync

/// After the faults: everything is mended, and must come to rest.
extension World {
    /// Plays a history to its end.
    func play() throws {
        try setUp()
        try run(until: World.start + UInt64(options.days) * Period.day)
        try heal()
        try settle()
        if let damage {
            try makeConflict()
            try settle()
            try check()
            try apply(damage)
        }
        try check()
        try editLate()
        try settle()
        try check()
    }

    private func heal() throws {
        isHealing = true
        meter.faultsEnd(at: time)
        say("faults stop")
        hub.clock.mend(at: time)
        disks.cutPower(HubMachine.file, after: 0)
        hub.isFailing = false
        try hub.store.confirmClock(hubReading)
        if options.endsUpgraded { try upgradeHub() }
        for machine in machines where !machine.isGone {
            machine.link.isMended = true
            machine.link.isUp = true
            machine.link.until = .max
            machine.clock.mend(at: time)
            makeRoom(machine)
            machine.isFailing = false
            disks.cutPower(machine.name, after: 0)
            if options.endsUpgraded { try upgrade(machine) }
        }
    }

    /// Everybody exchanges until nothing moves, then the hub is backed up, and all hear of it.
    func settle() throws {
        try exchangeUntilQuiet()
        meter.comesToRest(at: time)
        try backUpHub()
        try exchangeUntilQuiet()
    }

    /// Exchanges that a clinic may need to come to rest, beside some for each write of the run.
    private static let fewExchanges = 200
    private static let exchangesPerWrite = 6
    private static let patience = 60 * Period.day

    private func exchangeUntilQuiet() throws {
        let before = machines.map(\.exchanges)
        let bound = World.fewExchanges + World.exchangesPerWrite * ledger.entries.count
        var isDue = true
        func tick() throws {
            guard isDue else { return }
            for machine in machines where !machine.isGone {
                if try restlessness(machine) != nil { try askToSync(machine) }
            }
            plan(after: Period.minute, tick)
        }
        try tick()
        defer { isDue = false }
        try run(until: time + World.patience) {
            for (machine, start) in zip(machines, before)
            where machine.exchanges - start > bound {
                throw Failure(
                    .liveness,
                    "\(machine.name) is not at rest after \(bound) exchanges: "
                        + (try restlessness(machine) ?? "it only waits"))
            }
            return try machines.allSatisfy { try $0.isGone || restlessness($0) == nil }
        }
        for machine in machines where !machine.isGone {
            if let why = try restlessness(machine) {
                throw Failure(.liveness, "\(machine.name) never comes to rest: \(why)")
            }
        }
    }

    /// An operator's `syncctl sync`: a wait for news is given up, and other waits are over.
    private func askToSync(_ machine: ClinicMachine) throws {
        if let call = machine.calls[Call.Channel.pull.rawValue], call.message.wait > 0 {
            try fail(call)
        }
        machine.session.hurry()
        wakeBoth(machine)
    }

    /// What a clinic still has to do; `nil` when it is at rest.
    private func restlessness(_ machine: ClinicMachine) throws -> String? {
        if hub.store.isLooking { return "the hub still looks at what it holds" }
        if machine.clinic.hasPending { return "it has frames that the hub lacks" }
        if machine.pulledAt <= hubChangedAt { return "it has not heard what is new" }
        if machine.behind > 0 { return "its feeds are behind" }
        if try machine.clinic.probe() != nil { return "a fork is open" }
        if try machine.clinic.chunkRequest(limit: 1) != nil { return "it is loading" }
        let compared = machine.clinic.comparisons
        for kind in FeedKind.allCases where compared[kind] == nil {
            if kind != .district || readsAll(machine) { return "it has yet to compare \(kind)" }
        }
        return nil
    }

    /// Whatever stamps ran ahead: an edit by a right clock shows everywhere afterwards.
    private func editLate() throws {
        let here = machines.filter { !$0.isGone }
        guard !here.isEmpty else { return }
        for (index, patient) in patients.prefix(World.lateEdits).enumerated() {
            let number = ledger.newNumber()
            let own = Compartment.patient(patient)
            let text = Value.text(ledger.canary(number, in: own))
            let key = RecordKey(entity: SimulatedSchema.Number.patient, id: patient)
            try write(here[index % here.count], number, [.put(key, own, 1, text)])
            late.append((patient, text))
        }
    }

    private static let lateEdits = 4
}
