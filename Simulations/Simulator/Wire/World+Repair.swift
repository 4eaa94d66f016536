import Hub
import Records
import Replica
import Sync

/// What production does where digests differ: both sides compare sums by bucket, then by
/// compartment, and what differs is loaded anew.
extension World {
    private static let pause = 10 * Period.minute

    func planRepair(_ machine: ClinicMachine) {
        machine.isRepairing = true
        let boot = machine.boot
        plan(after: World.pause) { [unowned self] in
            guard boot == machine.boot, !machine.isGone else { return }
            if try !attempt(machine, { try repair(machine) }) { planRepair(machine) }
        }
    }

    private func repair(_ machine: ClinicMachine) throws {
        let feeds = machine.clinic.unequal.sorted()
        guard !feeds.isEmpty else {
            machine.isRepairing = false
            return
        }
        guard machine.link.isUp, try isQuiet(machine) else { return planRepair(machine) }
        // What its scope no longer lets it read can't be compared.
        for feed in feeds where feed != .district || readsAll(machine) && !hub.store.isLooking {
            guard let buckets = try machine.clinic.differing(sums(feed, [], machine), feed: feed)
            else { continue }
            if buckets.isEmpty {
                try machine.clinic.correctSum(feed, by: machine.clinic.sumError(feed))
            } else {
                let found =
                    try machine.clinic.differing(
                        sums(feed, buckets, machine), feed: feed, buckets: buckets) ?? []
                try machine.clinic.loadAnew(found, feed: feed)
                say("\(machine.name) loads \(found.count) compartments of \(feed) anew")
            }
        }
        wakeBoth(machine)
        planRepair(machine)
    }

    private func sums(
        _ feed: FeedKind, _ buckets: [UInt16], _ machine: ClinicMachine
    ) throws -> [UInt8] {
        let request = SumsRequest(feed: feed, buckets: buckets)
        let answer = try hub.store.answer(
            request.encoded(), from: machine.node, at: hubReading, mayWait: false)
        guard case .answer(let bytes, _) = answer else {
            throw Failure(.error, "the hub waits with its sums")
        }
        return bytes
    }
}
