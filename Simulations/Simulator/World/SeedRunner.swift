import Foundation
import Synchronization

/// Runs many seeds, a world a thread, and gives their outcomes in the order of the seeds.
package enum SeedRunner {
    /// - Parameter each: called for each seed in ascending order; `false` stops the run.
    package static func run(
        _ seeds: ClosedRange<UInt64>, cuts: Cuts = Cuts(), planted: PlantedBug? = nil,
        jobs: Int = ProcessInfo.processInfo.activeProcessorCount,
        each: @escaping @Sendable (Outcome) -> Bool
    ) {
        let queue = SeedQueue(seeds)
        let group = DispatchGroup()
        let work: @Sendable () -> Void = {
            while let seed = queue.take() {
                queue.give(Simulation.run(seed: seed, cuts: cuts, planted: planted), to: each)
            }
            group.leave()
        }
        for _ in 0..<max(1, jobs) {
            group.enter()
            let thread = Thread(block: work)
            thread.stackSize = SeedRunner.stackBytes
            thread.start()
        }
        group.wait()
    }

    private static let stackBytes = 16 << 20
}

/// Seeds that are taken in any order of their ends, and whose outcomes come in order.
private final class SeedQueue: Sendable {
    private struct State {
        var next: UInt64?
        var done: [UInt64: Outcome] = [:]
        var isStopped = false
    }

    private let seeds: ClosedRange<UInt64>
    private let state: Mutex<State>
    private let turn: Mutex<UInt64>

    init(_ seeds: ClosedRange<UInt64>) {
        self.seeds = seeds
        state = Mutex(State(next: seeds.lowerBound))
        turn = Mutex(seeds.lowerBound)
    }

    func take() -> UInt64? {
        state.withLock { state in
            guard !state.isStopped, let seed = state.next else { return nil }
            state.next = seed < seeds.upperBound ? seed + 1 : nil
            return seed
        }
    }

    /// Gives what is ready and next in turn.
    func give(_ outcome: Outcome, to each: (Outcome) -> Bool) {
        state.withLock { $0.done[outcome.seed] = outcome }
        turn.withLock { turn in
            while let outcome = state.withLock({ $0.done.removeValue(forKey: turn) }) {
                turn &+= 1
                if !each(outcome) { state.withLock { $0.isStopped = true } }
            }
        }
    }
}
