import ControlServer
import FHIR
import Foundation
import Hub
import Logging
import Replica

/// What `syncctl` may ask of the hub: `POST /control/NAME`, JSON in and out.
package struct HubCommands: Sendable {
    let node: HubNode

    package init(node: HubNode) { self.node = node }

    /// Never throws: what can't be done is a refusal with its remedy.
    package func answer(_ command: String, _ body: [UInt8]) async -> ControlService.Answer {
        do {
            return (200, try await result(of: command, body).compactBytes)
        } catch {
            let refusal = refusal(of: error)
            if refusal.status >= 500 {
                node.logger.error(
                    "Command failed", metadata: ["command": "\(command)", "why": "\(error)"])
            }
            return refusal.answer
        }
    }

    private func result(of command: String, _ body: [UInt8]) async throws -> JSON {
        switch command {
        case "record-show":
            let input = try input(Referring.self, body, fields: "reference")
            return try await node.showRecord(input.reference)
        case "record-history":
            let input = try input(Referring.self, body, fields: "reference")
            return try await node.recordHistory(input.reference)
        case "review-list": return try await node.reviewList()
        case "status": return try await node.status()
        case "clinic-list": return try await node.clinicList()
        case "clinic-add":
            let input = try input(ClinicToAdd.self, body, fields: "name, scope and organization")
            return try await node.addClinic(
                input.name, scope: input.scope, organization: input.organization)
        case "clinic-revoke":
            return try await node.revokeClinic(try input(Named.self, body, fields: "name").name)
        case "clinic-scope":
            let input = try input(ClinicToAdd.self, body, fields: "name and scope")
            guard let scope = input.scope else { throw unreadable("name and scope") }
            return try await node.setScope(of: input.name, to: scope)
        case "letters-list": return try await node.letterList()
        case "letters-retry": return try await node.retryLetters()
        case "verify": return try await node.verify()
        case "backup": return try await node.backUp().json
        case "clock-confirm":
            try await node.confirmClock()
            return ["trusted": .bool(true), "time": .string(Moment.text(node.view.trustedTime()))]
        default: throw notOfTheHub(command)
        }
    }

    private func notOfTheHub(_ command: String) -> ControlRefusal {
        switch command {
        case "review-settle":
            ControlRefusal(
                409, "the hub writes nothing into a record of its own, so it can't settle an item",
                remedy: "settle it at a clinic that holds the record; the hub learns of it")
        case "sync", "import", "hold", "release":
            ControlRefusal(
                409, "\(command) is a clinic's command, and this is the hub",
                remedy: "run it on a clinic's machine, or name its configuration with --config")
        default:
            ControlRefusal(
                404, "the hub knows no command \(command)",
                remedy: "check that syncctl and hubd are of one version")
        }
    }

    private func refusal(of error: any Error) -> ControlRefusal {
        switch error {
        case let refusal as ControlRefusal: refusal
        case let failure as StorageFailure:
            ControlRefusal(
                failure.isDiskFull ? 507 : 500, failure.description,
                remedy: "see the hub's log for when it began")
        case let failure as HubFailure:
            ControlRefusal(500, failure.description, remedy: "")
        case is CancellationError:
            ControlRefusal(503, "the hub is being stopped", remedy: "ask again once it runs")
        default:
            ControlRefusal(500, "the hub failed: \(error)", remedy: "see the hub's log")
        }
    }

    // MARK: Input

    private struct Named: Decodable { let name: String }
    private struct Referring: Decodable { let reference: String }
    private struct ClinicToAdd: Decodable {
        let name: String
        let scope: RegisteredClinic.Scope?
        let organization: String?
    }

    private func unreadable(_ fields: String) -> ControlRefusal {
        ControlRefusal(
            400, "the command's input can't be read: it must be a JSON object with \(fields)",
            remedy: "check that syncctl and the daemon are of one version")
    }

    private func input<Form: Decodable>(
        _ form: Form.Type, _ body: [UInt8], fields: String
    ) throws -> Form {
        do { return try JSONDecoder().decode(form, from: Data(body)) } catch {
            throw unreadable(fields)
        }
    }
}
