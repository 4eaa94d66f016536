import Simulator
import Testing

/// A checker that can't fail proves nothing.
@Suite("The simulator's checkers notice what is damaged")
struct CheckerTests {
    @Test("Without damage the same history runs clean")
    func sound() {
        #expect(Damage.run(nil).failure == nil)
    }

    @Test("Each kind of damage is noticed, as a breach of its promise", arguments: Damage.allCases)
    func damage(_ damage: Damage) {
        let outcome = Damage.run(damage)
        #expect(
            outcome.failure?.promise == damage.promise,
            "\(damage): \(outcome.failure.map { "\($0)" } ?? "nothing was noticed")")
    }

    @Test("Every promise has damage that breaks it")
    func all() {
        let broken = Set(Damage.allCases.map(\.promise))
        // What a call of the product throws is found by every history.
        #expect(broken.union([.error]) == Set(Failure.Promise.allCases))
    }
}
