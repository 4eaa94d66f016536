import Exhaustive
import Testing

/// A check that can't fail proves nothing: the plain model tells one rule wrongly, or a database is
/// damaged, and it must not go unnoticed.
@Suite("What is planted is noticed")
struct PlantedTests {
    @Test(
        "A rule told wrongly, by the register alone",
        arguments: PlainModel.Wrong.allCases.filter {
            $0 != .deleteWins && $0 != .childDoesNotKeepRoot
        })
    func register(wrong: PlainModel.Wrong) {
        var options = RegisterOrders.Options()
        options.wrong = wrong
        #expect(throws: Disagreement.self) { try RegisterOrders.run(options) }
    }

    @Test("A rule told wrongly, by the merge engine", arguments: PlainModel.Wrong.allCases)
    func engine(wrong: PlainModel.Wrong) {
        var options = EngineOrders.Options()
        options.planted = Planted(wrong: wrong)
        #expect(throws: Disagreement.self) { try EngineOrders.run(options) }
    }

    @Test(
        "Damage to what a replica holds, by the merge engine",
        arguments: [
            "UPDATE patient SET phone = 'rot'",
            "UPDATE patient SET _hidden = CASE WHEN _hidden THEN NULL ELSE 1 END",
            "DELETE FROM _sibling", "DELETE FROM _replaced", "DELETE FROM name",
            "UPDATE _sibling SET hlc = hlc + 1 WHERE unit > 0",
            "UPDATE patient SET weight = statusNote WHERE weight IS NOT NULL",
            "DELETE FROM _log WHERE pos = (SELECT max(pos) FROM _log)",
        ])
    func damage(sql: String) {
        var options = EngineOrders.Options()
        options.planted = Planted(damage: Damage(.a, sql))
        #expect(throws: (any Error).self) { try EngineOrders.run(options) }
    }

    /// What is remembered of stamps that have not come makes no difference once all has come.
    @Test(
        "A rule told wrongly, by the whole stack",
        arguments: PlainModel.Wrong.allCases.filter { $0 != .nothingRemembered })
    func stack(wrong: PlainModel.Wrong) {
        var options = StackOrders.Options()
        options.alone = 0
        options.alphabet = Step.people
        options.planted = Planted(wrong: wrong)
        #expect(throws: Disagreement.self) { try StackOrders.run(options) }
    }

    @Test(
        "Damage to the hub or a clinic, by the whole stack",
        arguments: [
            Damage(.hub, "DELETE FROM _log WHERE pos = (SELECT max(pos) FROM _log)"),
            Damage(.hub, "DELETE FROM _sibling WHERE unit > 0"),
            Damage(.a, "DELETE FROM _sibling WHERE unit = 0"),
            Damage(.b, "UPDATE patient SET number = 'rot'"),
            Damage(.b, "UPDATE patient SET _hidden = 1 WHERE _hidden IS NULL"),
            Damage(.b, "DELETE FROM patient"),
            Damage(.hub, "DELETE FROM _holder"),
        ])
    func damage(damage: Damage) {
        var options = StackOrders.Options()
        options.alone = 0
        options.alphabet = Step.people
        options.planted = Planted(damage: damage)
        #expect(throws: (any Error).self) { try StackOrders.run(options) }
    }
}
