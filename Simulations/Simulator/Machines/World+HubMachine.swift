import Causality
import Hub
import Records
import Replica
import Sync

/// What befalls the hub's machine.
extension World {
    func upgradeHub() throws {
        guard hub.version == .older else { return }
        hub.version = .newer
        say("the hub is upgraded")
        try? hub.store.close()
        try reopenHub()
    }

    func reopenHub() throws {
        hub.waiting = []
        disks.cutPower(HubMachine.file, after: 0)
        hub.clock.boot(at: time)
        hub.store = try World.openHub(
            disks, hub.version, hub.identity, hubReading, &hub.chance)
        // Its operator looks at the clock when it starts.
        if hub.clock.offset == 0 { try hub.store.confirmClock(hubReading) }
    }

    func changeSomebodysScope() throws {
        guard let machine = somebody(.scope), let known = hub.store.clinics[machine.node],
            !known.isRevoked
        else { return }
        let scope: RegisteredClinic.Scope = known.scope == .own ? .district : .own
        if scope == .district { haveReadAll.insert(machine.node) }
        guard try attemptAtHub({ _ = try hub.store.setScope(known.name, scope) }) else { return }
        hubChangedAt = time
        say("the scope of \(machine.name) is \(scope.rawValue) now")
        wakeWaiting([FeedName(.own, machine.node)])
    }

    /// Whether a clinic is sent all patients of the district.
    func readsAll(_ machine: ClinicMachine) -> Bool {
        hub.store.clinics[machine.node]?.scope == .district
    }

    func jumpHubClock() {
        let day = Int64(Period.day)
        let offset = draw(.hubClock) {
            $0.pick([-20_000 * day, -day, 0, 0, 500 * day, 26_000 * day])
        }
        hub.clock.set(offset: offset, at: time)
        say("the hub's clock is off by \(Period.text(offset.magnitude))")
    }

    /// What is in a backup has outlived the hub, and clinics are told.
    func backUpHub() throws { try attemptAtHub(makeBackup) }

    private func makeBackup() throws {
        let node = hub.store.node
        var heads: [(Origin, NodeStore.Head)] = []
        for origin in node.allOrigins {
            guard let head = node.head(origin) else { continue }
            heads.append((origin, head))
        }
        try node.store.checkpoint()
        hub.backups += 1
        let name = "hub-backup-\(hub.backups % 2)"
        try disks.copy(HubMachine.file, to: name)
        hub.backup = HubMachine.Backup(name: name, ranks: ranks)
        for (origin, head) in heads { backedUp[origin] = max(backedUp[origin] ?? 0, head.sequence) }
        try node.transaction {
            for (origin, head) in heads where head.sequence > head.backedUp {
                try node.setAcknowledged(
                    origin, head.acknowledged, backedUp: head.sequence)
            }
        }
        hubChangedAt = time
        say("the hub is backed up")
        wakeWaiting(
            Set(
                heads.filter { $0.1.sequence > $0.1.backedUp }
                    .map { FeedName(.own, $0.0.node) }))
    }

    func restoreHub() throws {
        guard let backup = hub.backup else { return }
        let kept = try contentOfBackup(backup)
        var all = kept
        for machine in machines where !machine.isGone {
            guard !machine.isRolledBack else { return }
            all.formUnion(try own(machine))
        }
        // Two disasters at once, the hub's and the only disk's, are kept out.
        guard ledger.ever.isSubset(of: all) else { return }
        let marks = hub.store.node.allOrigins.map { ($0, hub.store.node.head($0)?.backedUp ?? 0) }
        let registered = hub.store.clinics.values.sorted { $0.node < $1.node }
        let before = try stamps(of: hub.store.node)
        try? hub.store.close()
        disks.cutPower(HubMachine.file, after: 0)
        try disks.copy(backup.name, to: HubMachine.file)
        if draw(.hubRestore, { $0.comes(500) }) {
            hub.identity = Array(newName("hub").utf8)
        }
        ranks = backup.ranks
        hubChangedAt = time
        say("THE HUB IS PUT BACK to its last backup")
        try reopenHub()
        let lost = before.subtracting(try stamps(of: hub.store.node))
        for stamp in lost { hub.regained[stamp] = .max }
        try loseRefused()
        for clinic in registered {
            if hub.store.clinics[clinic.node] == nil {
                try hub.store.readmit(
                    clinic.node, name: clinic.name, scope: clinic.scope,
                    organization: clinic.organization)
            }
            // What operators decided is in a file beside the database.
            _ = try hub.store.setScope(clinic.name, clinic.scope)
            if clinic.isRevoked { _ = try hub.store.revoke(clinic.name, certificatesFrom: 0) }
        }
        // The backup is made before it is noted: what it holds is backed up all the same.
        let node = hub.store.node
        try node.transaction {
            for (origin, sequence) in marks {
                guard let head = node.head(origin) else { continue }
                try node.setAcknowledged(
                    origin, head.acknowledged, backedUp: min(sequence, head.sequence))
            }
        }
        if draw(.hubRestore, { $0.comes(500) }) { try goOn(Set(lost.map(\.origin.node))) }
    }

    /// What was refused lies in the hub's letters alone where its author's machine was put back since:
    /// of that the log has its place, and no more. Those letters are gone with the hub.
    private func loseRefused() throws {
        var kept = Set(try letters(hub.store.letters, of: hub.store.node).map(\.name))
        for machine in machines where !machine.isGone {
            kept.formUnion(try content(of: machine.replica) { $0.node == machine.node })
        }
        for (name, known) in ledger.byName where !kept.contains(name) {
            guard known.allSatisfy({ ledger.entries[$0].isForbidden }) else { continue }
            ledger.lost.insert(name)
        }
    }

    /// Where frames were lost at the hub, somebody writes on before anything is heard of that: what
    /// they send leaves a gap, and others find a feed as long as the old one, with something else
    /// in it.
    private func goOn(_ nodes: Set<NodeID>) throws {
        let here = machines.filter { !$0.isGone && nodes.contains($0.node) }
        guard !here.isEmpty else { return }
        let machine = draw(.hubRestore) { $0.pick(here) }
        for _ in 0..<draw(.hubRestore, { $0.within(1...6 as ClosedRange<Int>) }) {
            if let most = options.cuts.writes, ledger.writes >= most { return }
            try writeSomething(machine)
        }
    }

    private func contentOfBackup(_ backup: HubMachine.Backup) throws -> Set<WriteName> {
        let name = newName("look")
        try disks.copy(backup.name, to: name)
        let store = try NodeStore(
            path: try disks.path(name), schema: hub.version.schema,
            cacheMegabytes: World.cacheMegabytes)
        let found = try content(of: store) { _ in true }
        try store.close()
        disks.remove(name)
        return found
    }
}
