/// A history as a person reads it: what people did and what befell them, without the wire.
extension Simulation {
    package static func story(of outcome: Outcome, planted: PlantedBug? = nil) -> [String] {
        let lines = Collected()
        _ = run(seed: outcome.seed, cuts: outcome.cuts, planted: planted) { lines.all.append($0) }
        return lines.all.filter { line in !isTechnical(line) }
    }

    private final class Collected {
        var all: [String] = []
    }

    private static func isTechnical(_ line: String) -> Bool {
        line.contains(" #") && line.hasPrefix("day ") && !line.contains(" stick")
    }
}
