import Records
import Replica
import Sync
import Testing

@Suite("An answer that can't be taken in leaves nothing behind")
struct UndoneAnswerTests {
    @Test("What a comparison came to is undone with what it compared")
    func comparison() throws {
        try withWorld { world in
            let (a, b) = (world.machines[0], world.machines[1])
            let patient = try world.register(a, "v1")
            try world.hold(b, patient)
            try world.meet()
            let before = b.clinic.comparisons
            try world.edit(a, patient, "v2")
            try world.catchUp(a)
            // As a full disk does it: the last thing that is written down is refused.
            try world.damage(
                b.clinic.replica,
                """
                CREATE TRIGGER full BEFORE UPDATE ON _feed \
                BEGIN SELECT RAISE(ABORT, 'no room'); END
                """)
            let sent = try world.ask(b)
            let answer = try world.answer(sent.bytes, to: b)
            #expect(throws: StorageFailure.self) {
                _ = try b.clinic.apply(answer, to: sent, at: world.clock(b))
            }
            #expect(b.clinic.comparisons == before)
            #expect(b.clinic.unequal.isEmpty)
            try world.damage(b.clinic.replica, "DROP TRIGGER full")
            try world.meet()
            #expect(try world.shown(patient, at: b) == .text("v2"))
            try world.check()
        }
    }
}
