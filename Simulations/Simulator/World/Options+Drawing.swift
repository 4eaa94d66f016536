import Hub

extension Options {
    /// Draws everything from one seed, then takes out what `cuts` names.
    package init(seed: UInt64, cuts: Cuts = Cuts()) {
        var chance = Chance(seed: seed, "options")
        self.seed = seed
        self.cuts = cuts
        days = chance.pick([1, 2, 2, 3, 3, 8, 60])
        if let asked = cuts.days { days = asked }
        let span = UInt64(days) * Period.day
        patients = chance.pick([1, 3, 6, 12])
        backups = span / chance.pick([4, 8, 16])
        strangers = chance.pick([0, 100, 300])
        statusEvery = 1
        rates = Options.rates(span, &chance)
        var ties = Chance(seed: seed, "ties")
        rates[.tie] = ties.comes(500) ? span / ties.pick([2, 6, 12]) : nil
        var scopes = Chance(seed: seed, "scopes")
        var disks = Chance(seed: seed, "disks")
        rates[.ioError] = disks.comes(400) ? span / disks.pick([2, 6, 12]) : nil
        rates[.scope] = scopes.comes(300) ? span / scopes.pick([3, 6, 12]) : nil
        let isSkewed = rates[.skew] != nil && !cuts.without.contains(.skew)
        hubVersion = isSkewed && chance.comes(500) ? .older : .newer
        endsUpgraded = chance.comes(500)
        let count = chance.pick([2, 2, 3, 3, 4])
        let hasLate = rates[.enrolment] != nil && !cuts.without.contains(.enrolment)
        // All that people write costs about the same, whatever the days and the clinics.
        let writes = chance.within(60...200)
        clinics = []
        let all = cuts.clinics ?? count
        for index in 0..<(all + (hasLate ? 1 : 0)) {
            var own = Chance(seed: seed, "clinic \(index)")
            clinics.append(
                Options.clinic(
                    index, isLate: index == all, isSkewed: isSkewed, span: span,
                    pause: span * UInt64(min(count, all)) / UInt64(writes), isAlone: all == 1,
                    &own))
            // What is left out changes no draw.
            if rate(.clocks) == nil { clinics[index].clock = .right }
            if rate(.silence) == nil { clinics[index].link.down = 0 }
        }
        if cuts.isLight { makeLight() }
    }

    /// Drawn from streams of their own, so that they change nothing of what else a seed draws.
    private static let drawnApart: [Fault] = [.tie, .scope, .ioError]

    /// Swarm testing (Groce, Zhang, Eide, Chen and Regehr, 2012): each seed leaves out some kinds
    /// of faults altogether, so that those which are left go further.
    private static func rates(_ span: UInt64, _ chance: inout Chance) -> [Fault: UInt64] {
        var rates: [Fault: UInt64] = [:]
        for fault in Fault.allCases where !drawnApart.contains(fault) {
            let draw = chance.number()
            guard chance.comes(500) else { continue }
            func one(of choices: [UInt64]) -> UInt64 {
                choices[Int(draw % UInt64(choices.count))]
            }
            /// The mean wait of what comes about so many times in the run.
            func times(_ choices: [UInt64]) -> UInt64 { span / one(of: choices) }
            switch fault {
            case .loss, .cut, .duplicate, .portal: rates[fault] = one(of: [10, 50, 200])
            case .adversary: rates[fault] = one(of: [50, 200, 600])
            case .courier: rates[fault] = times([4, 8, 16])
            case .forbidden: rates[fault] = one(of: [5, 20])
            case .form: rates[fault] = one(of: [50, 250])
            case .burst: rates[fault] = one(of: [20, 60])
            case .transfer: rates[fault] = one(of: [50, 150, 300])
            case .crash, .full, .jump, .restore, .rollback: rates[fault] = times([2, 6, 12])
            case .hubCrash, .hubRestore, .clone: rates[fault] = times([1, 3, 6])
            case .replacement, .hubClock, .upgrade: rates[fault] = times([1, 2])
            case .silence, .clocks, .skew, .enrolment, .tie, .scope, .ioError: rates[fault] = 1
            }
        }
        return rates
    }

    private static func clinic(
        _ index: Int, isLate: Bool, isSkewed: Bool, span: UInt64, pause: UInt64, isAlone: Bool,
        _ chance: inout Chance
    ) -> ClinicOptions {
        let scope: RegisteredClinic.Scope =
            chance.comes(isLate ? 600 : isAlone ? 0 : 150) ? .district : .own
        let version: ProductVersion = isSkewed && chance.comes(500) ? .older : .newer
        let clock: MachineClock.Habit = chance.pick([
            .right, .right, .drifts(200), .drifts(-5000), .deadBattery, .frozen,
        ])
        var link = LinkOptions(
            latency: chance.pick([5, 100, 600]), jitter: chance.pick([5, 200, 2000]),
            bandwidth: chance.pick([500, 4000, 100_000]), up: 0, down: 0)
        if chance.comes(600) {
            link.up = span / chance.pick([4, 20, 100])
            link.down = span / chance.pick([2, 10, 50])
        }
        return ClinicOptions(
            name: "clinic\(index)", scope: scope, version: version, clock: clock, link: link,
            pause: max(1, pause * chance.within(50...200) / 100),
            // Longer than in production, in proportion to the run: each costs as much as any.
            longPoll: chance.pick([0, 0, max(50, span / Period.second / 200)]),
            idle: span / chance.pick([10, 30, 100]),
            bytes: chance.pick([300, 2000, 1 << 20]),
            enrols: isLate ? span / 4 + chance.below(span / 2) : 0)
    }

    /// The workload by which speed is measured.
    private mutating func makeLight() {
        rates = [:]
        hubVersion = .newer
        patients = 40 * clinics.count
        backups = Period.day
        statusEvery = 20
        for index in clinics.indices {
            clinics[index].scope = .own
            clinics[index].version = .newer
            clinics[index].clock = .right
            clinics[index].enrols = 0
            clinics[index].pause = Period.day / 20
            clinics[index].link = LinkOptions(
                latency: 300, jitter: 100, bandwidth: 4000, up: 2 * Period.minute,
                down: Period.day / 4 - 2 * Period.minute)
            clinics[index].longPoll = 0
            clinics[index].idle = Period.day / 4
            clinics[index].bytes = 1 << 20
        }
    }
}
