import Hub
import Records
import Replica
import Sync
import Testing

/// All of a feed is being loaded when something calls for one of its compartments by itself: a
/// refusal, a frame that was taken after all, a letter, a comparison.
@Suite("A compartment is loaded by itself while all of its feed is being loaded")
struct OverlappingJoinTests {
    /// Patients of one clinic, and a reader of the district that has loaded the first of them.
    private struct Scene {
        let world: World
        let author: World.Machine
        let reader: World.Machine
        let patient: RecordID

        init(_ world: World) throws {
            self.world = world
            author = world.machines[0]
            patient = try world.register(author, "v1")
            for note in ["v2", "v3", "v4"] { try world.register(author, note) }
            try world.meet()
            reader = try world.enrol("reader", .district)
            for _ in 0..<2 { try world.talk(reader) }
            while try #require(try reader.clinic.chunkRequest(limit: 1)).feed == .reference {
                try world.load(reader)
            }
            try world.talk(reader)
            try world.load(reader, limit: 1)
            #expect(try world.shown(patient, at: reader) == .text("v1"))
            #expect(try asksFor() == .all(.district))
        }

        func asksFor() throws -> Span? { try reader.clinic.chunkRequest(limit: 1)?.span }

        /// Writes into the patient together with what the hub refuses.
        func writeWhatIsRefused() throws {
            try reader.clinic.write(at: world.clock(reader)) { transaction in
                try transaction.put(
                    RecordKey(entity: 3, id: RecordID("r0")), in: .patient(patient),
                    [(1, .text("refused"))])
                try transaction.put(
                    RecordKey(entity: 5, id: RecordID("r0")), in: .clinic(author.clinic.node),
                    [(1, .text("refused"))])
            }
            try world.talk(reader)
            #expect(try asksFor() == .compartment(.patient(patient)))
        }

        func edit(_ text: String) throws {
            try world.edit(author, patient, text)
            try world.talk(author)
            try world.talk(reader)
        }

        func isWholeInTheEnd(_ text: String) throws {
            try world.catchUp(reader)
            #expect(try world.shown(patient, at: reader) == .text(text))
            #expect(reader.isEqual)
        }
    }

    @Test("What came by itself is not dropped when the whole is loaded")
    func whole() throws {
        try withWorld { world in
            let scene = try Scene(world)
            try scene.writeWhatIsRefused()
            try world.load(scene.reader)
            try world.talk(scene.reader)
            #expect(try scene.asksFor() == .all(.district))
            try scene.isWholeInTheEnd("v1")
        }
    }

    @Test("What the feed brings meanwhile is taken")
    func feed() throws {
        try withWorld { world in
            let scene = try Scene(world)
            try scene.writeWhatIsRefused()
            try world.load(scene.reader)
            try scene.edit("v-meanwhile")
            #expect(try world.shown(scene.patient, at: scene.reader) == .text("v-meanwhile"))
            try scene.edit("v-later")
            #expect(try world.shown(scene.patient, at: scene.reader) == .text("v-later"))
            try scene.isWholeInTheEnd("v-later")
        }
    }

    @Test("What comes by itself before its turn waits for the whole, and what follows it")
    func beforeItsTurn() throws {
        try withWorld { world in
            let scene = try Scene(world)
            let last = try #require(world.patients.last)
            try scene.reader.clinic.loadAnew([.patient(last)], feed: .district)
            try world.load(scene.reader)
            #expect(try world.shown(last, at: scene.reader) == .text("v4"))
            try world.edit(scene.author, last, "v-meanwhile")
            try world.talk(scene.author)
            try world.talk(scene.reader)
            try world.catchUp(scene.reader)
            #expect(try world.shown(last, at: scene.reader) == .text("v-meanwhile"))
            #expect(scene.reader.isEqual)
            try world.meet()
            try world.check()
        }
    }

    @Test("A database of an older version goes on with what it was loading")
    func olderTable() throws {
        try withWorld { world in
            let scene = try Scene(world)
            try world.damage(
                scene.reader.clinic.replica,
                """
                CREATE TABLE older (root INTEGER PRIMARY KEY, chunk INTEGER NOT NULL);
                INSERT INTO older SELECT root, chunk FROM _loaded;
                DROP TABLE _loaded;
                ALTER TABLE older RENAME TO _loaded
                """)
            try world.reopen(scene.reader)
            try scene.writeWhatIsRefused()
            try world.load(scene.reader)
            try scene.edit("v-meanwhile")
            #expect(try world.shown(scene.patient, at: scene.reader) == .text("v-meanwhile"))
            try scene.isWholeInTheEnd("v-meanwhile")
        }
    }
}
