import Simulator
import Testing

@Suite("A history is known by a line of text")
struct ReplayTests {
    @Test("A line says what it was made from")
    func roundTrip() throws {
        var cuts = Cuts()
        (cuts.clinics, cuts.days, cuts.writes) = (2, 3, 40)
        cuts.without = [.clone, .hubRestore]
        cuts.isLight = true
        let replay = Replay(seed: 17, cuts: cuts)
        #expect(try Replay(replay.description) == replay)
        #expect(try Replay("17") == Replay(seed: 17, cuts: Cuts()))
    }

    @Test(
        "What is no replay is refused, and what is allowed is named",
        arguments: [
            "", "x", "17 clinics=0", "17 days=a", "17 without=fire", "17 colour=red", "17 heavy",
            "17 without=",
        ])
    func mistakes(text: String) {
        #expect(throws: Replay.Mistake.self) { try Replay(text) }
    }

    @Test("A failing history is cut down to a smaller one that breaks the same promise")
    func shrinking() throws {
        let run: (UInt64, Cuts) -> Outcome = { seed, cuts in
            Simulation.run(seed: seed, cuts: cuts, damage: .lostWrite)
        }
        let outcome = run(3, Cuts())
        var shrinking = try #require(Shrinking(outcome, run: run, note: { _ in }))
        shrinking.shrink()
        let smallest = shrinking.smallest
        #expect(smallest.failure?.promise == .lost)
        #expect(smallest.traceLines < outcome.traceLines)
        #expect(smallest.days == 1)
        #expect(run(3, smallest.cuts).traceHash == smallest.traceHash)
    }

    @Test("A history that runs clean has nothing to be cut down")
    func clean() {
        let run: (UInt64, Cuts) -> Outcome = { Simulation.run(seed: $0, cuts: $1) }
        #expect(Shrinking(Damage.run(nil), run: run, note: { _ in }) == nil)
    }
}
