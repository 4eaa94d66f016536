import Causality
import Hub
import Records
import Replica
import Sync
import Testing

@Suite("Nodes of different versions")
struct VersionTests {
    /// A hub that knows nothing of languages and tokens, between clinics that do.
    private func withOlderHub(
        _ body: (World, World.Machine, World.Machine, RecordID) throws -> Void
    ) throws {
        try withWorld(clinics: 0) { world in
            let a = try world.enrol("a", .own, schema: World.newer)
            let b = try world.enrol("b", .own, schema: World.newer)
            let patient = try world.register(a, "v1")
            try world.hold(b, patient)
            try world.meet()
            try body(world, a, b, patient)
            try world.check()
        }
    }

    private func speak(
        _ world: World, _ machine: World.Machine, _ patient: RecordID, _ language: String
    ) throws {
        try machine.clinic.write(at: world.clock(machine)) { transaction in
            try transaction.put(
                RecordKey(entity: 1, id: patient), in: .patient(patient), [(6, .text(language))])
            try transaction.put(
                World.token, in: .patient(patient),
                [(1, .text("token of \(language)")), (2, .integer(7))])
        }
    }

    private func expect(
        _ language: String, _ patient: RecordID, _ world: World, at node: NodeStore
    ) throws {
        #expect(try world.shown(patient, 6, at: node) == .text(language))
        let record = try world.record(World.token, in: .patient(patient), at: node)
        #expect(record?.shown(1, in: node) == .text("token of \(language)"))
        #expect(record?.shown(2, in: node) == .integer(7))
    }

    @Test("An older hub passes on a unit and an entity that it does not know, both ways")
    func bothWays() throws {
        try withOlderHub { world, a, b, patient in
            try speak(world, a, patient, "luo")
            try world.meet()
            try expect("luo", patient, world, at: b.clinic.replica)
            try speak(world, b, patient, "gogo")
            try world.meet()
            try expect("gogo", patient, world, at: a.clinic.replica)
        }
    }

    @Test("An older hub passes it on through a join, and shows it after its upgrade")
    func join() throws {
        try withOlderHub { world, a, b, patient in
            try speak(world, a, patient, "luo")
            try world.meet()
            let c = try world.enrol("c", .district, schema: World.newer)
            try world.meet()
            try expect("luo", patient, world, at: c.clinic.replica)
            try speak(world, c, patient, "gogo")
            try world.meet()
            for machine in [a, b] {
                try expect("gogo", patient, world, at: machine.clinic.replica)
            }
            let log = try world.dump(world.hub.node)["_log"]
            try world.reopenHub(schema: World.newer)
            try expect("gogo", patient, world, at: world.hub.node)
            #expect(try world.dump(world.hub.node)["_log"] == log)
            #expect(try world.hub.node.store.reading { try world.hub.node.damagedFeeds() }.isEmpty)
            try world.meet()
        }
    }

    @Test("Concurrent writes of what the hub does not know are both kept")
    func concurrent() throws {
        try withOlderHub { world, a, b, patient in
            try speak(world, a, patient, "luo")
            try speak(world, b, patient, "gogo")
            try world.meet()
            for node in [world.hub.node, a.clinic.replica, b.clinic.replica] {
                let record = try world.record(
                    RecordKey(entity: 1, id: patient), in: .patient(patient), at: node)
                #expect(record?.register(6)?.siblings.count == 2)
            }
        }
    }

    @Test("An older clinic keeps what it does not know, and shows it after its upgrade")
    func olderClinic() throws {
        try withOlderHub { world, a, _, patient in
            try speak(world, a, patient, "luo")
            let older = try world.enrol("older", .own)
            try world.hold(older, patient)
            try world.meet()
            try speak(world, a, patient, "gogo")
            try world.meet()
            #expect(older.isEqual)
            try world.edit(older, patient, "v2")
            try world.meet()
            #expect(try world.shown(patient, at: a) == .text("v2"))
            try world.reopen(older, schema: World.newer)
            try expect("gogo", patient, world, at: older.clinic.replica)
            try world.meet()
        }
    }

    @Test("A new unit with a default makes no change set")
    func newDefault() throws {
        try withWorld { world in
            let a = world.machines[0]
            let patient = try world.register(a, "v1")
            try world.meet()
            let (log, hub) = (
                try world.dump(a.clinic.replica)["_log"], try world.dump(world.hub.node)
            )
            try world.reopen(a, schema: World.newer)
            #expect(!a.clinic.hasPending)
            #expect(try world.dump(a.clinic.replica)["_log"] == log)
            #expect(try world.talk(a).sent.request.frames.isEmpty)
            #expect(a.isEqual)
            #expect(
                try world.dump(world.hub.node, except: ["_reader"])
                    == hub.filter { $0.key != "_reader" })
            let record = try world.record(
                RecordKey(entity: 1, id: patient), in: .patient(patient), at: a.clinic.replica)
            #expect(record?.register(6) == nil)
            try world.check()
        }
    }

    @Test("What the hub has parked is applied and given out after its upgrade")
    func parked() throws {
        try withWorld { world in
            let (a, b) = (world.machines[0], world.machines[1])
            let patient = try world.register(a, "v1")
            try world.hold(b, patient)
            try world.meet()
            try world.edit(a, patient, "v2")
            // As a hub takes it that can't read it yet: its place in the chain, and a letter.
            let replica = a.clinic.replica
            let frame = try #require(
                try replica.store.reading { try replica.log.frames(of: a.clinic.node) }.last)
            try world.hub.node.transaction {
                _ = try world.hub.node.append(frame.withholding { _ in false })
                try world.hub.letters.add(
                    .parked, frame.header.origin, frame.header.sequence, reason: "newer",
                    since: world.time, bytes: frame.bytes)
            }
            try world.edit(a, patient, "v3", unit: 2)
            try world.meet()
            #expect(!a.clinic.hasPending)
            #expect(try world.shown(patient, at: b) == .text("v1"))
            #expect(try world.shown(patient, 2, at: b) == .text("v3"))
            try world.reopenHub()
            try world.meet()
            #expect(try world.hub.node.store.reading { try world.hub.letters.all() }.isEmpty)
            #expect(try world.shown(patient, at: b) == .text("v2"))
            #expect(try world.hub.node.store.reading { try world.hub.node.damagedFrames() }.isEmpty)
            try world.check()
        }
    }

    @Test("A change set of an unknown version is parked at the hub, and the chain goes on")
    func unknownVersion() throws {
        try withWorld { world in
            let a = world.machines[0]
            let patient = try world.register(a, "v1")
            try world.meet()
            var forger = Forger(world, world.machines[1])
            let newer = forger.frame([Forger.note(patient, "x")]) { [2] + $0.dropFirst() }
            let next = forger.frame([Forger.note(patient, "next")], sequence: 2)
            let end1 = try forger.push([newer, next], to: world)
            #expect(end1 == 2)
            let letters = try world.hub.node.store.reading { try world.hub.letters.all() }
            #expect(letters.map(\.kind) == [.parked])
            try world.catchUp(a)
            #expect(try world.shown(patient, at: a) == .text("next"))
            // Still not readable: it stays.
            try world.reopenHub()
            #expect(
                try world.hub.node.store.reading { try world.hub.letters.count(.parked) } == 1)
        }
    }

    @Test("A clinic parks a change set of an unknown version, and takes what comes after it")
    func unknownVersionAtClinic() throws {
        try withWorld { world in
            let (a, b) = (world.machines[0], world.machines[1])
            let patient = try world.register(a, "v1")
            try world.meet()
            var forger = Forger(world, b)
            let newer = forger.frame([Forger.note(patient, "x")]) { [2] + $0.dropFirst() }
            let next = forger.frame([Forger.note(patient, "next")], sequence: 2)
            let sent = try world.ask(a)
            let from = try #require(sent.request.pulls.first { $0.feed == .own }?.cursors.first)
            var slice = ExchangeAnswer.Slice(
                feed: .own, from: from, to: Cursor(position: from.position + 2, hash: 7))
            slice.items = [
                .frame(newer, previous: .zero, rank: nil), .frame(next, previous: nil, rank: nil),
            ]
            let answer = ExchangeAnswer(time: world.time, epoch: world.hub.epoch, slices: [slice])
            let bytes = answer.encoded(to: sent.request)
            #expect(try a.clinic.apply(bytes, to: sent, at: world.clock(a)).received == 1)
            let replica = a.clinic.replica
            let letters = try replica.store.reading { try a.clinic.letters.all() }
            #expect(letters.map(\.kind) == [.parked] && letters.map(\.sequence) == [1])
            #expect(try world.shown(patient, at: a) == .text("next"))
            #expect(try replica.store.reading { try replica.damagedFrames() }.isEmpty)
        }
    }

    @Test(
        "What an older hub takes and a newer clinic's units can't hold is kept, and all end equal")
    func unfit() throws {
        try withOlderHub { world, a, b, patient in
            let wrong = try world.enrol("wrong", .own, schema: World.newerButWrong)
            try wrong.clinic.write(at: world.clock(wrong)) { transaction in
                try transaction.put(World.token, in: .patient(patient), [(1, .integer(7))])
            }
            try world.edit(wrong, patient, "v2")
            try world.catchUp(wrong)
            world.machines.removeLast()
            for machine in [a, b] {
                try world.catchUp(machine)
                let letters = try machine.clinic.replica.store.reading {
                    try machine.clinic.letters.all()
                }
                #expect(letters.isEmpty)
                #expect(try world.shown(patient, at: machine) == .text("v2"))
                #expect(try machine.clinic.standing(at: world.clock(machine)).addsUp)
                let record = try world.record(
                    World.token, in: .patient(patient), at: machine.clinic.replica)
                #expect(record?.shown(1, in: machine.clinic.replica) == nil)
                #expect(record?.register(1)?.siblings.map(\.fits) == [false])
                #expect(machine.clinic.comparisons[.own]?.isEqual == true)
                let items = try machine.clinic.replica.store.reading {
                    try machine.clinic.replica.reviews.all()
                }
                #expect(items.map(\.kind) == [.unfit])
            }
        }
    }
}

extension World {
    /// The next version: a patient's language, and tokens.
    static let newer = next(Unit(1, "label", .text))
    /// The same, with a type that was mistaken.
    static let newerButWrong = next(Unit(1, "label", .integer))

    /// The same, with tokens where a patient's record has none.
    static let newerElsewhere = next(Unit(1, "label", .text), in: .clinic)

    /// One of the next version's records.
    static let token = RecordKey(entity: 8, id: RecordID("t"))

    /// Two clinics of the next version hold a patient, and a hub whose schema has tokens elsewhere
    /// refuses one that the first of them wrote.
    func refuseToken() throws -> (Machine, Machine, RecordID) {
        let a = try enrol("a", .own, schema: World.newer)
        let b = try enrol("b", .own, schema: World.newer)
        try reopenHub(schema: World.newerElsewhere)
        let patient = try register(a, "v1")
        try hold(b, patient)
        try meet()
        try a.clinic.write(at: clock(a)) { transaction in
            try transaction.put(World.token, in: .patient(patient), [(1, .text("seven"))])
        }
        try meet()
        return (a, b, patient)
    }

    private static func next(_ label: Unit, in kind: Compartment.Kind = .patient) -> Schema {
        Schema(
            schema.entities.map { entity in
                guard entity.number == 1 else { return entity }
                return Entity(
                    1, "pat", in: .patient, isRoot: true,
                    entity.units + [Unit(6, "language", .text, default: .text("sw"))])
            } + [Entity(8, "token", in: kind, [label, Unit(2, "serial", .integer)])],
            holders: schema.holders)
    }
}
