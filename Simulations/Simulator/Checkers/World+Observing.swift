import Causality
import Hub
import Records
import Replica
import Sync

/// What is looked at while the world runs: after each event of a machine.
extension World {
    /// Looks at a clinic that has taken an answer in.
    func observe(_ machine: ClinicMachine, _ call: Call) throws {
        try noteOwnFrames(machine)
        try checkAcknowledged(machine)
        try checkStatus(machine)
        try checkUnequal(machine, call)
        if machine.isRolledBack, try isQuiet(machine) { machine.isRolledBack = false }
    }

    /// Digests may differ only where contents do: where the hub was put back, and lacks what its
    /// author has yet to send again.
    private func checkUnequal(_ machine: ClinicMachine, _ call: Call) throws {
        guard !machine.clinic.unequal.isEmpty else { return }
        let feeds = machine.clinic.unequal.sorted()
        if !machine.isRepairing {
            guard try isAhead(machine, of: call.answeredAt) else {
                throw Failure(
                    .digest,
                    "\(machine.name) and the hub differ in \(feeds): "
                        + (try difference(machine, feeds)))
            }
            say("\(machine.name) and the hub differ in \(feeds): the hub was put back")
            planRepair(machine)
        }
    }

    /// The first place of some feeds where a clinic's siblings are not the hub's, for who reads the
    /// failure.
    private func difference(_ machine: ClinicMachine, _ feeds: [FeedKind]) throws -> String {
        let ours = try siblings(machine.replica), hubs = try siblings(hub.store.node)
        for place in Set(ours.keys).union(hubs.keys).sorted() where ours[place] != hubs[place] {
            let root = try machine.replica.store.reading {
                try machine.replica.tables.root(place.compartment)
            }
            guard let feed = root.map(machine.clinic.feed(of:)) ?? nil, feeds.contains(feed) else {
                continue
            }
            let mine = ours[place] ?? [], theirs = hubs[place] ?? []
            func names(_ stamps: Set<Stamp>) -> String {
                let known = stamps.sorted().flatMap { ledger.names($0).sorted() }.map { "\($0)" }
                return known.joined(separator: ", ")
            }
            return "\(place), here also [\(names(mine.subtracting(theirs)))], at the hub also "
                + "[\(names(theirs.subtracting(mine)))]"
        }
        return "but nothing here is different"
    }

    private func siblings(_ node: NodeStore) throws -> [Place: Set<Stamp>] {
        var all: [Place: Set<Stamp>] = [:]
        try node.store.reading {
            for kind in Compartment.Kind.allCases {
                for root in try node.tables.roots(of: kind, after: nil, limit: .max) {
                    guard let compartment = try node.tables.compartment(root) else { continue }
                    for record in try node.reader.records(of: root) {
                        for (unit, register) in record.registers where !register.siblings.isEmpty {
                            let place = Place(
                                compartment: compartment, key: record.key, unit: unit)
                            all[place] = Set(register.siblings.map(\.stamp))
                        }
                    }
                }
            }
        }
        return all
    }

    /// Whether a clinic has frames that the hub had lost, and not got again when it answered.
    private func isAhead(_ machine: ClinicMachine, of moment: UInt64) throws -> Bool {
        try machine.replica.store.reading {
            try hub.regained.contains { stamp, time in
                try time > moment && machine.replica.log.entry(stamp) != nil
            }
        }
    }

    func isQuiet(_ machine: ClinicMachine) throws -> Bool {
        try !machine.clinic.hasPending && machine.clinic.probe() == nil
            && machine.clinic.chunkRequest(limit: 1) == nil
    }

    // MARK: Frames that came by no write

    /// A machine's own log grows by what former lives wrote, and by what is issued again under new
    /// stamps. Both must be what the ledger says.
    func noteOwnFrames(_ machine: ClinicMachine) throws {
        let replica = machine.replica
        var found: [LoggedFrame] = []
        for origin in replica.origins(of: machine.node) {
            let head = replica.head(origin)?.sequence ?? 0
            let known = machine.known[origin] ?? 0
            machine.known[origin] = head
            guard head > known else { continue }
            try replica.store.reading {
                try replica.log.forEach(origin, after: known) { entry in
                    found.append(try LoggedFrame(entry.frame))
                    return true
                }
            }
        }
        // A cut leaves an origin without frames.
        for origin in machine.known.keys where replica.head(origin)?.sequence ?? 0 == 0 {
            machine.known[origin] = 0
        }
        let new = found.filter { ledger.entry($0.header) == nil }
            .sorted { $0.header.stamp < $1.header.stamp }
        for frame in new { try enterAgain(frame, machine) }
        for frame in new { try checkAgain(frame) }
        let again = Set(new.compactMap { WriteName($0.header) })
        for frame in new { try checkNames(frame, machine, issuedWith: again) }
        for frame in found {
            guard let entry = ledger.entry(frame.header), frame.matches(entry) else {
                throw Failure(
                    .stamp, "\(frame.header.stamp) at \(machine.name) is not what was written")
            }
        }
    }

    /// What is issued again calls its clinic's other writes by the names that they have now. A delete
    /// may list what was issued again before it was made: it lists what the deletes did that it
    /// replaces, and one of those may have reached the hub before its clinic heard of the fork.
    private func checkNames(
        _ frame: LoggedFrame, _ machine: ClinicMachine, issuedWith again: Set<WriteName>
    ) throws {
        try machine.replica.store.reading {
            for stamp in Set(frame.writes.flatMap(\.named)).sorted()
            where stamp.origin.node == machine.node {
                guard try machine.replica.log.entry(stamp) == nil else { continue }
                let names = ledger.names(stamp)
                guard names.isEmpty || !names.isDisjoint(with: again) else { continue }
                throw Failure(
                    .stamp, "\(frame.header.stamp) at \(machine.name) names \(stamp), which is gone"
                )
            }
        }
    }

    private func enterAgain(_ frame: LoggedFrame, _ machine: ClinicMachine) throws {
        if let name = WriteName(frame.header), ledger.byName[name] == nil,
            let writes = ledger.doubtful[name.number]
        {
            let mine = writes.filter {
                SimulatedSchema.newer[$0.place.key.entity]?.lane == name.lane
            }
            try ledger.add(
                LedgerEntry(
                    name: name, stamp: frame.header.stamp, machine: machine.name, writes: mine))
            return say("\(name) was written at \(machine.name), though it was never confirmed")
        }
        guard let name = WriteName(frame.header), let known = ledger.byName[name] else {
            throw Failure(.stamp, "\(machine.name) has a frame that nobody wrote")
        }
        let old = ledger.entries[known[0]]
        // In the order in which it was written, so that a trace reads alike.
        let writes = old.writes.compactMap { write in
            frame.writes.first { $0.place == write.place }
        }
        guard writes.count == old.writes.count, frame.writes.count == writes.count else {
            throw Failure(.lost, "\(name) was issued again with other places")
        }
        try ledger.add(
            LedgerEntry(
                name: name, stamp: frame.header.stamp, machine: machine.name, writes: writes))
        say("\(machine.name) issues \(name) again")
    }

    /// What is issued again says the same under new names; only what somebody has replaced since
    /// may name itself.
    private func checkAgain(_ frame: LoggedFrame) throws {
        let stamp = frame.header.stamp
        guard let again = ledger.entry(frame.header), let known = ledger.byName[again.name],
            known.count > 1
        else { return }
        let isSame = known.map { ledger.entries[$0] }.contains { old in
            old.stamp != stamp
                && zip(old.writes, again.writes).allSatisfy { saysTheSame($0, $1, again.name) }
        }
        guard isSame else {
            throw Failure(.stamp, "\(again.name) was issued again as something else")
        }
        for write in again.writes where write.replaces.contains(stamp) {
            let names = Set(known.map { ledger.entries[$0].stamp })
            let isReplaced = ledger.entries.contains { other in
                other.name != again.name
                    && other.writes.contains {
                        $0.place == write.place && !$0.replaces.isDisjoint(with: names)
                    }
            }
            guard isReplaced else {
                throw Failure(.lost, "\(again.name) was given up, and nobody replaced it")
            }
        }
    }

    private func saysTheSame(_ old: PlaceWrite, _ new: PlaceWrite, _ name: WriteName) -> Bool {
        func others(_ stamps: Set<Stamp>) -> Set<Stamp> {
            stamps.filter { !ledger.names($0).contains(name) }
        }
        guard ledger.areAlike(others(old.replaces), others(new.replaces)) else { return false }
        switch (old.written, new.written) {
        case (.value(let a), .value(let b)): return a == b
        case (.deletion(let a, let c), .deletion(let b, let d)):
            return ledger.areAlike(a, b) && ledger.areAlike(c, d)
        default: return false
        }
    }

    // MARK: What the hub has committed

    /// Notes what a request brought into the hub's log, and what the hub must have ordered.
    func noteCommitted(since before: [Origin: UInt64], by node: NodeID, at now: UInt64) throws {
        let store = hub.store.node
        var new: [(Int64, LoggedFrame)] = []
        for origin in store.origins(of: node) {
            guard let head = store.head(origin), head.sequence > before[origin] ?? 0 else {
                continue
            }
            committed[origin] = max(committed[origin] ?? 0, head.sequence)
            try store.store.reading {
                try store.log.forEach(origin, after: before[origin] ?? 0) { entry in
                    new.append((entry.position, try LoggedFrame(entry.frame)))
                    return true
                }
            }
        }
        if !new.isEmpty { hubChangedAt = time }
        for (_, frame) in new.sorted(by: { $0.0 < $1.0 }) {
            guard let entry = ledger.entry(frame.header), frame.matches(entry) else {
                throw Failure(.stamp, "the hub has taken what nobody wrote: \(frame.header.stamp)")
            }
            if entry.isForbidden {
                guard frame.writes.isEmpty else {
                    throw Failure(.scope, "the hub took \(entry.name) into another's affairs")
                }
                continue
            }
            guard frame.isComplete else {
                throw Failure(.lost, "the hub's log lacks a part of \(entry.name)")
            }
            ledger.ever.insert(entry.name)
            if hub.regained[entry.stamp] != nil { hub.regained[entry.stamp] = time }
            order(entry, at: now)
        }
    }

    /// Milliseconds that a stamp may be ahead of the hub.
    private static let bound: UInt64 = 300_000

    private func order(_ entry: LedgerEntry, at now: UInt64) {
        let limit = now + World.bound
        guard entry.stamp.hlc.milliseconds > limit else {
            ranks[entry.stamp] = nil
            return
        }
        var rank = HLC(milliseconds: now)
        for stamp in entry.writes.flatMap(\.replaces) {
            let counts = ranks[stamp] ?? stamp.hlc
            if counts.milliseconds <= limit { rank = max(rank, counts) }
        }
        ranks[entry.stamp] = rank
        say("\(entry.name) is ahead of the hub, and ranked")
    }

    // MARK: Standing

    private func checkAcknowledged(_ machine: ClinicMachine) throws {
        for origin in machine.replica.origins(of: machine.node) {
            guard let head = machine.replica.head(origin) else { continue }
            guard head.acknowledged <= committed[origin] ?? 0 else {
                throw Failure(
                    .status,
                    "\(machine.name) takes \(head.acknowledged) frames to be on the hub, which "
                        + "never had more than \(committed[origin] ?? 0)")
            }
            guard head.backedUp <= backedUp[origin] ?? 0 else {
                throw Failure(
                    .status, "\(machine.name) takes more to be backed up than ever was")
            }
        }
    }

    /// `written = acknowledged + pending + refused`, and each is what it says.
    func checkStatus(_ machine: ClinicMachine) throws {
        machine.events += 1
        guard machine.events % options.statusEvery == 0 else { return }
        let standing = try machine.clinic.standing(at: reading(machine))
        let pending = Lane.allCases.reduce(0) { $0 + (standing.pending[$1] ?? 0) }
        let written = machine.known.values.reduce(0, +)
        guard standing.written == standing.acknowledged + pending + standing.refused else {
            throw Failure(
                .status,
                "\(machine.name): \(standing.written) written, but \(standing.acknowledged) "
                    + "acknowledged + \(pending) pending + \(standing.refused) refused")
        }
        guard standing.written == written else {
            throw Failure(
                .status,
                "\(machine.name) says \(standing.written) written; its log has \(written)")
        }
    }

    // MARK: Scope

    /// Looks for values in an answer that its clinic may not see.
    func checkScope(_ bytes: [UInt8], of machine: ClinicMachine) throws {
        let parts = try MessageParts(sealed: bytes)
        for stream in [parts.plain, parts.raw] {
            try Canary.scan(stream) { canary in
                guard let compartment = ledger.compartment(of: canary) else { return }
                guard mayHold(machine, compartment) else {
                    throw Failure(
                        .scope,
                        "\(machine.name) is sent a value of \(compartment.kind) "
                            + "\(compartment.id), which it never held")
                }
            }
        }
    }

    private func mayHold(_ machine: ClinicMachine, _ compartment: Compartment) -> Bool {
        if compartment.kind == .reference || compartment == .clinic(machine.node) { return true }
        if compartment.kind == .patient, haveReadAll.contains(machine.node) { return true }
        if ledger.mayHold[machine.node]?.contains(compartment) ?? false { return true }
        let names = [machine.node.description, "Organization/\(machine.options.name)"]
        return ledger.isNamed(names, by: compartment)
    }
}
