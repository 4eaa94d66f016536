import ArgumentParser
import Foundation
import Reporting
import Simulator
import Synchronization

/// A range of seeds, with progress on a terminal.
struct ManySeeds {
    var range: ClosedRange<UInt64>
    var cuts: Cuts
    var planted: PlantedBug?
    var jobs: Int?
    var json: Bool
    /// Where a page with charts goes.
    var folder: ReportFolder?

    func run() throws {
        let start = ContinuousClock.now
        let progress = Progress(range: range, isQuiet: json, keepsFigures: json || folder != nil)
        if !json { print("seeds \(range.lowerBound)..\(range.upperBound)") }
        SeedRunner.run(
            range, cuts: cuts, planted: planted,
            jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount
        ) { progress.take($0) }
        let (seconds, _) = (ContinuousClock.now - start).components
        let report = Report(
            range: range, outcomes: progress.outcomes, seconds: max(1, Int(seconds)))
        progress.end()
        if let folder {
            let file = try folder.write(ReportPage(range: range, outcomes: report.outcomes))
            if !json { print("report: \(file)") }
        }
        print(json ? report.json : report.lastLine)
        if !report.failed.isEmpty { throw ExitCode(1) }
    }
}

/// Says how far a run has come, and each failure as it is found.
private final class Progress: Sendable {
    private struct State {
        var outcomes: [Outcome] = []
        var failed = 0
        var shownAt = ContinuousClock.now
    }

    private let state = Mutex(State())
    private let range: ClosedRange<UInt64>
    private let isQuiet: Bool
    /// Whether figures are wanted: a run without end would fill the memory with them.
    private let keepsFigures: Bool
    private let isTerminal = isatty(STDERR_FILENO) == 1

    init(range: ClosedRange<UInt64>, isQuiet: Bool, keepsFigures: Bool) {
        self.range = range
        self.isQuiet = isQuiet
        self.keepsFigures = keepsFigures
    }

    var outcomes: [Outcome] { state.withLock { $0.outcomes } }

    /// Outcomes that are kept whole; of the others only the counts.
    func take(_ outcome: Outcome) -> Bool {
        var outcome = outcome
        if outcome.failure != nil {
            report(outcome)
            state.withLock { $0.failed += 1 }
        }
        outcome.tail = []
        if !keepsFigures { outcome.figures = Figures() }
        let (done, failed, isDue) = state.withLock { state in
            state.outcomes.append(outcome)
            let isDue = ContinuousClock.now - state.shownAt > .milliseconds(200)
            if isDue { state.shownAt = .now }
            return (state.outcomes.count, state.failed, isDue)
        }
        if isTerminal, isDue {
            write("\r\(done) \(ofAll), \(failed) failed ")
        }
        return true
    }

    /// A run until it is stopped has more seeds than an `Int` can count.
    private var ofAll: String {
        let others = range.upperBound - range.lowerBound
        return others < UInt64(Int.max) ? "of \(others + 1) seeds" : "seeds"
    }

    func end() { if isTerminal { write("\r\u{1B}[K") } }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

    private func report(_ outcome: Outcome) {
        guard !isQuiet, let failure = outcome.failure else { return }
        if isTerminal { write("\r\u{1B}[K") }
        print("seed \(outcome.seed) failed: \(failure)")
        print("  simulate --replay '\(Replay(seed: outcome.seed, cuts: outcome.cuts))'")
        // Who reads along in a file or a pipe sees it now.
        fflush(nil)
    }
}
