import Causality
import FHIR
import Foundation
import Records
import Settings
import Sync

/// What the daemon says of itself, for people, monitors and scripts.
extension ClinicDaemon {
    func statusAnswer() async -> JSON {
        guard let node else { return notEnrolledStatus() }
        do {
            let standing = try await node.standing()
            let state = await node.exchangeState
            let isConnected = await node.isConnected
            let health = ClinicHealth(
                standing: standing, exchange: state, isConnected: isConnected, now: node.clock,
                certificateExpires: link?.expires,
                disk: DiskSpace(ofFolder: configuration.folder.path),
                lowDisk: configuration.lowDisk)
            return status(node, standing, await "\(node.incarnationText)", health)
        } catch {
            return [
                "role": "clinic", "clinic": .string(node.enrolment.name), "state": "critical",
                "reasons": [.string("the replica can't be read: \(error)")],
                "addresses": addresses,
            ]
        }
    }

    private var addresses: JSON { .array(address.map { [.string($0)] } ?? []) }

    private func notEnrolledStatus() -> JSON {
        [
            "role": "clinic", "clinic": .null, "incarnation": .null, "written": 0,
            "acknowledged": 0, "backedUp": 0, "pending": ControlCommands.pending([:]),
            "refused": 0, "parked": 0, "received": 0, "reviewItems": 0, "lastExchange": .null,
            "digest": ["ours": .null, "hub": .null, "equal": .null],
            "clock": ["offsetSeconds": .null, "trusted": .bool(true)], "state": "warning",
            "reasons": [.string(ClinicDaemon.notEnrolled)], "addresses": addresses,
            "version": .string(configuration.version),
        ]
    }

    private func status(
        _ node: ClinicNode, _ standing: ClinicStanding, _ incarnation: String,
        _ health: ClinicHealth
    ) -> JSON {
        let offset = standing.clockOffset.map { JSON.number("\(Double($0) / 1000)") } ?? .null
        var pending: [Lane: Int] = [:]
        for (lane, count) in standing.pending { pending[lane] = Int(count) }
        return [
            "role": "clinic", "clinic": .string(node.enrolment.name),
            "node": .string(node.id.description), "incarnation": .string(incarnation),
            "written": .number(Int(standing.written)),
            "acknowledged": .number(Int(standing.acknowledged)),
            "backedUp": .number(Int(standing.backedUp)),
            "pending": ControlCommands.pending(pending),
            "pendingBytes": .number(standing.pendingBytes),
            "refused": .number(Int(standing.refused)), "parked": .number(standing.parked),
            "received": .number(Int(standing.received)),
            "reviewItems": .number(standing.reviewItems),
            "lastExchange": standing.lastExchange.map { .string(Moment.text($0)) } ?? .null,
            "loading": .bool(standing.isLoading), "digest": digest(standing),
            "clock": [
                "offsetSeconds": offset,
                "trusted": .bool(standing.quality != .disbelieved),
            ],
            "state": .string(health.state.rawValue),
            "reasons": .array(health.reasons.map { .string($0) }), "addresses": addresses,
            "hub": .string(hubURL(node.enrolment)), "version": .string(configuration.version),
        ]
    }

    private func digest(_ standing: ClinicStanding) -> JSON {
        guard !standing.sums.isEmpty else {
            return ["ours": .null, "hub": .null, "equal": .null]
        }
        var (ours, hub) = (ContentSum(), ContentSum())
        for comparison in standing.sums.values {
            ours += comparison.ours
            hub += comparison.hub
        }
        return [
            "ours": .string(ours.hexadecimal), "hub": .string(hub.hexadecimal),
            "equal": standing.isEqual.map { .bool($0) } ?? .null,
        ]
    }
}

extension ClinicNode {
    var incarnationText: String {
        NodeID(rawValue: clinic.incarnation.rawValue).description
    }
}

extension ContentSum {
    /// 32 hexadecimal digits.
    var hexadecimal: String {
        NodeID(rawValue: high).description + NodeID(rawValue: low).description
    }
}
