import Causality
import Hub
import Records
import Replica
import Sync

/// Damage that is done on purpose just before the checks, so that each is seen to notice what it is
/// for. Done to the files past the engine, or to what a checker was told.
package enum Damage: String, CaseIterable, Sendable {
    case lostFrame, lostWrite, otherValue, lostSibling, lostRecord, foreignRecord, hiddenRecord
    case strangersValue, extraFrame, otherSum, brokenChain, otherRank, otherItem, deafClinic
    case twoWrites, unseenEdit

    /// The promise that it breaks.
    package var promise: Failure.Promise {
        switch self {
        case .lostFrame, .lostWrite: .lost
        case .otherValue, .lostSibling, .lostRecord, .hiddenRecord: .content
        case .strangersValue, .foreignRecord: .scope
        case .extraFrame: .status
        case .otherSum: .digest
        case .brokenChain: .chain
        case .otherRank: .rank
        case .otherItem: .review
        case .deafClinic: .liveness
        case .twoWrites: .stamp
        case .unseenEdit: .late
        }
    }

    /// A history that has what is damaged: two clinics, no faults, patients whom both hold.
    package static func run(_ damage: Damage?, seed: UInt64 = 1) -> Outcome {
        var cuts = Cuts()
        cuts.clinics = 2
        cuts.days = 1
        cuts.without = Set(Fault.allCases).subtracting([.transfer])
        return Simulation.run(seed: seed, cuts: cuts, damage: damage)
    }
}

extension World {
    /// Makes sure of what some kinds of damage need, and does it.
    func apply(_ damage: Damage) throws {
        guard let machine = machines.last(where: { !$0.isGone }) else { return }
        let clinic = machine.replica
        switch damage {
        case .lostFrame:
            try run("DELETE FROM _log WHERE pos = (SELECT min(pos) FROM _log)", hub.store.node)
        case .lostWrite:
            let stamp = Stamp(
                hlc: HLC(rawValue: 1),
                origin: Origin(
                    node: machine.node, incarnation: machine.clinic.incarnation, lane: .bulk))
            try ledger.add(
                LedgerEntry(
                    name: WriteName(number: ledger.newNumber(), lane: .bulk), stamp: stamp,
                    machine: machine.name, writes: []))
        case .otherValue: try run("UPDATE patient SET note = 'x' WHERE note IS NOT NULL", clinic)
        case .lostSibling: try run("DELETE FROM _sibling", hub.store.node)
        case .lostRecord: try run("DELETE FROM patient", clinic)
        case .foreignRecord:
            // Appointments that seem to be another clinic's.
            try clinic.transaction {
                let (root, _) = try clinic.tables.makeRoot(.clinic(NodeID(rawValue: 7)))
                try clinic.store.run(
                    """
                    INSERT INTO appointment (id, _root, _stamps, status, statusNote) \
                    SELECT id, ?, _stamps, status, statusNote FROM appointment
                    """, [.integer(root.rawValue)])
            }
        case .hiddenRecord: try run("UPDATE patient SET _hidden = 1", hub.store.node)
        case .strangersValue:
            let stranger = Compartment.clinic(NodeID(rawValue: 7))
            var message = MessageWriter()
            message.plain.raw(Array(ledger.canary(ledger.newNumber(), in: stranger).utf8))
            try checkScope(message.sealed(), of: machine)
        case .extraFrame: machine.known[machine.known.keys.sorted()[0], default: 0] += 1
        case .otherSum:
            try run("UPDATE _feed SET sum = zeroblob(16)", clinic)
            try restart(machine, isAtRest: true)
            try settle()
        case .brokenChain:
            try run(
                "UPDATE _log SET hash = zeroblob(32) WHERE pos = (SELECT min(pos) FROM _log)",
                clinic)
        case .otherRank:
            for entry in ledger.entries { ranks[entry.stamp] = HLC(rawValue: 1) }
        case .otherItem: itemNames = itemNames.mapValues { $0 + "x" }
        case .deafClinic:
            machine.link.isUp = false
            try settle()
        case .twoWrites: try ledger.add(ledger.entries[0])
        case .unseenEdit:
            if let patient = patients.first { late.append((patient, .text("never written"))) }
        }
    }

    private func run(_ sql: String, _ node: NodeStore) throws {
        try node.transaction { try node.store.execute(sql) }
    }

    /// Concurrent values that a person must look at, so that a history has siblings and items.
    func makeConflict() throws {
        guard let patient = patients.first else { return }
        for machine in machines where !machine.isGone {
            let number = ledger.newNumber()
            let own = Compartment.patient(patient)
            let key = RecordKey(entity: SimulatedSchema.Number.patient, id: patient)
            let text = Value.text(ledger.canary(number, in: own))
            try write(machine, number, [.put(key, own, 2, text)])
        }
    }
}
