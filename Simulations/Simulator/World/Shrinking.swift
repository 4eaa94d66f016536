/// Cuts a failing history down, as long as the same promise stays broken.
package struct Shrinking {
    package private(set) var smallest: Outcome
    private let promise: Failure.Promise
    private let run: (UInt64, Cuts) -> Outcome
    private let note: (String) -> Void
    /// Histories that are tried at the most.
    private var tries = 200

    /// - Parameters:
    ///   - outcome: one that failed.
    ///   - run: runs a history, as `outcome` came about.
    ///   - note: takes a line for each cut that was made.
    package init?(
        _ outcome: Outcome, run: @escaping (UInt64, Cuts) -> Outcome,
        note: @escaping (String) -> Void
    ) {
        guard let failure = outcome.failure else { return nil }
        smallest = outcome
        promise = failure.promise
        self.run = run
        self.note = note
    }

    package mutating func shrink() {
        dropFaults()
        cut(\.clinics, from: smallest.clinics, "clinics")
        cut(\.days, from: smallest.days, "days")
        cut(\.writes, from: smallest.writes, "writes")
        dropFaults()
    }

    private mutating func fails(_ cuts: Cuts) -> Bool {
        guard tries > 0 else { return false }
        tries -= 1
        let outcome = run(smallest.seed, cuts)
        guard outcome.failure?.promise == promise else { return false }
        smallest = outcome
        return true
    }

    private mutating func dropFaults() {
        for fault in Fault.allCases where !smallest.cuts.without.contains(fault) {
            let options = Options(seed: smallest.seed, cuts: smallest.cuts)
            guard options.rates[fault] != nil else { continue }
            var cuts = smallest.cuts
            cuts.without.insert(fault)
            if fails(cuts) { note("without \(fault.rawValue): it still fails") }
        }
    }

    /// Halves a number as long as it fails, then takes one away at a time.
    private mutating func cut(_ path: WritableKeyPath<Cuts, Int?>, from start: Int, _ what: String)
    {
        var number = start
        var step = max(1, number / 2)
        while number > 1, step > 0 {
            var cuts = smallest.cuts
            cuts[keyPath: path] = number - step
            if number - step > 0, fails(cuts) {
                number -= step
                note("\(number) \(what): it still fails")
                step = min(step, number / 2)
            } else {
                step /= 2
            }
        }
    }
}
