import ControlServer
import FHIR
import Foundation
import Logging
import Records
import Replica
import Sync

/// Answers the commands of `syncctl`.
package struct ControlCommands: Sendable {
    let daemon: ClinicDaemon

    package init(_ daemon: ClinicDaemon) { self.daemon = daemon }

    package func answer(_ command: ControlService.Command) async -> ControlService.Answer {
        do {
            return (200, try await result(of: command).compactBytes)
        } catch {
            let refusal = ControlRefusal(of: error)
            if refusal.status == 500 {
                daemon.logger.error(
                    "A command failed",
                    metadata: ["command": "\(command.name)", "error": "\(error)"])
            }
            return refusal.answer
        }
    }

    private func result(of command: ControlService.Command) async throws -> JSON {
        switch command.name {
        case "status": return await daemon.statusAnswer()
        // Sent by `clinicd enrol` once it is done.
        case "enrolled":
            guard try daemon.open() else { throw ControlRefusal.notEnrolled }
            return [:]
        default: break
        }
        guard let node = daemon.node else { throw ControlRefusal.notEnrolled }
        switch command.name {
        case "sync": return try await sync(node, seconds: try integer("wait", of: command))
        case "import":
            var work = Import(node, command)
            return try await work.run()
        case "record-show":
            let name = try reference(of: command)
            return try await node.showRecord(name.type, name.id)
        case "record-history":
            let name = try reference(of: command)
            return try await node.recordHistory(name.type, name.id)
        case "review-list": return try await node.reviewList()
        case "review-settle": return try await settle(node, command)
        case "letters-list": return try await node.letterList()
        case "letters-retry": return try await node.retryLetters()
        case "hold", "release":
            let name = try reference(of: command)
            guard name.type == "Patient" else {
                throw ControlRefusal(
                    400, "only a patient's record is held or released", remedy: "name Patient/ID")
            }
            try await node.ask(toHold: command.name == "hold", patient: name.id)
            return [:]
        case "verify": return try await verify(node)
        case "clinic-add", "clinic-list", "clinic-scope", "clinic-revoke", "backup",
            "clock-confirm":
            let name = command.name.replacing("-", with: " ")
            throw ControlRefusal(
                409, "\(name) is the hub's command, and this is a clinic",
                remedy: "run it on the hub's machine, or name its configuration with --config")
        default:
            throw ControlRefusal(
                404, "this daemon has no command \(command.name.prefix(64))",
                remedy: "check that syncctl and the daemon are of one version, and that this is "
                    + "not a command of the hub")
        }
    }

    // MARK: Input

    private func input(of command: ControlService.Command) throws -> JSON {
        command.body.isEmpty ? [:] : try JSON(parsing: command.body)
    }

    private func integer(_ name: String, of command: ControlService.Command) throws -> Int? {
        guard case .number(let text)? = try input(of: command)[name] else { return nil }
        return Int(text)
    }

    private func reference(
        of command: ControlService.Command
    ) throws -> (type: String, id: String) {
        guard let text = try input(of: command)["reference"]?.text,
            let name = ResourceName.parts(of: text)
        else {
            throw ControlRefusal(
                400, "a record is named TYPE/ID", remedy: "write it as Patient/p-17")
        }
        return name
    }

    private func settle(_ node: ClinicNode, _ command: ControlService.Command) async throws
        -> JSON
    {
        let input = try input(of: command)
        guard let id = input["id"]?.text else {
            throw ControlRefusal(400, "an item's id is missing", remedy: "see review list")
        }
        let take = try integer("take", of: command)
        return try await node.settle(
            id, take: take, value: input["value"], author: input["author"]?.text ?? "")
    }

    private func verify(_ node: ClinicNode) async throws -> JSON {
        guard let link = daemon.link else {
            throw ControlRefusal(
                503, "the exchange has not started", remedy: "try again in a moment")
        }
        let result = await Verification(node, link, daemon).run()
        var json: JSON = [
            "equal": result.equal.map { .bool($0) } ?? .null, "records": .number(result.records),
            "differing": .array(result.differing.map { .string($0) }),
            "repaired": .bool(result.isRepaired),
            "damaged": .array(result.damaged.map { .string($0) }),
        ]
        if let reason = result.reason { json.set("reason", .string(reason)) }
        return json
    }
}
