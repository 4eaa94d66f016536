import Sync

/// Links that come and go.
extension World {
    func planLink(_ machine: ClinicMachine) {
        let link = machine.link.options
        meter.begin(machine.name, bandwidth: link.bandwidth, at: time)
        guard link.down > 0, !machine.link.isMended else { return }
        let wait =
            options.cuts.isLight
            ? (machine.link.isUp ? link.up : link.down)
            : machine.wire.wait(mean: machine.link.isUp ? link.up : link.down)
        machine.link.until = time + wait
        plan(after: wait) { [unowned self] in
            guard !machine.link.isMended, !machine.isGone else { return }
            machine.link.isUp.toggle()
            meter.turn(machine.name, isUp: machine.link.isUp, at: time)
            say("the link of \(machine.name) is \(machine.link.isUp ? "up" : "down")")
            planLink(machine)
            if machine.link.isUp {
                // A link that is up again is tried soon: the daemon sees the interface change.
                if options.cuts.isLight { machine.session.hurry() }
                wakeBoth(machine)
            }
        }
    }
}
