import Synchronization

/// How many seeds it takes until the checkers notice a fault that was planted.
package struct PlantedSearch: Sendable {
    package var bug: PlantedBug
    /// The failure that was noticed, after as many seeds as `seeds` says; `nil` when none was.
    package var failure: Failure?
    package var seeds: Int

    /// Seeds after which a fault that was not noticed counts as missed.
    package static let most = 5000

    /// Runs seeds from the first on until one of them fails.
    package static func run(
        _ bug: PlantedBug, seeds range: ClosedRange<UInt64> = 1...UInt64(most), jobs: Int
    ) -> PlantedSearch {
        let found = Mutex(PlantedSearch(bug: bug, failure: nil, seeds: 0))
        SeedRunner.run(range, planted: bug, jobs: jobs) { outcome in
            found.withLock { search in
                search.seeds += 1
                search.failure = outcome.failure
            }
            return outcome.failure == nil
        }
        return found.withLock { $0 }
    }
}
