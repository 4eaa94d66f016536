/// What came of one seed.
package struct Outcome: Sendable {
    package var seed: UInt64
    package var cuts: Cuts
    package var failure: Failure?
    package var traceHash: UInt64
    package var traceLines: Int
    /// The last lines of the trace.
    package var tail: [String]
    package var clinics: Int
    package var days: Int
    package var writes: Int
    package var exchanges: Int
    package var figures = Figures()

    package var clinicDays: Int { clinics * days }
}

/// One seed, from its options to the last check.
package enum Simulation {
    /// - Parameters:
    ///   - cuts: what the history is cut down to.
    ///   - planted: a fault of the product that the checkers must notice.
    ///   - damage: what is damaged just before the checks, which must notice it.
    ///   - sink: takes each line of the trace as it comes.
    package static func run(
        seed: UInt64, cuts: Cuts = Cuts(), planted: PlantedBug? = nil,
        damage: Damage? = nil, sink: ((String) -> Void)? = nil
    ) -> Outcome {
        PlantedBug.plant(planted)
        let options = Options(seed: seed, cuts: cuts)
        var outcome = Outcome(
            seed: seed, cuts: cuts, failure: nil, traceHash: 0, traceLines: 0, tail: [],
            clinics: options.clinics.count, days: options.days, writes: 0, exchanges: 0)
        do {
            let world = try World(options, sink: sink)
            defer { world.close() }
            world.damage = damage
            do { try world.play() } catch {
                let failure = error as? Failure ?? Failure(.error, "\(error)")
                world.say("FAILED: \(failure)")
                outcome.failure = failure
            }
            outcome.traceHash = world.trace.hash
            outcome.traceLines = world.trace.count
            outcome.tail = world.trace.tail
            outcome.writes = world.ledger.writes
            outcome.exchanges = world.calls
            outcome.figures = (try? world.figures()) ?? world.meter.figures
        } catch {
            outcome.failure = Failure(.error, "the world can't begin: \(error)")
        }
        return outcome
    }
}
