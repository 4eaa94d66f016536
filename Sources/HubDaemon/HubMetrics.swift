import Hub
import Synchronization

/// What the hub counts, and gives out in Prometheus' text format (version 0.0.4). Labels hold
/// neither health data nor names.
final class HubMetrics: Sendable {
    enum Outcome: String, CaseIterable, Sendable {
        case answered, waited, refused, failed
    }

    private struct Counts {
        var exchanges: [Outcome: UInt64] = [:]
        var received: UInt64 = 0
        var sent: UInt64 = 0
        /// Of exchanges that did not wait for news.
        var seconds: Double = 0
        var backups: UInt64 = 0
        var failedBackups: UInt64 = 0
    }

    /// What is measured when it is asked for.
    struct Gauges: Sendable {
        var standing: HubStanding
        var waiters: Int
        var databaseBytes: UInt64
        var logBytes: UInt64
        var freeBytes: UInt64?
        /// Milliseconds since 1970.
        var lastBackup: UInt64?
        var isClockBelieved: Bool
    }

    private let counts = Mutex(Counts())

    func exchanged(_ outcome: Outcome, received: Int, sent: Int, took: Duration) {
        counts.withLock {
            $0.exchanges[outcome, default: 0] += 1
            $0.received += UInt64(received)
            $0.sent += UInt64(sent)
            if outcome != .waited { $0.seconds += Double(took.milliseconds) / 1000 }
        }
    }

    func backedUp(_ isMade: Bool) {
        counts.withLock { if isMade { $0.backups += 1 } else { $0.failedBackups += 1 } }
    }

    func text(_ gauges: Gauges) -> String {
        let counts = counts.withLock { $0 }
        var page = MetricsPage()
        addStanding(gauges, to: &page)
        page.add("exchanges_total", "counter", "Exchanges by their result.") { family in
            for outcome in Outcome.allCases {
                family.sample(counts.exchanges[outcome] ?? 0, "result=\"\(outcome.rawValue)\"")
            }
        }
        page.add("exchange_bytes_total", "counter", "Bytes of bodies, by direction.") {
            $0.sample(counts.received, "direction=\"in\"")
            $0.sample(counts.sent, "direction=\"out\"")
        }
        page.add(
            "exchange_seconds_total", "counter", "Time that exchanges took which didn't wait.",
            counts.seconds)
        page.add("exchanges_waiting", "gauge", "Exchanges that wait for news.", gauges.waiters)
        page.add("backups_total", "counter", "Backups by their result.") {
            $0.sample(counts.backups, "result=\"made\"")
            $0.sample(counts.failedBackups, "result=\"failed\"")
        }
        return page.text
    }

    private func addStanding(_ gauges: Gauges, to page: inout MetricsPage) {
        let standing = gauges.standing
        page.add("frames", "gauge", "Frames in the log.", standing.frames)
        page.add("frames_backed_up", "gauge", "Frames in a backup.", standing.backedUp)
        page.add("feeds", "gauge", "Feeds.", standing.feeds)
        page.add("feed_entries", "gauge", "Entries of all feeds.", standing.entries)
        page.add("letters", "gauge", "Frames that are not in the record, by kind.") {
            $0.sample(standing.refused, "kind=\"refused\"")
            $0.sample(standing.parked, "kind=\"parked\"")
        }
        let clinics = standing.clinics.map(\.registered)
        page.add("clinics", "gauge", "Clinics in the registry, by state.") {
            $0.sample(clinics.count { $0.isEnrolled && !$0.isRevoked }, "state=\"enrolled\"")
            $0.sample(clinics.count { !$0.isEnrolled && !$0.isRevoked }, "state=\"invited\"")
            $0.sample(clinics.count(where: \.isRevoked), "state=\"revoked\"")
        }
        let pending = standing.clinics.reduce(UInt64(0)) { $0 + $1.pendingForIt }
        page.add("pending_entries", "gauge", "Entries that clinics have yet to read.", pending)
        page.add("database_bytes", "gauge", "Bytes of the database's files.") {
            $0.sample(gauges.databaseBytes, "file=\"database\"")
            $0.sample(gauges.logBytes, "file=\"wal\"")
        }
        if let free = gauges.freeBytes {
            page.add("disk_free_bytes", "gauge", "Room on the data directory's disk.", free)
        }
        if let last = gauges.lastBackup {
            page.add(
                "last_backup_timestamp_seconds", "gauge", "When the last backup was made.",
                Double(last) / 1000)
        }
        page.add(
            "clock_believed", "gauge", "1 while the hub believes its clock.",
            gauges.isClockBelieved ? 1 : 0)
    }
}

/// A page of metrics, all under the name of this program.
private struct MetricsPage {
    /// The samples of one metric.
    struct Family {
        let name: String
        var lines: [String] = []

        mutating func sample(_ value: some Numeric, _ labels: String) {
            lines.append("\(name){\(labels)} \(value)")
        }
    }

    private(set) var text = ""

    mutating func add(_ name: String, _ type: String, _ help: String, _ value: some Numeric) {
        head(name, type, help)
        text += "clinicsync_hub_\(name) \(value)\n"
    }

    mutating func add(
        _ name: String, _ type: String, _ help: String, _ fill: (inout Family) -> Void
    ) {
        head(name, type, help)
        var family = Family(name: "clinicsync_hub_\(name)")
        fill(&family)
        text += family.lines.map { $0 + "\n" }.joined()
    }

    private mutating func head(_ name: String, _ type: String, _ help: String) {
        text += "# HELP clinicsync_hub_\(name) \(help)\n# TYPE clinicsync_hub_\(name) \(type)\n"
    }
}
