import FHIR
import Foundation

/// Whether all hold the same.
extension RunningDistrict {
    /// Exchanges until nothing waits anywhere and all digests are equal.
    ///
    /// - Returns: how long it took.
    /// - Throws: ``DistrictFailure/notEqual(after:why:)``.
    @discardableResult
    package func converge(within limit: Duration = .seconds(60)) async throws -> Duration {
        let clock = ContinuousClock()
        let start = clock.now
        var obstacle: String? = "nothing was looked at"
        let isEqual = try await Polling.until(within: limit) {
            await exchangeAll()
            obstacle = try await self.obstacle()
            return obstacle == nil
        }
        guard isEqual else { throw DistrictFailure.notEqual(after: limit, why: obstacle ?? "") }
        return clock.now - start
    }

    private func exchangeAll() async {
        await withTaskGroup(of: Void.self) { group in
            for clinic in clinics {
                group.addTask { _ = try? await clinic.ask("sync", ["wait": 10]) }
            }
        }
    }

    /// The first thing that isn't as it should be in the end; `nil` when all is.
    package func obstacle() async throws -> String? {
        for clinic in clinics {
            let status = try await clinic.status()
            let why = status["reasons"]?.compact ?? ""
            guard status.pending == 0 else { return "\(clinic.name) has \(status.pending) pending" }
            guard status["digest"]?["equal"]?.isTrue == true else {
                return "\(clinic.name) differs from the hub, or hasn't compared: \(why)"
            }
        }
        // After the clinics: nothing is written now, so what they had pending is there.
        for clinic in try await hub.status()["clinics"]?.elements ?? [] {
            guard clinic["enrolled"]?.isTrue == true, clinic["revoked"]?.isTrue != true else {
                continue
            }
            let name = clinic["name"]?.text ?? ""
            guard clinic.integer("pendingForIt") == 0 else {
                return "the hub has change sets for \(name)"
            }
        }
        return nil
    }
}

extension JSON {
    package var isTrue: Bool { if case .bool(true) = self { true } else { false } }

    /// A member that is a whole number; -1 where there is none.
    package func integer(_ name: String) -> Int {
        guard case .number(let text)? = self[name] else { return -1 }
        return Int(text) ?? -1
    }

    /// Of a clinic's status: what no hub has yet.
    package var pending: Int {
        ["care", "administration", "bulk"].reduce(0) {
            $0 + max(0, self["pending"]?.integer($1) ?? 0)
        }
    }
}

extension RunningDistrict {
    /// The clinics' statuses in turn, for as long as somebody looks: samples of what other
    /// processes say, and so taken at times, not upon events.
    package func statuses(every pause: Duration) -> AsyncThrowingStream<JSON, any Error> {
        AsyncThrowingStream { continuation in
            let task = Task { [self] in
                do {
                    while !Task.isCancelled {
                        for clinic in clinics { continuation.yield(try await clinic.status()) }
                        try await Task.sleep(for: pause)
                    }
                    continuation.finish()
                } catch { continuation.finish(throwing: error) }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }
}
