import Causality
import Hub
import Records
import Replica
import Sync

/// What people do all day.
extension World {
    func planPeople(_ machine: ClinicMachine) {
        plan(after: machine.people.wait(mean: machine.options.pause)) { [unowned self] in
            guard !isHealing, !machine.isGone else { return }
            if let most = options.cuts.writes, ledger.writes >= most { return }
            try work(machine)
            planPeople(machine)
        }
    }

    private func work(_ machine: ClinicMachine) throws {
        let isBurst = machine.people.comes(options.perMille(.burst))
        try writeSomething(machine)
        guard isBurst else { return }
        say("much is written at \(machine.name)")
        for index in 1...machine.people.within(5...15) {
            plan(after: UInt64(index) * Period.second) { [unowned self] in
                guard !isHealing, !machine.isGone else { return }
                if let most = options.cuts.writes, ledger.writes >= most { return }
                try writeSomething(machine)
            }
        }
    }

    func writeSomething(_ machine: ClinicMachine) throws {
        let number = ledger.newNumber()
        var intents: [Intent] = []
        guard try attempt(machine, { intents = try self.intents(machine, number) }) else { return }
        guard !intents.isEmpty else { return }
        try attempt(machine) { try write(machine, number, intents) }
        wakeBoth(machine)
    }

    private func intents(_ machine: ClinicMachine, _ number: Int) throws -> [Intent] {
        let isFirst = patients.isEmpty
        if isFirst || patients.count < options.patients && machine.people.comes(200) {
            return register(machine, number)
        }
        if machine.people.comes(options.perMille(.transfer)) { return transfer(machine, number) }
        if machine.people.comes(options.perMille(.forbidden)),
            let other = machines.first(where: { $0.node != machine.node })
        {
            return [payment(machine, number, of: other.node)]
        }
        var intents: [Intent] = []
        for _ in 0..<(machine.people.comes(300) ? 2 : 1) {
            intents.append(contentsOf: try edit(machine, number))
        }
        // A delete takes back what the same transaction wrote: it stands alone here.
        return intents.first { if case .delete = $0 { true } else { false } }.map { [$0] }
            ?? intents
    }

    private func text(_ number: Int, _ compartment: Compartment) -> Value {
        .text(ledger.canary(number, in: compartment))
    }

    private func register(_ machine: ClinicMachine, _ number: Int) -> [Intent] {
        let id = RecordID(using: &machine.people)
        patients.append(id)
        let own = Compartment.patient(id)
        let units: [(UInt8, Value)] = [
            (1, text(number, own)), (2, text(number, own)), (3, text(number, own)),
            (SimulatedSchema.Number.registrar, .text(machine.node.description)),
        ]
        var intents = [Intent.create(key(SimulatedSchema.Number.patient, id), own, units)]
        if machine.people.comes(300) {
            intents.append(
                .put(child(machine, SimulatedSchema.Number.name), own, 1, text(number, own)))
        }
        return intents
    }

    private func key(_ entity: UInt16, _ id: RecordID) -> RecordKey {
        RecordKey(entity: entity, id: id)
    }

    /// One of few children, so that people meet in them.
    private func child(_ machine: ClinicMachine, _ entity: UInt16) -> RecordKey {
        key(entity, RecordID("r\(machine.people.below(3))"))
    }

    /// A patient moves to another clinic, or one asks to hold or to leave them.
    private func transfer(_ machine: ClinicMachine, _ number: Int) -> [Intent] {
        typealias Number = SimulatedSchema.Number
        let patient = machine.people.pick(patients)
        let other = machine.people.pick(machines)
        let wanted = machine.people.comes(600)
        let own = Compartment.patient(patient)
        if machine.people.comes(300) {
            return [
                .put(
                    key(Number.patient, patient), own, Number.home,
                    .text("Organization/\(other.name)"))
            ]
        }
        guard let rule = machine.replica.schema.holders else { return [] }
        let hold = machine.clinic.holdKey(own, rule)
        let clinic = Compartment.clinic(machine.node)
        return [
            .put(hold, clinic, Number.holdTarget, .text(patient.description)),
            .put(hold, clinic, Number.holdWanted, .integer(wanted ? 1 : 0)),
        ]
    }

    private func payment(_ machine: ClinicMachine, _ number: Int, of node: NodeID) -> Intent {
        let books = Compartment.clinic(node)
        let id = RecordID(using: &machine.people)
        return .put(key(SimulatedSchema.Number.payment, id), books, 1, text(number, books))
    }

    /// A patient: one that the clinic holds, or anybody with a card.
    private func patient(_ machine: ClinicMachine) throws -> RecordID {
        let candidate = machine.people.pick(patients)
        guard !machine.people.comes(options.strangers) else { return candidate }
        let start = machine.people.below(patients.count)
        return try machine.replica.store.reading {
            for offset in patients.indices {
                let id = patients[(start + offset) % patients.count]
                let root = key(SimulatedSchema.Number.patient, id)
                if try machine.replica.reader.record(root, in: .patient(id)) != nil { return id }
            }
            return candidate
        }
    }

    private func edit(_ machine: ClinicMachine, _ number: Int) throws -> [Intent] {
        typealias Number = SimulatedSchema.Number
        let patient = try patient(machine)
        let record = Compartment.patient(patient)
        let own = Compartment.clinic(machine.node)
        let root = key(Number.patient, patient)
        switch machine.people.below(13) {
        case 0...3:
            return [.put(root, record, UInt8(machine.people.within(1...3)), text(number, record))]
        case 4: return [.put(child(machine, Number.name), record, 1, text(number, record))]
        case 5: return [.put(child(machine, Number.document), record, 1, text(number, record))]
        case 6:
            let severity = machine.people.pick(SimulatedSchema.severities)
            return [
                .put(
                    child(machine, Number.document), record, 2,
                    .group([.text(severity), text(number, record)]))
            ]
        case 7:
            let status = machine.people.pick(SimulatedSchema.statuses)
            return [
                .put(
                    child(machine, Number.appointment), own, 1,
                    .group([.text(status), text(number, own)]))
            ]
        case 8: return [payment(machine, number, of: machine.node)]
        case 9: return [.put(child(machine, Number.price), .reference, 1, text(number, .reference))]
        case 10: return [.put(child(machine, Number.scan), record, 1, text(number, record))]
        case 11:
            guard machine.version == .newer else { return [] }
            return machine.people.comes(500)
                ? [.put(root, record, Number.language, text(number, record))]
                : [.put(child(machine, Number.token), record, 1, text(number, record))]
        default:
            return [.delete(machine.people.comes(400) ? root : child(machine, Number.name), record)]
        }
    }
}
