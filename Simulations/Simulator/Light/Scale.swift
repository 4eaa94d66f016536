import Foundation
import Hub
import Records
import Replica
import Sync

/// What a district of some size costs its hub.
package struct ScaleFigures: Sendable, Equatable, Codable {
    package var clinics: Int
    package var days: Int
    package var clinicDays: Int
    package var writes: Int
    package var requests: Int
    /// Microseconds of the hub's processor, a clinic-day: the whole run, its last day alone, and a
    /// request.
    package var hubMicroseconds: Double
    package var hubMicrosecondsOnLastDay: Double
    package var hubMicrosecondsPerRequest: Double
    /// Bodies, a clinic-day.
    package var bytesUp: Double
    package var bytesDown: Double
    /// Entries of the feeds, a clinic-day, and what they take in the hub's database.
    package var feedEntries: Double
    package var feedBytes: Double
    /// The hub's database, and of it log and feeds.
    package var hubBytes: Int
    package var logBytes: Int
    package var feedTableBytes: Int
    /// Seconds of the processor to write a backup, on a disk that costs nothing.
    package var backupSeconds: Double
    /// What a new machine of a clinic takes to load all that it holds.
    package var join: Join
    /// Seconds of the processor for all of it, clinics too.
    package var processSeconds: Double

    package struct Join: Sendable, Equatable, Codable {
        package var requests: Int
        package var bytesUp: Int
        package var bytesDown: Int
        package var hubSeconds: Double
        package var clinicSeconds: Double
    }
}

/// Runs light districts of some sizes for weeks, with one hub each.
package enum Scale {
    /// The most clinics: more would need memory that few machines have.
    package static let mostClinics = 5000
    package static let mostDays = 1000

    /// - Throws: ``Failure`` where a clinic is not equal to the hub in the end.
    package static func measure(clinics: Int, days: Int, seed: UInt64) throws -> ScaleFigures {
        var plan = LightDistrict.Plan(clinics: clinics, days: days)
        plan.seed = seed
        let clock = ThreadClock()
        let district = try LightDistrict(plan)
        defer { district.close() }
        try district.run()
        let tally = district.tally
        let clinicDays = Double(tally.clinicDays)
        let size = try HubSize(district.hub)
        let backup = try district.backUp()
        let (join, joinSeconds) = try district.replace(clinics - 1)
        return ScaleFigures(
            clinics: clinics, days: days, clinicDays: tally.clinicDays, writes: tally.writes,
            requests: tally.requests, hubMicroseconds: tally.hubSeconds * 1e6 / clinicDays,
            hubMicrosecondsOnLastDay: tally.lastDaySeconds * 1e6 / Double(clinics),
            hubMicrosecondsPerRequest: tally.hubSeconds * 1e6 / Double(tally.requests),
            bytesUp: Double(tally.bytesUp) / clinicDays,
            bytesDown: Double(tally.bytesDown) / clinicDays,
            feedEntries: Double(size.entries) / clinicDays,
            feedBytes: Double(size.feeds) / clinicDays, hubBytes: size.all, logBytes: size.log,
            feedTableBytes: size.feeds, backupSeconds: backup,
            join: ScaleFigures.Join(
                requests: join.requests, bytesUp: join.bytesUp, bytesDown: join.bytesDown,
                hubSeconds: join.hubSeconds,
                clinicSeconds: max(0, joinSeconds - join.hubSeconds)),
            processSeconds: clock.seconds)
    }
}

/// Bytes of the hub's database, by its pages.
private struct HubSize {
    var all: Int
    var log: Int
    var feeds: Int
    var entries: Int

    init(_ hub: HubStore) throws {
        let store = hub.node.store
        try store.checkpoint()
        func count(_ sql: String) throws -> Int { Int(try store.count(sql)) }
        (all, log, feeds, entries) = try store.reading {
            (
                try count("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"),
                try count("SELECT sum(pgsize) FROM dbstat WHERE name = '_log'"),
                try count("SELECT sum(pgsize) FROM dbstat WHERE name = '_entry'"),
                try count("SELECT count(*) FROM _entry")
            )
        }
    }
}

extension LightDistrict {
    /// Seconds of the processor that a backup takes.
    fileprivate func backUp() throws -> Double {
        let clock = ThreadClock()
        try hub.node.store.copy(to: "/backup.sqlite")
        return clock.seconds
    }
}
