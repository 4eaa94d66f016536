import Hub

/// What a history is cut down to: what a seed draws, less what is named here.
package struct Cuts: Sendable, Equatable {
    /// Clinics at the start; `nil` for what the seed draws.
    package var clinics: Int?
    package var days: Int?
    package var without: Set<Fault> = []
    /// The most that people write in the whole run; `nil` for no bound.
    package var writes: Int?
    /// Light days: 20 edits and 4 exchanges a day at each clinic, and no faults.
    package var isLight = false

    package init() {}

    /// The most clinics and days that can be asked for.
    package static let mostClinics = 10_000
    package static let mostDays = 100_000
}

/// Everything that one seed draws before a history begins.
package struct Options: Sendable {
    package struct ClinicOptions: Sendable {
        package var name: String
        package var scope: RegisteredClinic.Scope
        package var version: ProductVersion
        var clock: MachineClock.Habit
        var link: LinkOptions
        /// Mean milliseconds between what people write.
        package var pause: UInt64
        /// Seconds that the hub may keep a pull open; 0 for none.
        var longPoll: UInt64
        /// Milliseconds between exchanges that bring nothing.
        var idle: UInt64
        /// Bytes of change sets in one message.
        var bytes: Int
        /// When it enrols, in milliseconds after the start.
        var enrols: UInt64
    }

    package var seed: UInt64
    package var cuts: Cuts
    package var days: Int
    package var clinics: [ClinicOptions]
    package var hubVersion: ProductVersion
    /// How often each fault comes: times in a thousand for those of the wire and of people, mean
    /// milliseconds between two for the others. What isn't named never comes.
    package var rates: [Fault: UInt64]
    /// The most patients of the district: few, so that people meet in them.
    var patients: Int
    /// Mean milliseconds between two backups of the hub.
    var backups: UInt64
    /// Of a thousand writes, how many take a patient that the clinic doesn't hold.
    var strangers: Int
    /// How often `status` is looked at: at each n-th event of a clinic.
    var statusEvery: Int
    /// Whether every machine has the newer version in the end.
    var endsUpgraded: Bool

    /// Milliseconds of a fault's mean wait, or its rate in a thousand; `nil` when it never comes.
    func rate(_ fault: Fault) -> UInt64? {
        cuts.without.contains(fault) ? nil : rates[fault]
    }

    func perMille(_ fault: Fault) -> Int { Int(rate(fault) ?? 0) }

    /// One line a decision.
    package var lines: [String] {
        var lines = ["seed \(seed): \(days) days, \(clinics.count) clinics, \(patients) patients"]
        lines.append(
            "hub: \(hubVersion), a backup every \(Period.text(backups)) or so"
                + (endsUpgraded ? ", all are upgraded in the end" : ""))
        for clinic in clinics {
            lines.append(
                "\(clinic.name): \(clinic.scope.rawValue), \(clinic.version), clock "
                    + "\(clinic.clock), writes every \(Period.text(clinic.pause)), long poll "
                    + "\(clinic.longPoll) s, idle \(Period.text(clinic.idle)), messages of "
                    + "\(clinic.bytes) bytes, enrols after \(Period.text(clinic.enrols))")
            lines.append("\(clinic.name): link \(clinic.link)")
        }
        for fault in Fault.allCases {
            guard let rate = rate(fault) else { continue }
            lines.append("\(fault.rawValue) \(rate): \(fault.summary)")
        }
        return lines
    }
}

/// The quality of a clinic's link.
struct LinkOptions: Sendable, CustomStringConvertible {
    /// Milliseconds one way, at the least, and what chance adds at the most.
    var latency: UInt64
    var jitter: UInt64
    /// Bytes a second.
    var bandwidth: UInt64
    /// Mean milliseconds that it stays up and down; `down` 0: it is never down.
    var up: UInt64
    var down: UInt64

    var description: String {
        "\(latency) to \(latency + jitter) ms, \(bandwidth) bytes/s, "
            + (down == 0
                ? "always up" : "up for \(Period.text(up)), down for \(Period.text(down)) or so")
    }
}
