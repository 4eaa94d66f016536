import Causality
import Hub
import Records
import Sync
import Testing

/// A hub that is put back while a clinic joins: what was loaded before belongs to a history of the
/// feed that there is no more, although its places may be numbered alike.
@Suite("A join over a hub that is put back ends with what the hub has")
struct PutBackJoinTests {
    /// Two patients whom one clinic has registered and another writes into, and a reader who is
    /// about to load them when the hub is backed up. What the first clinic then edits is lost with
    /// the hub; what the other writes takes its place in the feed.
    private struct Scene {
        let world: World
        let author: World.Machine
        let other: World.Machine
        let reader: World.Machine
        let patient: RecordID

        init(_ world: World, _ scope: RegisteredClinic.Scope) throws {
            self.world = world
            (author, other) = (world.machines[0], world.machines[1])
            patient = try world.register(author, "v1")
            let second = try world.register(author, "v2")
            try world.hold(other, patient)
            try world.meet()
            reader = try world.enrol("reader", scope)
            if scope == .own {
                for patient in [patient, second] { try world.hold(reader, patient) }
            }
            for _ in 0..<2 { try world.talk(reader) }
            while try #require(try reader.clinic.chunkRequest(limit: 1)).feed == .reference {
                try world.load(reader)
            }
            try world.talk(reader)
            try world.backUpHub()
        }

        func editWhatIsLost() throws {
            try world.edit(author, patient, "v-lost")
            try world.talk(author)
        }

        func putHubBack() throws {
            try world.restoreHub()
            #expect(world.trace.last?.hasSuffix("THE HUB IS PUT BACK") == true)
            try world.edit(other, patient, "v-instead", unit: 2)
            try world.talk(other)
            #expect(try world.shown(patient, 2, at: world.hub.node) == .text("v-instead"))
        }

        func isWholeInTheEnd() throws {
            try world.catchUp(reader)
            #expect(try world.shown(patient, 2, at: reader) == .text("v-instead"))
            try world.meet()
            #expect(try world.shown(patient, at: reader) == .text("v-lost"))
            try world.check()
        }
    }

    @Test(
        "What was loaded before is loaded anew, although the next chunk is of the new history",
        arguments: RegisteredClinic.Scope.allCases)
    func chunksOfTwoHistories(scope: RegisteredClinic.Scope) throws {
        try withWorld { world in
            let scene = try Scene(world, scope)
            try scene.editWhatIsLost()
            try world.load(scene.reader, limit: 1)
            #expect(try world.shown(scene.patient, at: scene.reader) == .text("v-lost"))
            try scene.putHubBack()
            // Now the feed is longer than it was when the first chunk was read.
            for _ in 0..<2 { try world.talk(scene.author) }
            let next = try #require(try scene.reader.clinic.chunkRequest(limit: 1))
            #expect(next.known.position > 0)
            try world.load(scene.reader, limit: 1)
            try scene.isWholeInTheEnd()
        }
    }

    @Test("An answer of the new history that was asked for before a chunk came is passed over")
    func lateSlice() throws {
        try withWorld { world in
            let scene = try Scene(world, .own)
            try scene.editWhatIsLost()
            let sent = try world.ask(scene.reader, push: 0)
            try world.load(scene.reader, limit: 1)
            try scene.putHubBack()
            let answer = try world.answer(sent.bytes, to: scene.reader)
            _ = try scene.reader.clinic.apply(answer, to: sent, at: world.clock(scene.reader))
            try scene.isWholeInTheEnd()
        }
    }

    @Test("A chunk of the old history that comes after an answer of the new one is passed over")
    func lateChunk() throws {
        try withWorld { world in
            let scene = try Scene(world, .own)
            try scene.editWhatIsLost()
            let request = try #require(try scene.reader.clinic.chunkRequest(limit: 1))
            let chunk = try world.answer(request.encoded(), to: scene.reader)
            try scene.putHubBack()
            try world.talk(scene.reader)
            try scene.reader.clinic.apply(chunk, to: request)
            try scene.isWholeInTheEnd()
        }
    }

    @Test("What a hub that was put back no longer lets a clinic hold is not asked for")
    func leftWhileLoading() throws {
        try withWorld { world in
            let (author, reader) = (world.machines[0], world.machines[1])
            let patient = try world.register(author, "v1")
            try world.meet()
            try world.backUpHub()
            // Another registrar: the patient is the reader's to hold.
            try world.edit(author, patient, reader.clinic.node.description, unit: 4)
            try world.talk(author)
            try world.talk(reader)
            #expect(
                try reader.clinic.chunkRequest(limit: 500)?.span == .compartment(.patient(patient)))
            try world.restoreHub()
            #expect(world.trace.last?.hasSuffix("THE HUB IS PUT BACK") == true)
            for _ in 0..<2 { try world.talk(reader) }
            #expect(try reader.clinic.chunkRequest(limit: 500) == nil)
            try world.meet()
            #expect(try world.shown(patient, at: reader) == .text("v1"))
            try world.check()
        }
    }
}
