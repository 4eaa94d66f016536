import Causality
import FHIR
import Foundation
import Hub
import HubServer
import Records
import Replica
import Settings
import Sync
import Trust

/// How the hub is, as `syncctl status`, `/readyz` and `/metrics` say it.
extension HubNode {
    func status() async throws -> JSON {
        let records = try await records(hub.standing().frames)
        let standing = try hub.standing()
        let reasons = reasons(standing)
        return [
            "role": "hub", "epoch": .string(Hexadecimal.text(standing.epoch)),
            "changeSets": .number(standing.frames), "backedUp": .number(standing.backedUp),
            "records": .number(records),
            "refused": .number(standing.refused), "parked": .number(standing.parked),
            "clinics": clinicList(standing),
            "addresses": .array(addresses.map { .string($0) }),
            "rootKeyHash": .string(rootKeyHash),
            "lastBackup": lastBackup.map(\.json) ?? .null,
            "clock": ["trusted": .bool(isClockBelieved), "time": .string(Moment.text(now))],
            "state": .string((reasons.map(\.severity).max() ?? .well).name),
            "reasons": .array(reasons.map { .string($0.text) }),
        ]
    }

    func clinicList() throws -> JSON { clinicList(try hub.standing()) }

    private func clinicList(_ standing: HubStanding) -> JSON {
        .array(standing.clinics.map(clinicDocument))
    }

    private func clinicDocument(_ clinic: HubStanding.Clinic) -> JSON {
        let registered = clinic.registered
        return [
            "name": .string(registered.name), "id": .string(registered.node.description),
            "scope": .string(registered.scope.rawValue),
            "organization": .string(registered.organization),
            "lastSeen": registered.lastSeen == 0
                ? .null : .string(Moment.text(registered.lastSeen)),
            "acknowledged": .number(clinic.acknowledged),
            "pendingForIt": .number(clinic.pendingForIt),
            "digestEqual": registered.digestEqual.map { .bool($0) } ?? .null,
            "clockOffsetSeconds": registered.clockOffset.map { .number("\(Double($0) / 1000)") }
                ?? .null,
            "revoked": .bool(registered.isRevoked),
            "enrolled": .bool(registered.isEnrolled),
        ]
    }

    // MARK: State

    enum Severity: Int, Comparable {
        case well, warning, critical

        var name: String { ["well", "warning", "critical"][rawValue] }

        static func < (a: Severity, b: Severity) -> Bool { a.rawValue < b.rawValue }
    }

    private func reasons(_ standing: HubStanding) -> [(severity: Severity, text: String)] {
        var reasons: [(Severity, String)] = []
        if let trouble { reasons.append((.critical, "Storage failed: \(trouble).")) }
        let space = DiskSpace(ofFolder: settings.dataDirectory)
        if space.isLow(settings.lowDisk) {
            let megabytes = (space.free ?? 0) >> 20
            reasons.append(
                (
                    space.isFull ? .critical : .warning,
                    "The disk of \(settings.dataDirectory) has \(megabytes) MB left: free some "
                        + "space, or the hub can take nothing more."
                ))
        }
        if !isClockBelieved {
            reasons.append(
                (
                    .warning,
                    "The wall clock is not believed, since it jumped: check it with `date`, set "
                        + "it right if it is wrong, then run `syncctl clock confirm`."
                ))
        }
        if let backupTrouble {
            reasons.append((.warning, "The last backup failed: \(backupTrouble)"))
        }
        for clinic in standing.clinics.map(\.registered)
        where clinic.digestEqual == false && !clinic.isRevoked {
            reasons.append(
                (
                    .warning,
                    "What \(clinic.name) holds differs from the hub's: it compares and repairs by "
                        + "itself; if this stays, run `syncctl verify` there, then here."
                ))
        }
        if let registryTrouble {
            reasons.append(
                (
                    .warning,
                    "The registry of clinics is not kept beside the database, so a revocation could "
                        + "be lost with it: \(registryTrouble)"
                ))
        }
        if standing.refused > 0 {
            reasons.append(
                (.warning, "\(standing.refused) change sets were refused: `syncctl letters list`."))
        }
        if standing.parked > 0 {
            reasons.append(
                (
                    .warning,
                    "\(standing.parked) change sets of a newer version are parked: update the hub."
                ))
        }
        return reasons
    }

    private var isClockBelieved: Bool {
        hub.reading(SystemClock.reading()).quality != .disbelieved
    }

    /// Whether exchanges can be answered, and why not.
    func readiness() -> (isReady: Bool, reason: String) {
        if DiskSpace(ofFolder: settings.dataDirectory).isFull {
            return (false, "the disk of the data directory is full")
        }
        do {
            _ = try hub.node.store.reading { try hub.node.store.meta("epoch") }
            return (true, "")
        } catch { return (false, "\(error)") }
    }

    func metricsPage() throws -> String {
        metrics.text(
            HubMetrics.Gauges(
                standing: try hub.standing(), waiters: waiters.count,
                databaseBytes: DiskSpace.bytes(ofFile: databasePath),
                logBytes: DiskSpace.bytes(ofFile: databasePath + "-wal"),
                freeBytes: DiskSpace(ofFolder: settings.dataDirectory).free,
                lastBackup: lastBackup?.at, isClockBelieved: isClockBelieved))
    }

    // MARK: Facts

    /// Bytes of the database, with what isn't in its file yet.
    nonisolated var databaseBytes: UInt64 {
        DiskSpace.bytes(ofFile: databasePath) + DiskSpace.bytes(ofFile: databasePath + "-wal")
    }

    /// Where clinics connect to; empty while nobody can.
    nonisolated var addresses: [String] {
        guard let port = view.port else { return [] }
        let host = settings.listen.host
        return ["https://\(host.contains(":") ? "[\(host)]" : host):\(port)"]
    }

    /// The address that clinics are told.
    nonisolated var advertisedURL: String {
        if let url = settings.advertisedURL { return url.absoluteString }
        let host = settings.hosts.first ?? settings.listen.host
        return "https://\(host.contains(":") ? "[\(host)]" : host):"
            + "\(view.port ?? settings.listen.port)"
    }

    nonisolated var rootKeyHash: String {
        (try? authority.rootKeyHash).map { Hexadecimal.text($0) } ?? ""
    }

    /// Records that show. Counted anew only after something was committed.
    private func records(_ frames: UInt64) async throws -> Int64 {
        if let countedRecords, countedRecords.frames == frames { return countedRecords.records }
        let entities = hub.node.schema.entities.filter(RecordNames.counts)
        let records = try await counter.read { try $0.countRecords(of: entities) }
        countedRecords = (frames, records)
        return records
    }
}
