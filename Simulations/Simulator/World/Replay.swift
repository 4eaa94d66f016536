/// A history by a line of text: its seed, and what it is cut down to. Printed with each failure.
package struct Replay: Sendable, Equatable, CustomStringConvertible {
    package var seed: UInt64
    package var cuts: Cuts

    package init(seed: UInt64, cuts: Cuts) {
        self.seed = seed
        self.cuts = cuts
    }

    /// `17 clinics=2 days=3 writes=40 without=clone,crash light`
    package var description: String {
        var words = ["\(seed)"]
        if let clinics = cuts.clinics { words.append("clinics=\(clinics)") }
        if let days = cuts.days { words.append("days=\(days)") }
        if let writes = cuts.writes { words.append("writes=\(writes)") }
        let without = Fault.allCases.filter(cuts.without.contains).map(\.rawValue)
        if !without.isEmpty { words.append("without=" + without.joined(separator: ",")) }
        if cuts.isLight { words.append("light") }
        return words.joined(separator: " ")
    }

    /// What is wrong with a line, and what it may say.
    package struct Mistake: Error, Sendable, CustomStringConvertible {
        package var description: String
    }

    package init(_ text: String) throws(Mistake) {
        let words = text.split(separator: " ")
        guard let first = words.first, let seed = UInt64(first) else {
            throw Mistake(description: "a replay begins with its seed, a number: ‘\(text)’")
        }
        self.init(seed: seed, cuts: Cuts())
        for word in words.dropFirst() { try take(word) }
    }

    private mutating func take(_ word: Substring) throws(Mistake) {
        if word == "light" {
            cuts.isLight = true
            return
        }
        let parts = word.split(separator: "=", maxSplits: 1)
        guard parts.count == 2 else {
            throw Mistake(
                description: "‘\(word)’ is no part of a replay: clinics=N, days=N, writes=N, "
                    + "without=FAULT,… and light are")
        }
        switch parts[0] {
        case "clinics": cuts.clinics = try number(parts, 1...Cuts.mostClinics)
        case "days": cuts.days = try number(parts, 1...Cuts.mostDays)
        case "writes": cuts.writes = try number(parts, 0...Int(Int32.max))
        case "without": cuts.without = try Replay.faults(String(parts[1]))
        default:
            throw Mistake(
                description: "‘\(parts[0])’ is no part of a replay: clinics, days, writes, "
                    + "without and light are")
        }
    }

    private func number(
        _ parts: [Substring], _ range: ClosedRange<Int>
    ) throws(Mistake) -> Int {
        guard let number = Int(parts[1]), range.contains(number) else {
            throw Mistake(
                description: "\(parts[0]) takes a number from \(range.lowerBound) to "
                    + "\(range.upperBound), not ‘\(parts[1])’")
        }
        return number
    }

    /// Faults by their names, with commas between.
    package static func faults(_ text: String) throws(Mistake) -> Set<Fault> {
        var faults: Set<Fault> = []
        for name in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let fault = Fault(rawValue: String(name)) else {
                let all = Fault.allCases.map(\.rawValue).joined(separator: ", ")
                throw Mistake(description: "there is no fault ‘\(name)’; there are \(all)")
            }
            faults.insert(fault)
        }
        return faults
    }
}
