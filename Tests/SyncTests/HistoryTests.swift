import Causality
import Hub
import Testing

@Suite("Random histories of a district converge and lose nothing")
struct HistoryTests {
    @Test(
        "Writes, losses, restores, clones, roll-backs and bad clocks",
        arguments: (1...150).map { UInt64($0) })
    func converges(seed: UInt64) throws {
        let world = try World(seed: seed)
        defer { world.remove() }
        do {
            let steps = 60 + Int(world.random.next(upperBound: 200 as UInt64))
            let enrol = 5 + Int(world.random.next(upperBound: UInt64(steps / 2)))
            for index in 0..<steps {
                if index == enrol { try world.enrol("district", .district) }
                try world.step()
            }
            try world.settle()
            try world.check()
            try world.lateEdits()
        } catch {
            Issue.record(
                "seed \(seed): \(error)\n\(world.trace.suffix(60).joined(separator: "\n"))")
        }
    }
}
