/// Plans what goes wrong, each kind by its own stream.
extension World {
    func planFaults() {
        let planned: [(Fault, () throws -> Void)] = [
            (.crash, { [unowned self] in try crashSomebody() }),
            (.full, { [unowned self] in fillSomebodysDisk() }),
            (.restore, { [unowned self] in try putSomebodyBack(.restore) }),
            (.rollback, { [unowned self] in try putSomebodyBack(.rollback) }),
            (.clone, { [unowned self] in try cloneSomebody() }),
            (.replacement, { [unowned self] in try replaceSomebody() }),
            (.hubCrash, { [unowned self] in try crashHub() }),
            (.hubRestore, { [unowned self] in try restoreHub() }),
            (.hubClock, { [unowned self] in jumpHubClock() }),
            (.jump, { [unowned self] in jumpSomebodysClock() }),
            (.upgrade, { [unowned self] in try upgradeSomebody() }),
            (.courier, { [unowned self] in try carry() }),
            (.scope, { [unowned self] in try changeSomebodysScope() }),
            (.ioError, { [unowned self] in failSomebodysDisk() }),
            (.tie, { [unowned self] in try writeTogether() }),
        ]
        for (fault, act) in planned { plan(fault, act) }
        // What nobody writes again is still to be seen in the end.
        guard options.rate(.tie) != nil else { return }
        let span = UInt64(options.days) * Period.day
        for _ in 0..<World.lateTies {
            plan(after: span - draw(.tie) { $0.within(1...span / 20) }) { [unowned self] in
                if !isHealing { try writeTogether() }
            }
        }
    }

    private static let lateTies = 4

    private func plan(_ fault: Fault, _ act: @escaping () throws -> Void) {
        guard let mean = options.rate(fault) else { return }
        plan(after: draw(fault) { $0.wait(mean: mean) }) { [unowned self] in
            if isHealing { return }
            try act()
            plan(fault, act)
        }
    }

    /// A machine that is in use.
    func somebody(_ fault: Fault) -> ClinicMachine? {
        let here = machines.filter { !$0.isGone }
        return here.isEmpty ? nil : draw(fault) { $0.pick(here) }
    }
}
