import Hub
import Replica
import Sync

extension World {
    /// Notes whether a clinic whose link came up has caught up: it has sent all, has heard all that
    /// the hub held ready for a request made since then, and loads nothing.
    func noteCaughtUp(_ machine: ClinicMachine) throws {
        guard let upAt = meter.upAt(machine.name), machine.pulledAt >= upAt,
            machine.behind == 0, try isQuiet(machine)
        else { return }
        meter.caughtUp(machine.name, at: time)
    }

    /// What was measured, and the review items of the hub as they are now.
    func figures() throws -> Figures {
        var figures = meter.figures
        var counts: [String: Int] = [:]
        let items = try hub.store.node.store.reading { try hub.store.node.reviews.all() }
        for item in items { counts[item.kind.rawValue, default: 0] += 1 }
        figures.reviews = counts.keys.sorted().map {
            Figures.ReviewCount(kind: $0, items: counts[$0] ?? 0)
        }
        return figures
    }
}
