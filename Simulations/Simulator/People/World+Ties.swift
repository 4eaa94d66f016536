import Records
import Replica
import Sync

extension World {
    /// At two clinics somebody saves the same field at the same reading of their clocks, which
    /// happen to agree to the millisecond: only the origin tells the stamps apart.
    func writeTogether() throws {
        if let most = options.cuts.writes, ledger.writes >= most { return }
        guard let first = somebody(.tie) else { return }
        let others = machines.filter { !$0.isGone && $0.node != first.node }
        guard !others.isEmpty else { return }
        let second = draw(.tie) { $0.pick(others) }
        let shared = try patients.filter { try has(first, $0) && has(second, $0) }
        guard !shared.isEmpty else { return }
        let patient = draw(.tie) { $0.pick(shared) }
        let unit = draw(.tie) { UInt8($0.within(1...3)) }
        let (one, other) = (trustedTime(first), trustedTime(second))
        second.clock.set(
            offset: second.clock.offset + Int64(one) - Int64(other), at: time)
        say("the clocks of \(first.name) and \(second.name) agree")
        for machine in [first, second] {
            let number = ledger.newNumber()
            let own = Compartment.patient(patient)
            let key = RecordKey(entity: SimulatedSchema.Number.patient, id: patient)
            let text = Value.text(ledger.canary(number, in: own))
            try attempt(machine) { try write(machine, number, [.put(key, own, unit, text)]) }
            wakeBoth(machine)
        }
    }

    private func has(_ machine: ClinicMachine, _ patient: RecordID) throws -> Bool {
        let key = RecordKey(entity: SimulatedSchema.Number.patient, id: patient)
        return try machine.replica.store.reading {
            try machine.replica.reader.record(key, in: .patient(patient)) != nil
        }
    }

    private func trustedTime(_ machine: ClinicMachine) -> UInt64 {
        machine.clinic.reading(reading(machine)).now
    }
}
