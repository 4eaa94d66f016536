import Causality
import Hub
import Records
import Replica
import Sync
import Testing

@Suite("An answer comes after others that were made later")
struct LateAnswerTests {
    @Test("What it says that a hub which was put back lacks is not lacking for ever")
    func ofAHubPutBack() throws {
        try withWorld { world in
            let a = world.machines[0]
            let patient = try world.register(a, "v1")
            try world.meet()
            try world.backUpHub()
            // Within what is believed, and more than the hub lets pass.
            a.clockError = 20_000_000_000
            try world.edit(a, patient, "v-ahead")
            try world.talk(a)
            a.clockError = 0
            try world.meet()
            let key = RecordKey(entity: 1, id: patient)
            let record = try world.record(key, in: .patient(patient), at: a.clinic.replica)
            let stamp = try #require(record?.register(1)?.siblings.last?.stamp)
            let asked = try world.ask(a)
            try world.restoreHub()
            let late = try world.answer(asked.bytes, to: a)
            // The hub has it all again, and has ranked the stamp anew.
            try world.meet()
            let rank = try #require(world.hub.node.ranks.order(for: stamp))
            #expect(a.clinic.replica.ranks.order(for: stamp) == rank)
            _ = try a.clinic.apply(late, to: asked, at: world.clock(a))
            #expect(!a.clinic.hasPending)
            #expect(a.clinic.replica.ranks.order(for: stamp) == rank)
            try world.meet()
            try world.check()
        }
    }
}
