import Foundation
import Simulator

/// What came of the seeds, for people and for scripts.
struct Report {
    var range: ClosedRange<UInt64>
    var outcomes: [Outcome]
    var seconds: Int?

    var failed: [Outcome] { outcomes.filter { $0.failure != nil } }

    /// Names the seeds that failed.
    var lastLine: String {
        let seeds = failed.map { "\($0.seed)" }
        let ran = "\(outcomes.count) seeds"
        return seeds.isEmpty
            ? "\(ran), none failed" : "\(ran), failed: \(seeds.joined(separator: " "))"
    }

    var json: String {
        let runs = outcomes.map { outcome in
            Run(
                seed: outcome.seed, trace: String(outcome.traceHash, radix: 16),
                clinics: outcome.clinics, days: outcome.days, writes: outcome.writes,
                exchanges: outcome.exchanges, promise: outcome.failure?.promise.rawValue,
                failure: outcome.failure?.text,
                replay: outcome.failure == nil
                    ? nil : "\(Replay(seed: outcome.seed, cuts: outcome.cuts))",
                figures: RunFigures(outcome.figures))
        }
        let document = Document(
            first: range.lowerBound, last: range.upperBound, ran: outcomes.count,
            failed: failed.map(\.seed), clinicDays: outcomes.reduce(0) { $0 + $1.clinicDays },
            seconds: seconds, runs: runs)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(document) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }

    private struct Document: Encodable {
        var first: UInt64
        var last: UInt64
        var ran: Int
        var failed: [UInt64]
        var clinicDays: Int
        var seconds: Int?
        var runs: [Run]
    }

    private struct Run: Encodable {
        var seed: UInt64
        var trace: String
        var clinics: Int
        var days: Int
        var writes: Int
        var exchanges: Int
        var promise: String?
        var failure: String?
        var replay: String?
        var figures: RunFigures
    }
}
