import Synchronization

/// How many seeds it takes until the checkers notice faults that are planted.
package struct PlantedSearch {
    package struct Found: Sendable {
        package var bug: PlantedBug
        /// How many seeds were run, the last of which failed; all of them where none did.
        package var seeds: Int
        /// What was noticed; `nil` when nothing was.
        package var failure: Failure?
    }

    /// Seeds after which a fault that was not noticed counts as missed.
    package static let most = 5000

    private let range: ClosedRange<UInt64>
    private let jobs: Int
    /// Whether seeds that failed pass when nothing is planted: else they prove nothing.
    private var passes: [UInt64: Bool] = [:]

    package init(_ range: ClosedRange<UInt64> = 1...UInt64(most), jobs: Int) {
        self.range = range
        self.jobs = jobs
    }

    /// Runs seeds in ascending order until one fails because of a fault.
    package mutating func find(_ bug: PlantedBug) -> Found {
        var first = range.lowerBound
        while let outcome = firstFailure(of: bug, first...range.upperBound) {
            if passes(outcome.seed) {
                let seeds = Int(outcome.seed - range.lowerBound) + 1
                return Found(bug: bug, seeds: seeds, failure: outcome.failure)
            }
            guard outcome.seed < range.upperBound else { break }
            first = outcome.seed + 1
        }
        return Found(bug: bug, seeds: range.count, failure: nil)
    }

    private func firstFailure(of bug: PlantedBug, _ seeds: ClosedRange<UInt64>) -> Outcome? {
        let found = Mutex<Outcome?>(nil)
        SeedRunner.run(seeds, planted: bug, jobs: jobs) { outcome in
            guard outcome.failure != nil else { return true }
            // Seeds that were under way end after the first that failed.
            found.withLock { $0 = $0 ?? outcome }
            return false
        }
        return found.withLock { $0 }
    }

    private mutating func passes(_ seed: UInt64) -> Bool {
        if let known = passes[seed] { return known }
        let passes = Simulation.run(seed: seed).failure == nil
        self.passes[seed] = passes
        return passes
    }
}
