import Causality
import HubServer
import Logging
import Sync
import Trust

/// `POST /v1/exchange`: one request of a clinic, from its bytes to the answer's.
struct HubExchange: Sendable {
    let node: HubNode
    let turnstile: Turnstile

    /// - Throws: a `Problem` that says what to do.
    func answer(_ clinic: UInt64, _ body: [UInt8], _ call: HubRoutes.Call) async throws -> [UInt8] {
        let start = ContinuousClock.now
        var waited = false
        do {
            let answer = try await answer(clinic, body, waited: &waited)
            let outcome: HubMetrics.Outcome = waited ? .waited : .answered
            note(clinic, outcome, start, received: body.count, sent: answer.count)
            return answer
        } catch {
            guard let problem = Problem.of(error) else {
                note(clinic, .failed, start, received: body.count, sent: 0)
                throw error
            }
            let isOurs = problem.status >= 500
            note(clinic, isOurs ? .failed : .refused, start, received: body.count, sent: 0)
            node.logger.log(
                level: isOurs ? .error : .notice, "Exchange not taken",
                metadata: [
                    "clinic": "\(Hexadecimal.text(clinic))", "remote": "\(call.remote)",
                    "code": "\(problem.code.rawValue)",
                    "why": "\(isOurs ? "\(error)" : problem.detail)",
                ])
            throw problem
        }
    }

    private func answer(
        _ clinic: UInt64, _ body: [UInt8], waited: inout Bool
    ) async throws -> [UInt8] {
        let request = try HubRequest(body, from: NodeID(rawValue: clinic))
        if case .sums(let sums) = request { return try await node.sums(sums, for: clinic) }
        let step = try await turnstile.pass {
            try await node.answer(request, from: clinic, waited: nil)
        }
        guard case .wait(let ticket, let longest) = step else { return step.bytes }
        waited = true
        let start = ContinuousClock.now
        await node.news(for: ticket, atMost: longest)
        let spent = ContinuousClock.now - start
        return try await turnstile.pass {
            try await node.answer(request, from: clinic, waited: spent)
        }.bytes
    }

    private func note(
        _ clinic: UInt64, _ outcome: HubMetrics.Outcome, _ start: ContinuousClock.Instant,
        received: Int, sent: Int
    ) {
        let took = ContinuousClock.now - start
        node.metrics.exchanged(outcome, received: received, sent: sent, took: took)
        node.logger.debug(
            "Exchange",
            metadata: [
                "clinic": "\(Hexadecimal.text(clinic))", "result": "\(outcome.rawValue)",
                "received": "\(received)", "sent": "\(sent)", "ms": "\(took.milliseconds)",
            ])
    }
}

extension HubNode.Step {
    /// The answer's bytes. A step that was not to wait always has them.
    fileprivate var bytes: [UInt8] {
        guard case .answer(let bytes) = self else {
            preconditionFailure("a request that was not to wait was made to")
        }
        return bytes
    }
}
