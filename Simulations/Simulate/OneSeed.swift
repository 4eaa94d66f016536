import ArgumentParser
import Foundation
import Simulator

/// One seed, told.
struct OneSeed {
    var seed: UInt64
    var cuts: Cuts
    var planted: PlantedBug?

    func run(trace: Bool, shrink: Bool, json: Bool) throws {
        let outcome = Simulation.run(
            seed: seed, cuts: cuts, planted: planted, sink: trace ? { print($0) } : nil)
        if json {
            print(Report(range: seed...seed, outcomes: [outcome], seconds: nil).json)
        } else {
            if !trace, let failure = outcome.failure {
                for line in outcome.tail.suffix(Self.told) { print(line) }
                print("seed \(seed) failed: \(failure)")
            }
            print("trace hash \(String(outcome.traceHash, radix: 16)), \(outcome.traceLines) lines")
            if shrink { self.shrink(outcome) }
            print(Report(range: seed...seed, outcomes: [outcome], seconds: nil).lastLine)
        }
        if outcome.failure != nil { throw ExitCode(1) }
    }

    private static let told = 40

    private func shrink(_ outcome: Outcome) {
        let again: (UInt64, Cuts) -> Outcome = { seed, cuts in
            Simulation.run(seed: seed, cuts: cuts, planted: planted)
        }
        guard var shrinking = Shrinking(outcome, run: again, note: { print("  \($0)") }) else {
            return print("It did not fail: there is nothing to cut down.")
        }
        print("Cutting it down:")
        shrinking.shrink()
        let smallest = shrinking.smallest
        print("The smallest history that still fails:")
        print("")
        for line in Simulation.story(of: smallest, planted: planted) { print("  \(line)") }
        print("")
        print("replay: simulate --replay '\(Replay(seed: smallest.seed, cuts: smallest.cuts))'")
    }
}
