import Causality
import FHIR
import Settings
import Sync
import Trust

/// Whether all is well, and what is not, in words that say what to do. `well` only when it is.
struct ClinicHealth: Sendable {
    enum State: String, Sendable, Comparable {
        case well, warning, critical
        static func < (a: State, b: State) -> Bool { a.rank < b.rank }
        private var rank: Int {
            switch self {
            case .well: 0
            case .warning: 1
            case .critical: 2
            }
        }
    }

    private(set) var state = State.well
    private(set) var reasons: [String] = []

    /// How old the last exchange may be, in milliseconds, while the link is taken to stand.
    private static let freshness: UInt64 = 15 * 60_000

    init(
        standing: ClinicStanding, exchange: ExchangeState, isConnected: Bool,
        now clock: TrustedClock, certificateExpires: Int64?, disk: DiskSpace, lowDisk: UInt64
    ) {
        storage(exchange)
        room(disk, lowDisk)
        link(standing, exchange, isConnected, now: clock.reading().now)
        record(standing, exchange)
        if standing.quality == .disbelieved {
            add(
                .warning,
                "this machine's clock can't be right and is not believed: set it (date), and have "
                    + "its battery changed")
        }
        if let expires = certificateExpires, expires < clock.seconds {
            add(
                .warning,
                "the clinic's certificate has expired: it is renewed at the next contact with the "
                    + "hub")
        }
    }

    private mutating func add(_ worse: State, _ reason: String) {
        state = max(state, worse)
        reasons.append(reason)
    }

    private mutating func storage(_ exchange: ExchangeState) {
        guard let failure = exchange.storageFailure else { return }
        add(.critical, "\(failure)")
    }

    private mutating func room(_ disk: DiskSpace, _ low: UInt64) {
        guard disk.isLow(low), let free = disk.free else { return }
        add(
            disk.isFull ? .critical : .warning,
            "the disk of the data directory has \(free >> 20) MB left: free some space, or soon "
                + "nothing more can be written here")
    }

    private mutating func link(
        _ standing: ClinicStanding, _ exchange: ExchangeState, _ isConnected: Bool, now: UInt64
    ) {
        if let refusal = exchange.refusal {
            let isFinal = [.clinicRevoked, .clinicUnknown, .certificateForeign].contains(
                refusal.code)
            return add(
                isFinal ? .critical : .warning, "the hub refuses this clinic: \(refusal.detail)")
        }
        let since = standing.lastExchange.map { "since \(Moment.text($0))" } ?? "ever"
        guard isConnected else {
            let why = exchange.failure.map { ": \($0)" } ?? ": the first is under way"
            return add(.warning, "no exchange with the hub \(since)\(why)")
        }
        if let last = standing.lastExchange, now > last, now - last > ClinicHealth.freshness {
            add(.warning, "no exchange with the hub \(since): try syncctl sync")
        }
    }

    private mutating func record(_ standing: ClinicStanding, _ exchange: ExchangeState) {
        if !standing.addsUp {
            add(.critical, "the counts don't add up: run syncctl verify, and report it")
        }
        switch standing.isEqual {
        case false:
            add(
                .critical,
                "what is held here differs from the hub's: it is being repaired; syncctl verify "
                    + "names the records")
        case nil: add(.warning, "nothing has been compared with the hub yet: it takes an exchange")
        default: break
        }
        if standing.isLoading {
            add(.warning, "records are still being loaded from the hub")
        }
        if standing.refused > 0 {
            add(
                .warning,
                "the hub refused \(standing.refused) change sets: see syncctl letters list")
        }
        if standing.parked > 0 {
            add(
                .warning,
                "\(standing.parked) change sets of a newer version wait: upgrade, and they are read; "
                    + "syncctl letters retry says what becomes of each")
        }
        if exchange.damagedFrames > 0 {
            add(
                .critical,
                "\(exchange.damagedFrames) frames of the log are damaged: see syncctl verify")
        }
    }
}
