import Records
import Replica

/// Two lives of one machine part: after it was rolled back, work goes on before anything is heard
/// of the hub.
extension World {
    func part(_ machine: ClinicMachine) throws {
        for _ in 0..<draw(.rollback, { $0.within(1...8 as ClosedRange<Int>) }) {
            if let most = options.cuts.writes, ledger.writes >= most { return }
            try writeSomething(machine)
        }
        guard draw(.rollback, { $0.comes(500) }) else { return }
        let here = try patients.filter { try has(machine, $0) }
        guard !here.isEmpty else { return }
        try writeAndDelete(draw(.rollback) { $0.pick(here) }, at: machine)
    }

    /// A patient is written, and deleted with what was written: both are to be issued again, and
    /// the delete lists a stamp that gets another name.
    private func writeAndDelete(_ patient: RecordID, at machine: ClinicMachine) throws {
        let own = Compartment.patient(patient)
        let key = RecordKey(entity: SimulatedSchema.Number.patient, id: patient)
        for isDelete in [false, true] {
            if let most = options.cuts.writes, ledger.writes >= most { return }
            let number = ledger.newNumber()
            let text = Value.text(ledger.canary(number, in: own))
            let intent = isDelete ? Intent.delete(key, own) : .put(key, own, 1, text)
            try attempt(machine) { try write(machine, number, [intent]) }
        }
        wakeBoth(machine)
    }

    func has(_ machine: ClinicMachine, _ patient: RecordID) throws -> Bool {
        let key = RecordKey(entity: SimulatedSchema.Number.patient, id: patient)
        return try machine.replica.store.reading {
            try machine.replica.reader.record(key, in: .patient(patient)) != nil
        }
    }
}
