import Causality
import Hub
import Records
import Replica
import Sync
import Testing

@Suite("A database read beside the one that writes it")
struct ReaderTests {
    @Test("The hub's sums are of one moment, and are those that it would give itself")
    func hubSums() throws {
        try withWorld { world in
            let a = world.machines[0]
            for index in 0..<20 { try world.register(a, "v\(index)") }
            try world.meet()
            let request = SumsRequest(feed: .own, buckets: [])
            let feed = FeedName(.own, a.clinic.node)
            let reader = try HubReader(path: world.folder + "/hub.sqlite", schema: World.schema)
            let before = try world.answer(request.encoded(), to: a)
            #expect(try reader.sums(request, of: feed) == before)
            try reader.node.atOneMoment {
                // Written while it reads: it waits for nobody, and nobody waits for it.
                try world.register(a, "v-new")
                try world.meet()
                #expect(try reader.sums(request, of: feed) == before)
            }
            let after = try world.answer(request.encoded(), to: a)
            #expect(after != before)
            #expect(try reader.sums(request, of: feed) == after)
            try reader.close()
        }
    }

    @Test("A clinic compares itself with the hub at one moment, while it goes on writing")
    func clinicCompares() throws {
        try withWorld { world in
            let a = world.machines[0]
            let patient = try world.register(a, "v1")
            try world.meet()
            let reader = try Clinic(
                reading: world.path(a.name), schema: World.schema, node: a.clinic.node)
            let sums = try world.answer(SumsRequest(feed: .own, buckets: []).encoded(), to: a)
            try reader.atOneMoment {
                try world.edit(a, patient, "v2")
                #expect(try reader.differing(sums, feed: .own) == [])
                #expect(try a.clinic.differing(sums, feed: .own) == nil, "it has yet to send that")
                #expect(try reader.sumError(.own) == ContentSum())
            }
            // What the reader finds now is not of the moment of the hub's sums.
            #expect(try reader.atOneMoment { try reader.differing(sums, feed: .own) } == nil)
            try reader.close()
        }
    }

    @Test("A sum that is wrong is put right although its clinic goes on writing")
    func sumCorrected() throws {
        try withWorld { world in
            let a = world.machines[0]
            let patient = try world.register(a, "v1")
            try world.meet()
            try world.damage(a.clinic.replica, "UPDATE _feed SET sum = randomblob(16)")
            try world.reopen(a)
            try a.clinic.writeDownFeeds()
            let reader = try Clinic(
                reading: world.path(a.name), schema: World.schema, node: a.clinic.node)
            let error = try reader.atOneMoment { try reader.sumError(.own) }
            #expect(error != ContentSum())
            try world.edit(a, patient, "v2")
            try a.clinic.correctSum(.own, by: error)
            #expect(try a.clinic.sumError(.own) == ContentSum())
            try reader.close()
        }
    }

    @Test("A copy is whole, and of one moment, although it is written beside the writer")
    func copy() throws {
        try withWorld { world in
            let a = world.machines[0]
            try world.register(a, "v1")
            try world.meet()
            let reader = try NodeStore(
                reading: world.folder + "/hub.sqlite", schema: World.schema)
            let path = world.folder + "/copy.sqlite"
            try reader.store.copy(to: path)
            try reader.close()
            let there = try world.dump(world.hub.node)
            let copy = try NodeStore(reading: path, schema: World.schema)
            #expect(try world.dump(copy) == there)
            #expect(try copy.store.reading { try copy.damagedFrames() }.isEmpty)
            try copy.close()
        }
    }

    @Test("Who only reads can't write")
    func readOnly() throws {
        try withWorld(clinics: 1) { world in
            let reader = try NodeStore(
                reading: world.path(world.machines[0].name), schema: World.schema)
            #expect(throws: StorageFailure.self) {
                try reader.store.reading { try reader.store.execute("DELETE FROM _log") }
            }
            try reader.close()
        }
    }
}
