import Causality
import FHIR
import Sync

/// An exchange that an operator asks for.
extension ControlCommands {
    /// Longest wait for one exchange where nobody asked to wait until all is done.
    private static let standardWait = 60
    private static let mostWait = 86_400

    /// - Parameter seconds: until nothing is pending, at most; `nil` for one exchange.
    func sync(_ node: ClinicNode, seconds: Int?) async throws -> JSON {
        let before = await node.exchangeState
        let changes = node.progress.listen()
        await node.hurry()
        // One that waits for news would answer only when there is some.
        daemon.endLongPoll()
        let limit = min(max(seconds ?? ControlCommands.standardWait, 1), ControlCommands.mostWait)
        let untilAll = seconds != nil
        await withTaskGroup(of: Void.self) { group in
            // The exchange announces each change; this only bounds the wait for it.
            group.addTask { try? await Task.sleep(for: .seconds(limit)) }
            group.addTask {
                for await _ in changes {
                    if await isOver(node, since: before, untilAll: untilAll) { return }
                }
            }
            await group.next()
            group.cancelAll()
        }
        return try await outcome(node, since: before)
    }

    private func isOver(
        _ node: ClinicNode, since before: ExchangeState, untilAll: Bool
    ) async -> Bool {
        let state = await node.exchangeState
        if state.answered > before.answered {
            if !untilAll { return true }
            return await node.isQuiet
        }
        // A refusal lasts until somebody does something at the hub.
        if state.refusal != nil { return true }
        return !untilAll && state.failed > before.failed && state.failure != nil
    }

    private func outcome(_ node: ClinicNode, since before: ExchangeState) async throws -> JSON {
        let state = await node.exchangeState
        let pending = try await node.pendingFrames()
        let exchanged = state.answered > before.answered
        let isQuiet = await node.isQuiet
        var json: JSON = [
            "exchanged": .bool(exchanged), "finished": .bool(exchanged && isQuiet),
            "pending": ControlCommands.pending(pending),
            "sent": .number(Int(state.acknowledged - before.acknowledged)),
            "received": .number(Int(state.received - before.received)),
        ]
        if let reason = state.failure { json.set("reason", .string(reason)) }
        return json
    }

    static func pending(_ frames: [Lane: Int]) -> JSON {
        [
            "care": .number(frames[.care] ?? 0),
            "administration": .number(frames[.administration] ?? 0),
            "bulk": .number(frames[.bulk] ?? 0),
        ]
    }
}
