import Causality
import Hub
import Records
import Replica
import Sync

extension World {
    /// Milliseconds ahead of the hub that it doesn't rank for certain.
    private static let leeway: UInt64 = 200_000

    /// At two clinics somebody saves the same field at the same reading of their clocks, which
    /// happen to agree to the millisecond: only the origin tells the stamps apart.
    func writeTogether() throws {
        if let most = options.cuts.writes, ledger.writes >= most { return }
        // What the hub ranks, because it runs ahead, counts as the hub's time and ties no more.
        let limit = hub.store.reading(hubReading).now + World.leeway
        let here = machines.filter { !$0.isGone && above($0) <= limit }
        guard !here.isEmpty else { return }
        let first = draw(.tie) { $0.pick(here) }
        let others = here.filter { $0.node != first.node }
        guard !others.isEmpty else { return }
        let second = draw(.tie) { $0.pick(others) }
        let known = try patients.filter { try has(first, $0) }
        // Whom both hold, or else a patient of the first who visits the second with a card.
        let shared = try known.filter { try has(second, $0) }
        let plain = try (shared.isEmpty ? known : shared).filter { try isPlain($0, at: first) }
        let choices = [plain, shared, known].first { !$0.isEmpty }
        guard let choices else { return }
        let patient = draw(.tie) { $0.pick(choices) }
        let isNewer = first.version == .newer && second.version == .newer
        let unit = draw(.tie) {
            isNewer && $0.comes(500)
                ? SimulatedSchema.Number.language : UInt8($0.within(1...3))
        }
        // Both tick to the reading of their wall clocks, which is above all that they have seen.
        let moment = max(above(first), above(second))
        for machine in [first, second] {
            let wall = Int64(reading(machine).wall) + Int64(moment) - Int64(trustedTime(machine))
            machine.clock.set(offset: wall - Int64(time), at: time)
        }
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

    /// Whether nothing of a patient competes or was deleted: there the shortest path of merging
    /// decides between the two.
    private func isPlain(_ patient: RecordID, at machine: ClinicMachine) throws -> Bool {
        let key = RecordKey(entity: SimulatedSchema.Number.patient, id: patient)
        return try machine.replica.store.reading {
            let record = try machine.replica.reader.record(key, in: .patient(patient))
            return record?.registers.allSatisfy { $0 > 0 && $1.siblings.count == 1 } ?? false
        }
    }

    private func above(_ machine: ClinicMachine) -> UInt64 {
        max(trustedTime(machine), machine.clinic.hlc.milliseconds + 1)
    }

    private func trustedTime(_ machine: ClinicMachine) -> UInt64 {
        machine.clinic.reading(reading(machine)).now
    }
}
