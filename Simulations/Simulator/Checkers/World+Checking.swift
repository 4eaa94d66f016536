import Causality
import Hub
import Records
import Replica
import Sync

/// What must be true at the end, when nothing moves any more.
extension World {
    func check() throws {
        let entries = try recorded()
        let model = RegisterModel(entries, ranks: ranks)
        try checkNothingIsLost(entries)
        try checkContent("the hub", hub.store.node, hub.version, model) { _ in true }
        var clinics: [NodeID: [String]] = [:]
        for clinic in hub.store.clinics.values where clinic.scope == .own {
            clinics[clinic.node] = [
                clinic.node.description, "Organization/\(clinic.organization)",
            ]
        }
        var holders: [RecordID: Set<NodeID>] = [:]
        for patient in patients { holders[patient] = model.holders(of: patient, among: clinics) }
        for machine in machines where !machine.isGone {
            let readsAll = readsAll(machine)
            let holds: (Compartment) -> Bool = { compartment in
                switch compartment.kind {
                case .reference: true
                case .clinic: compartment == .clinic(machine.node)
                case .patient:
                    readsAll || holders[compartment.id]?.contains(machine.node) ?? false
                }
            }
            try checkContent(machine.name, machine.replica, machine.version, model, holds)
            try checkDigests(machine)
            try checkLetters(machine)
            try checkStatus(machine)
        }
        try checkChains()
        for (patient, text) in late {
            let key = RecordKey(entity: SimulatedSchema.Number.patient, id: patient)
            guard model.shownValue(key, in: .patient(patient), 1) == text else {
                throw Failure(.late, "a late edit of \(patient) does not show")
            }
        }
        say("all is well: \(entries.count) entries, \(ledger.lost.count) lost with their disks")
    }

    /// The entries of the ledger that the hub's log has, each checked against it.
    private func recorded() throws -> [LedgerEntry] {
        var entries: [LedgerEntry] = []
        var stamps: [Stamp: WriteName] = [:]
        let node = hub.store.node
        try node.store.reading {
            try node.log.forEach { logged in
                let frame = try LoggedFrame(logged.frame)
                guard let entry = ledger.entry(frame.header), frame.matches(entry) else {
                    throw Failure(
                        .stamp, "the hub's log has what nobody wrote: \(frame.header.stamp)")
                }
                if let other = stamps.updateValue(entry.name, forKey: entry.stamp) {
                    throw Failure(
                        .stamp, "\(entry.name) and \(other) have one stamp at the hub")
                }
                if entry.isForbidden { return true }
                guard frame.isComplete else {
                    throw Failure(.lost, "the hub's log lacks a part of \(entry.name)")
                }
                entries.append(entry)
                return true
            }
        }
        return entries
    }

    private func checkNothingIsLost(_ entries: [LedgerEntry]) throws {
        var kept = Set(entries.map(\.name))
        for (name, letter) in try letters(hub.store.letters, of: hub.store.node) {
            kept.insert(name)
            for known in ledger.byName[name] ?? [] where !ledger.entries[known].isForbidden {
                throw Failure(.lost, "\(name) was put aside by the hub: \(letter.reason)")
            }
        }
        for name in ledger.byName.keys.sorted()
        where !kept.contains(name) && !ledger.lost.contains(name) {
            throw Failure(.lost, "\(name) was confirmed, and the hub has never kept it")
        }
    }

    /// The letters of a node that are of people's writes.
    func letters(
        _ box: LetterBox, of node: NodeStore
    ) throws -> [(name: WriteName, letter: Letter)] {
        try node.store.reading {
            try box.all().compactMap { letter in
                guard let bytes = try box.bytes(letter.id) else { return nil }
                return WriteName(try Frame(bytes: bytes).header).map { (name: $0, letter: letter) }
            }
        }
    }

    private func checkLetters(_ machine: ClinicMachine) throws {
        var refused: Set<WriteName> = []
        for (name, letter) in try letters(machine.clinic.letters, of: machine.replica) {
            refused.insert(name)
            for known in ledger.byName[name] ?? [] where !ledger.entries[known].isForbidden {
                throw Failure(
                    .lost, "\(name) was put aside by \(machine.name): \(letter.reason)")
            }
        }
        // A former life of the machine may have been told; this one must know of its own.
        for entry in ledger.entries where entry.isForbidden && entry.machine == machine.name {
            guard entry.stamp.origin.incarnation == machine.clinic.incarnation,
                !ledger.lost.contains(entry.name)
            else { continue }
            guard refused.contains(entry.name) else {
                throw Failure(.lost, "\(machine.name) has no letter of \(entry.name)")
            }
        }
    }

    private func checkDigests(_ machine: ClinicMachine) throws {
        for kind in FeedKind.allCases where kind != .district || readsAll(machine) {
            guard let comparison = machine.clinic.comparisons[kind] else {
                throw Failure(.digest, "\(machine.name) never compared \(kind)")
            }
            guard comparison.isEqual else {
                throw Failure(.digest, "\(machine.name) says that \(kind) differs; it does not")
            }
        }
    }

    // MARK: Chains

    /// The chain of each log verifies, and all logs have the same hash at the same place.
    private func checkChains() throws {
        var hashes: [Origin: [UInt64: FrameHash]] = [:]
        func check(_ name: String, _ node: NodeStore) throws {
            try node.store.reading {
                var last: [Origin: (UInt64, FrameHash)] = [:]
                var all: [FrameLog.Entry] = []
                try node.log.forEach { entry in
                    all.append(entry)
                    return true
                }
                all.sort {
                    ($0.frame.header.origin, $0.frame.header.sequence)
                        < ($1.frame.header.origin, $1.frame.header.sequence)
                }
                for entry in all {
                    let header = entry.frame.header
                    let before = last[header.origin] ?? (0, .zero)
                    let follows = before.0 + 1 == header.sequence
                    guard let previous = entry.previous ?? (follows ? before.1 : nil),
                        entry.frame.hash(after: previous) == entry.hash,
                        !follows || previous == before.1
                    else {
                        throw Failure(
                            .chain,
                            "the log of \(name) breaks at \(header.sequence) of "
                                + "\(header.origin)")
                    }
                    last[header.origin] = (header.sequence, entry.hash)
                    let other = hashes[header.origin]?[header.sequence]
                    guard other == nil || other == entry.hash else {
                        throw Failure(
                            .chain,
                            "\(name) has another frame \(header.sequence) of "
                                + "\(header.origin) than the hub")
                    }
                    hashes[header.origin, default: [:]][header.sequence] = entry.hash
                }
            }
        }
        try check("the hub", hub.store.node)
        for machine in machines where !machine.isGone { try check(machine.name, machine.replica) }
    }
}
