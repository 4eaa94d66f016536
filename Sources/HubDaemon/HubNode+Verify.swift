import Causality
import ControlServer
import FHIR
import Foundation
import Hub
import Logging
import Replica
import Settings
import Sync

/// The hub checks itself.
extension HubNode {
    /// Checks a copy of the database, and puts back the rows that are not what the log says.
    func verify() async throws -> JSON {
        guard !isVerifying else {
            throw ControlRefusal(
                409, "a verification is under way", remedy: "wait until it has ended")
        }
        // A copy, and an empty database into which all of the log is replayed.
        guard DiskSpace(ofFolder: settings.dataDirectory).fits(2 * databaseBytes) else {
            throw HubFailure.noRoom(folder: settings.dataDirectory, bytes: 2 * databaseBytes)
        }
        isVerifying = true
        defer { isVerifying = false }
        let folder = "\(settings.dataDirectory)/verify"
        let files = FileManager.default
        try? files.removeItem(atPath: folder)
        try files.createDirectory(
            atPath: folder, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        defer { try? files.removeItem(atPath: folder) }
        try await copier.read { try $0.node.store.copy(to: "\(folder)/copy.sqlite") }
        let verification = Verification(
            copy: "\(folder)/copy.sqlite", scratch: "\(folder)/scratch.sqlite")
        let report = try await Verifier().run(verification)
        let repaired = try repair(report)
        log(report, repaired)
        return document(report, repaired)
    }

    /// Returns how many compartments were repaired.
    private func repair(_ report: VerificationReport) throws -> Int {
        guard report.damagedFrames.isEmpty else { return 0 }
        let broken = Set(report.damagedFeeds.filter(\.isBroken).map(\.feed))
        let mustRepair =
            !report.states.isEmpty || report.damagedFeeds.contains { !$0.isBroken }
        guard mustRepair else { return 0 }
        try hub.repair(report.states, after: report.position, broken: broken)
        countedRecords = nil
        return report.states.count
    }

    private func log(_ report: VerificationReport, _ repaired: Int) {
        logger.log(
            level: report.isSound ? .info : .error, "Verified",
            metadata: [
                "records": "\(report.records)", "differing": "\(report.differing.count)",
                "damagedFrames": "\(report.damagedFrames.count)",
                "damagedFeeds": "\(report.damagedFeeds.count)",
                "repairedCompartments": "\(repaired)",
            ])
    }

    private func document(_ report: VerificationReport, _ repaired: Int) -> JSON {
        [
            "equal": .bool(report.isSound), "records": .number(report.records),
            "differing": .array(report.differing.sorted().map { .string($0) }),
            "damagedFrames": .array(
                report.damagedFrames.map { .string("\($0.origin.text) \($0.sequence)") }),
            "damagedFeeds": .array(report.damagedFeeds.map { .string(text($0)) }),
            "repairedCompartments": .number(repaired),
            "reason": report.isSound ? .null : .string(reason(report, repaired)),
        ]
    }

    private func text(_ damage: FeedDamage) -> String {
        let feed: String
        let node = damage.feed.node
        switch damage.feed.kind {
        case .own: feed = "the feed of \(hub.clinics[node]?.name ?? "\(node)")"
        case .reference: feed = "the feed of reference data"
        case .district: feed = "the district's feed"
        }
        switch damage.kind {
        case .chain(let position): return "\(feed), at entry \(position)"
        case .sum: return "\(feed), its sum"
        case .holders: return "\(feed), who holds what"
        }
    }

    private func reason(_ report: VerificationReport, _ repaired: Int) -> String {
        var reasons: [String] = []
        if !report.damagedFrames.isEmpty {
            reasons.append(
                "\(report.damagedFrames.count) frames of the log are damaged, so rows can't be "
                    + "proved by it and nothing was repaired: restore the newest sound backup, and "
                    + "the clinics send again what it lacks")
        }
        let feeds = report.damagedFeeds.filter(\.isBroken)
        if !feeds.isEmpty {
            reasons.append(
                "\(feeds.count) feeds are damaged (\(feeds.map(text).joined(separator: "; "))): "
                    + "restore the newest sound backup, and the clinics send again what it lacks")
        }
        let kept = report.damagedFeeds.filter { !$0.isBroken }
        if report.damagedFrames.isEmpty, repaired > 0 || !kept.isEmpty {
            reasons.append(
                "repaired from the log: \(repaired) compartments, \(kept.count) sums and holders "
                    + "of feeds; verify once more")
        }
        return reasons.joined(separator: "; ")
    }
}

extension FeedDamage {
    /// Whether only a backup can put it right.
    fileprivate var isBroken: Bool {
        if case .chain = kind { true } else { false }
    }
}
