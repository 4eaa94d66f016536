import Causality
import Hub
import Records
import Replica
import Sync
import Testing

@Suite("One exchange")
struct ExchangeTests {
    @Test("An edit made at one clinic shows at another that holds the patient")
    func reaches() throws {
        try withWorld { world in
            let (a, b) = (world.machines[0], world.machines[1])
            let patient = try world.register(a, "v1")
            try world.hold(b, patient)
            try world.meet()
            #expect(try world.shown(patient, at: b) == .text("v1"))
            try world.edit(b, patient, "v2")
            try world.catchUp(b)
            try world.catchUp(a)
            for node in [world.hub.node, a.clinic.replica, b.clinic.replica] {
                #expect(try world.shown(patient, at: node) == .text("v2"))
            }
            try world.check()
        }
    }

    @Test("What a clinic did not hold when it was written comes whole when it is asked for")
    func comesWhole() throws {
        try withWorld { world in
            let (a, b) = (world.machines[0], world.machines[1])
            let patient = try world.register(a, "v1")
            try world.edit(a, patient, "v2", unit: 2)
            try world.meet()
            #expect(try world.shown(patient, at: b) == nil)
            try world.hold(b, patient)
            try world.meet()
            #expect(try world.shown(patient, 1, at: b) == .text("v1"))
            #expect(try world.shown(patient, 2, at: b) == .text("v2"))
            try world.check()
        }
    }

    @Test(
        "An exchange without news takes 160 bytes and one round trip",
        arguments: RegisteredClinic.Scope.allCases)
    func idle(scope: RegisteredClinic.Scope) throws {
        try withRealistic(scope) { world, patients in
            for machine in world.machines {
                let talk = try world.talk(machine)
                #expect(talk.bytes <= 160, "\(machine.name): \(talk.bytes)")
                #expect(talk.outcome.received == 0 && talk.outcome.behind == 0)
                #expect(try machine.clinic.chunkRequest(limit: 1) == nil)
                #expect(machine.isEqual)
            }
        }
    }

    @Test(
        "One changed field takes 250 bytes and one round trip, up and down",
        arguments: RegisteredClinic.Scope.allCases)
    func oneField(scope: RegisteredClinic.Scope) throws {
        try withRealistic(scope) { world, patients in
            let (a, b) = (world.machines[0], world.machines[1])
            for (index, patient) in patients.enumerated() {
                try a.clinic.write(author: "Practitioner/17", at: world.clock(a)) { transaction in
                    try transaction.put(
                        RecordKey(entity: 1, id: patient), in: .patient(patient),
                        [(5, .text("+25570012340\(index)"))])
                }
                let up = try world.talk(a)
                #expect(up.outcome.acknowledged == 1 && !a.clinic.hasPending)
                #expect(up.bytes <= 250, "\(up.bytes)")
                let down = try world.talk(b)
                #expect(down.outcome.received == 1 && down.outcome.behind == 0)
                #expect(down.bytes <= 250, "\(down.bytes)")
                #expect(
                    try world.shown(patient, 5, at: b) == .text("+25570012340\(index)"))
                world.time += 3_600_000
            }
        }
    }

    @Test("The cost of a pull does not grow with what the hub holds")
    func flat() throws {
        try withWorld { world in
            let (a, b) = (world.machines[0], world.machines[1])
            let patient = try world.register(a, "v0")
            try world.hold(b, patient)
            try world.meet()
            func cost(_ round: Int) throws -> (idle: Int, edit: Int) {
                try world.edit(a, patient, "v-edit.\(round)")
                try world.talk(a)
                let edit = try world.talk(b)
                #expect(edit.outcome.received == 1)
                return (try world.talk(b).bytes, edit.bytes)
            }
            let before = try cost(1)
            for index in 0..<2000 { try world.register(a, "v-\(index)") }
            try world.catchUp(a)
            let after = try cost(2)
            // A number of frames may have taken a byte more.
            #expect(after.idle <= before.idle + 4)
            #expect(after.edit <= before.edit + 8)
        }
    }

    /// A district of two clinics that have joined and are at rest.
    private func withRealistic(
        _ scope: RegisteredClinic.Scope, _ body: (World, [RecordID]) throws -> Void
    ) throws {
        try withWorld(clinics: 0, schema: World.realistic) { world in
            let a = try world.enrol("a", scope, schema: World.realistic)
            var patients: [RecordID] = []
            for index in 0..<5 { patients.append(try world.registerRealistic(a, index)) }
            try world.catchUp(a)
            let b = try world.enrol("b", scope, schema: World.realistic)
            if scope == .own { for patient in patients { try world.hold(b, patient) } }
            try world.meet()
            #expect(try world.shown(patients[4], 5, at: b) == .text("+255700999994"))
            try body(world, patients)
        }
    }
}

extension World {
    /// A patient of 11 units beside its registrar, and what holding takes.
    static let realistic = Schema(
        [
            Entity(
                1, "patient", in: .patient, isRoot: true,
                [
                    Unit(1, "given", .text), Unit(2, "family", .text),
                    Unit(3, "birthDate", .date, .review(nil)),
                    Unit(4, "sex", .code, .review(nil)), Unit(5, "phone", .text),
                    Unit(6, "address", .text), Unit(7, "village", .text),
                    Unit(8, "district", .text), Unit(9, "bloodGroup", .code, .review(nil)),
                    Unit(10, "notes", .text), Unit(11, "active", .boolean),
                    Unit(12, "registrar", .text),
                ]),
            Entity(
                6, "hold", in: .clinic, [Unit(1, "target", .text), Unit(2, "wanted", .boolean)]),
        ],
        holders: HolderRule(
            root: 1, nodeUnits: [12], organizationUnits: [], holdEntity: 6, holdTarget: 1,
            holdWanted: 2))

    func registerRealistic(_ machine: Machine, _ index: Int) throws -> RecordID {
        let id = RecordID(using: &random)
        let node = machine.clinic.node.description
        try machine.clinic.write(author: "Practitioner/17", at: clock(machine)) { transaction in
            try transaction.create(
                RecordKey(entity: 1, id: id), in: .patient(id),
                [
                    (1, .text("Neema")), (2, .text("Mwakyusa")), (3, .text("1987-04-1\(index)")),
                    (4, .text("female")), (5, .text("+25570099999\(index)")),
                    (6, .text("Plot \(index), Market Street")), (7, .text("Kikuyu")),
                    (8, .text("Chamwino")), (9, .text("O+")),
                    (10, .text("Came with a neighbour; asks for the morning, walks two hours.")),
                    (11, .integer(1)), (12, .text(node)),
                ])
        }
        return id
    }
}
