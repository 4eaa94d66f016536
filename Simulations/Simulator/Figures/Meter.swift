/// Measures a history while it runs. It only listens: nothing is drawn or decided by it.
final class Meter {
    /// A link that is down, or a clinic that has not caught up since.
    private struct Wait {
        var downAt: UInt64
        var upAt: UInt64?
    }

    /// A machine that is in use.
    private struct Presence {
        var bandwidth: UInt64
        var since: UInt64
    }

    private var waits: [String: Wait] = [:]
    private var present: [String: Presence] = [:]
    private var outages: [Figures.Outage] = []
    private var links: [UInt64: Figures.LinkUse] = [:]
    private var faultsEnded: UInt64?
    private var rest: UInt64?

    /// A machine is there from now on.
    func begin(_ machine: String, bandwidth: UInt64, at time: UInt64) {
        guard present[machine] == nil, faultsEnded == nil else { return }
        present[machine] = Presence(bandwidth: bandwidth, since: time)
    }

    /// A machine is taken out of service.
    func end(_ machine: String, at time: UInt64) {
        waits[machine] = nil
        guard let presence = present.removeValue(forKey: machine) else { return }
        use(presence.bandwidth) { $0.presence += time - presence.since }
    }

    /// Bytes go over a link, until faults end.
    func carry(_ bandwidth: UInt64, up: Int = 0, down: Int = 0) {
        guard faultsEnded == nil else { return }
        use(bandwidth) { link in
            link.bytesUp += up
            link.bytesDown += down
        }
    }

    private func use(_ bandwidth: UInt64, _ body: (inout Figures.LinkUse) -> Void) {
        body(&links[bandwidth, default: Figures.LinkUse(bandwidth: bandwidth)])
    }

    // MARK: Outages

    /// A link goes down or comes up. One that goes down again before its clinic has caught up was
    /// not up for good: both count as one outage.
    func turn(_ machine: String, isUp: Bool, at time: UInt64) {
        if isUp {
            waits[machine]?.upAt = time
        } else {
            waits[machine, default: Wait(downAt: time)].upAt = nil
        }
    }

    /// When the link came up of a machine that has not caught up since.
    func upAt(_ machine: String) -> UInt64? { waits[machine]?.upAt }

    func caughtUp(_ machine: String, at time: UInt64) {
        guard let wait = waits.removeValue(forKey: machine), let upAt = wait.upAt else { return }
        outages.append(
            Figures.Outage(
                clinic: machine, length: upAt - wait.downAt, convergence: time - upAt))
    }

    // MARK: The end

    func faultsEnd(at time: UInt64) {
        for machine in present.keys.sorted() { end(machine, at: time) }
        waits = [:]
        faultsEnded = time
    }

    /// Everything is at rest; counts once.
    func comesToRest(at time: UInt64) {
        guard let faultsEnded, rest == nil else { return }
        rest = time - faultsEnded
    }

    var figures: Figures {
        var figures = Figures()
        figures.outages = outages
        figures.links = links.keys.sorted().compactMap { links[$0] }
        figures.rest = rest
        return figures
    }
}
