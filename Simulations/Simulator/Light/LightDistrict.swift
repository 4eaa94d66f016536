import Causality
import Disk
import Hub
import Records
import Replica
import Sync

/// A district on good days, to measure what its work costs: the product's own hub, clinics and
/// sessions on simulated disks, a right clock, a wire that loses nothing, and no checker beside
/// them. The same seed gives the same work.
package final class LightDistrict {
    /// What is done in the district.
    package struct Plan: Sendable, Equatable {
        package var seed: UInt64 = 1
        package var clinics: Int
        package var days: Int
        /// What each clinic writes a day, each a transaction, and how often it exchanges.
        package var edits = 20
        package var exchanges = 4
        package init(clinics: Int, days: Int) {
            self.clinics = clinics
            self.days = days
        }
    }

    package let plan: Plan
    let disks: Disks
    let hub: HubStore
    private(set) var clinics: [LightClinic] = []
    private(set) var time = World.start
    private var queue = EventQueue()
    package private(set) var tally = LightTally()
    private var codes: UInt64 = 0

    private static let hubFile = "hub"
    private static let hubCacheMegabytes = 64
    private static let cacheMegabytes = 1

    package init(_ plan: Plan) throws {
        self.plan = plan
        disks = Disks(seed: plan.seed)
        var chance = Chance(seed: plan.seed, "light hub")
        hub = try HubStore(
            path: try disks.path(LightDistrict.hubFile), schema: SimulatedSchema.newer,
            identity: Array(LightDistrict.hubFile.utf8),
            now: LightDistrict.reading(World.start), random: SplitMix64(seed: chance.number()),
            cacheMegabytes: LightDistrict.hubCacheMegabytes)
        for index in 0..<plan.clinics { clinics.append(try enrol("clinic\(index)", index)) }
    }

    /// Lets go of everything. Nothing is kept, so nothing needs to be written either.
    package func close() {
        for clinic in clinics {
            disks.cutPower(clinic.disk)
            try? clinic.clinic.close()
        }
        disks.cutPower(LightDistrict.hubFile)
        try? hub.close()
        disks.close()
    }

    static func reading(_ time: UInt64) -> ClockReading {
        ClockReading(wall: time, monotonic: time - World.start + Period.minute)
    }

    var now: ClockReading { LightDistrict.reading(time) }

    // MARK: Enrolment

    /// A machine enrols, also one that takes the place of another which was revoked.
    func enrol(_ name: String, _ index: Int) throws -> LightClinic {
        codes += 1
        let code = (0..<8).map { UInt8(truncatingIfNeeded: codes >> (8 * $0)) }
        let added = try hub.add(
            name, scope: .own, organization: name, codeID: code, verifier: [1], at: now)
        _ = try hub.enrol(
            codeID: code, request: "\(name)-\(codes)", at: now, verify: { _ in true },
            sign: { $1 + "-certificate" })
        let disk = "\(name)-\(codes)"
        var chance = Chance(seed: plan.seed, "light \(disk)")
        let clinic = try Clinic(
            path: try disks.path(disk), schema: SimulatedSchema.newer, node: added.node,
            identity: Array(disk.utf8), now: now, random: SplitMix64(seed: chance.number()),
            cacheMegabytes: LightDistrict.cacheMegabytes)
        return LightClinic(
            name: name, disk: disk, index: index, clinic: clinic, chance: chance,
            idle: Period.day / UInt64(plan.exchanges))
    }

    // MARK: Days

    /// Lets all days of the plan pass, and a last exchange at each clinic.
    ///
    /// - Throws: ``Failure`` where a clinic does not have what the hub has in the end.
    package func run() throws {
        for day in 0..<plan.days { try pass(day) }
        let days = tally
        // Twice, so that those who asked first hear of what the last ones wrote.
        for _ in 0..<2 {
            for clinic in clinics { try exchange(clinic) }
        }
        tally = days
        for clinic in clinics {
            guard clinic.clinic.isEqualToHub else {
                throw Failure(.digest, "\(clinic.name) is not equal to the hub in the end")
            }
        }
    }

    private func pass(_ day: Int) throws {
        let morning = World.start + UInt64(day) * Period.day
        let before = tally.hubSeconds
        for clinic in clinics {
            for _ in 0..<plan.edits {
                queue.plan(at: morning + clinic.chance.below(Period.day)) { [unowned self] in
                    try edit(clinic)
                }
            }
            // At fixed hours, which differ from clinic to clinic.
            let phase = clinic.chance.below(Period.day / UInt64(plan.exchanges))
            for number in 0..<plan.exchanges {
                let wait = phase + UInt64(number) * Period.day / UInt64(plan.exchanges)
                queue.plan(at: morning + wait) { [unowned self] in try exchange(clinic) }
            }
        }
        while let event = queue.next() {
            time = max(time, event.time)
            try event.act()
        }
        time = morning + Period.day
        try keepHub()
        // As where machines are shut down at night: a WAL is memory here, up to 64 MB each.
        for clinic in clinics { try clinic.clinic.replica.store.checkpoint() }
        tally.clinicDays += clinics.count
        tally.lastDaySeconds = tally.hubSeconds - before
    }

    private func edit(_ clinic: LightClinic) throws {
        let other = clinics[clinic.chance.below(clinics.count)]
        try clinic.write(at: now, sharing: other.index == clinic.index ? nil : other)
        tally.writes += 1
    }

    /// What the hub's daemon does each day: time is kept moving on, a backup is noted.
    private func keepHub() throws {
        let clock = ThreadClock()
        let node = hub.node
        try node.transaction {
            try hub.advanceClock(now)
            for origin in node.allOrigins {
                guard let head = node.head(origin), head.sequence > head.backedUp else { continue }
                try node.setAcknowledged(origin, head.acknowledged, backedUp: head.sequence)
            }
        }
        try hub.saveReadPositions()
        try node.store.checkpoint()
        tally.hubSeconds += clock.seconds
    }

    // MARK: Exchanges

    /// Requests that one exchange may need at the most.
    private static let mostRequests = 100_000

    /// Exchanges until there is nothing more to say.
    func exchange(_ clinic: LightClinic) throws {
        tally.exchanges += 1
        clinic.session.hurry()
        for _ in 0..<LightDistrict.mostRequests {
            var isDone = true
            for channel in ClinicSession.Channel.allCases {
                guard
                    case .send(let request) = try clinic.session.next(
                        channel, of: clinic.clinic, at: now)
                else { continue }
                isDone = false
                let answer = try answer(request.bytes, clinic.clinic.node)
                tally.requests += 1
                tally.bytesUp += request.bytes.count
                tally.bytesDown += answer.count
                try clinic.session.received(
                    answer, for: request, on: channel, by: clinic.clinic, at: now,
                    using: &clinic.chance)
            }
            if isDone { return try clinic.welcome() }
        }
        throw Failure(.liveness, "\(clinic.name) never comes to an end of its exchange")
    }

    private func answer(_ bytes: [UInt8], _ node: NodeID) throws -> [UInt8] {
        let clock = ThreadClock()
        defer { tally.hubSeconds += clock.seconds }
        guard
            case .answer(let bytes, _) = try hub.answer(bytes, from: node, at: now, mayWait: false)
        else { throw Failure(.error, "the hub waits although it may not") }
        return bytes
    }

    // MARK: A machine that is replaced

    /// Scraps a clinic's machine, and lets a new one of the same name load all that it holds.
    ///
    /// - Returns: what that took, and the seconds of the processor at both ends.
    func replace(_ index: Int) throws -> (tally: LightTally, seconds: Double) {
        let old = clinics[index]
        _ = try hub.revoke(old.name, certificatesFrom: 0)
        disks.cutPower(old.disk)
        try? old.clinic.close()
        clinics[index] = try enrol(old.name, index)
        let before = tally
        let clock = ThreadClock()
        try exchange(clinics[index])
        let seconds = clock.seconds
        guard clinics[index].clinic.isEqualToHub else {
            throw Failure(.digest, "a new machine is not equal to the hub after its join")
        }
        return (tally - before, seconds)
    }
}

extension Clinic {
    /// Whether all that is held was found equal to the hub's.
    fileprivate var isEqualToHub: Bool {
        !hasPending && [FeedKind.own, .reference].allSatisfy { comparisons[$0]?.isEqual == true }
    }
}
