import Causality
import Hub
import Records
import Replica
import Sync
import Testing

@Suite("Clocks that are wrong stop no write and win nothing for ever")
struct ClockTests {
    /// 0, 1970, 2099, the end of 48 bits, and beyond; then offsets that are believed.
    private static let walls: [UInt64] = [
        0, 1000, 86_400_000, 4_080_000_000_000, 1 << 48 - 1, 1 << 48, 1 << 63 - 1,
    ]

    /// In milliseconds: within the 400 days that are believed, and so the stamps do run ahead.
    private static let ahead: Int64 = 20_000_000_000

    /// Writes under a clock that runs ahead, and tells the hub, which ranks it.
    private func editAhead(_ machine: World.Machine, _ patient: RecordID, _ world: World) throws {
        machine.clockError = ClockTests.ahead
        try world.edit(machine, patient, "v-ahead")
        try world.talk(machine)
        machine.clockError = 0
    }

    /// The hub is put back to before an order that it gave, and lives until the stamp is right.
    /// It has all of the clinic's log again before anybody else hears of that.
    private func loseOrder(_ machine: World.Machine, _ world: World) throws {
        try world.restoreHub()
        world.time += UInt64(ClockTests.ahead)
        try world.catchUp(machine)
        try world.meet()
    }

    private func expectNoOrder(for stamp: Stamp, at nodes: [NodeStore]) {
        for node in nodes { #expect(node.ranks.order(for: stamp) == nil) }
    }

    private func expect(_ text: String, _ patient: RecordID, _ world: World) throws {
        for node in [world.hub.node] + world.machines.map(\.clinic.replica) {
            #expect(try world.shown(patient, at: node) == .text(text))
        }
    }

    @Test("Whatever a clinic's clock says, writes go on and later ones show", arguments: walls)
    func anyClock(wall: UInt64) throws {
        try withWorld { world in
            let (a, b) = (world.machines[0], world.machines[1])
            let patient = try world.register(a, "v1")
            try world.hold(b, patient)
            try world.meet()
            try write(5, at: a, wall: wall, world, patient)
            try world.edit(b, patient, "v-meanwhile")
            try exchange(a, wall: wall, world)
            try world.catchUp(b)
            try world.edit(b, patient, "v-right")
            try world.catchUp(b)
            try exchange(a, wall: wall, world)
            try expect("v-right", patient, world)
            // The hub has told this clinic the time: its own next write follows, and shows.
            try write(1, at: a, wall: wall, world, patient, "v-again")
            try exchange(a, wall: wall, world)
            try world.catchUp(b)
            try expect("v-again.0", patient, world)
            try world.meet()
            try world.check()
        }
    }

    @Test("A clinic that has never met the hub writes under any clock", arguments: walls)
    func neverMet(wall: UInt64) throws {
        try withWorld { world in
            let (a, b) = (world.machines[0], world.machines[1])
            // What it writes before it has ever been told the time.
            let patient = RecordID(using: &world.random)
            for index in 0..<3 {
                try a.clinic.write(at: reading(wall, world)) { transaction in
                    try transaction.put(
                        RecordKey(entity: 1, id: patient), in: .patient(patient),
                        [(1, .text("v-\(index)")), (4, .text(a.clinic.node.description))])
                }
            }
            world.patients.append(patient)
            try world.meet()
            try world.hold(b, patient)
            try world.meet()
            try expect("v-2", patient, world)
            try world.edit(b, patient, "v-right")
            try world.meet()
            try expect("v-right", patient, world)
            try world.check()
        }
    }

    @Test("A stamp that ran ahead is ranked, and its clinic starts a new life with a right clock")
    func ranked() throws {
        try withWorld { world in
            let (a, b) = (world.machines[0], world.machines[1])
            let patient = try world.register(a, "v1")
            try world.hold(b, patient)
            try world.meet()
            let life = a.clinic.incarnation
            try editAhead(a, patient, world)
            let stamp = try #require(try latest(patient, a, world))
            #expect(stamp.hlc.milliseconds > world.time + UInt64(ClockTests.ahead) * 9 / 10)
            try world.meet()
            for node in [world.hub.node, a.clinic.replica, b.clinic.replica] {
                let rank = try #require(node.ranks.order(for: stamp))
                #expect(rank.milliseconds <= world.time)
            }
            #expect(a.clinic.incarnation != life)
            #expect(a.clinic.hlc.milliseconds <= world.time)
            #expect(b.clinic.hlc.milliseconds <= world.time)
            try expect("v-ahead", patient, world)
            // Concurrent with it, and later by the clock of the hub.
            try world.edit(b, patient, "v-right")
            try world.meet()
            try expect("v-right", patient, world)
            try world.check()
        }
    }

    @Test("What was written concurrently with a stamp that ran ahead, and later, shows")
    func concurrentlyRanked() throws {
        try withWorld { world in
            let (a, b) = (world.machines[0], world.machines[1])
            let patient = try world.register(a, "v1")
            try world.hold(b, patient)
            try world.meet()
            try editAhead(a, patient, world)
            world.time += 60_000
            try world.edit(b, patient, "v-right")
            try world.meet()
            try expect("v-right", patient, world)
            try world.check()
        }
    }

    @Test("A clone takes back an order that the hub lost, and didn't give again to its original")
    func orderLost() throws {
        try withWorld { world in
            let a = world.machines[0]
            let patient = try world.register(a, "v1")
            try world.meet()
            try world.clone(a)
            let clone = try #require(world.machines.last)
            try world.backUpHub()
            try editAhead(a, patient, world)
            try world.meet()
            let stamp = try #require(try latest(patient, a, world))
            #expect(clone.clinic.replica.ranks.order(for: stamp) != nil)
            try loseOrder(a, world)
            expectNoOrder(
                for: stamp, at: [world.hub.node, a.clinic.replica, clone.clinic.replica])
            try world.check()
        }
    }

    @Test("A clone that loads its own affairs anew lets go of whom its original has given up")
    func wishInState() throws {
        try withWorld { world in
            let a = world.machines[0]
            let patient = try world.register(a, "v1")
            try world.meet()
            try world.clone(a)
            let clone = try #require(world.machines.last)
            try world.backUpHub()
            try editAhead(a, patient, world)
            try world.meet()
            try world.restoreHub()
            try world.hold(a, patient, false)
            try world.catchUp(a)
            // The clone has an order for a stamp of its own, so it loads its own affairs anew.
            try world.meet()
            try world.backUpHub()
            try world.meet()
            #expect(try world.shown(patient, at: clone) == nil)
            try world.check()
        }
    }

    @Test(
        "What is loaded as state counts as the hub counts it now, not as it did before its restore")
    func orderLostInState() throws {
        try withWorld { world in
            let (a, b) = (world.machines[0], world.machines[1])
            let patient = try world.register(a, "v1")
            try world.meet()
            try world.backUpHub()
            try editAhead(a, patient, world)
            try world.hold(b, patient)
            try world.meet()
            let stamp = try #require(try latest(patient, a, world))
            #expect(b.clinic.replica.ranks.order(for: stamp) != nil)
            // The wish to hold the patient is lost as well: the edit comes by no feed again.
            try loseOrder(a, world)
            expectNoOrder(for: stamp, at: [world.hub.node, a.clinic.replica, b.clinic.replica])
            try world.check()
        }
    }

    @Test("A clock at the end of its 64 bits starts a new life, and the write is made")
    func exhausted() throws {
        try withWorld { world in
            let (a, b) = (world.machines[0], world.machines[1])
            let patient = try world.register(a, "v1")
            try world.hold(b, patient)
            try world.meet()
            try world.damage(
                a.clinic.replica,
                "INSERT OR REPLACE INTO _meta VALUES ('hlc', x'ffffffffffffffff')")
            try world.reopen(a)
            let life = a.clinic.incarnation
            try world.edit(a, patient, "v2")
            #expect(a.clinic.incarnation != life)
            try world.meet()
            try expect("v2", patient, world)
            try world.edit(b, patient, "v3")
            try world.meet()
            try expect("v3", patient, world)
            try world.check()
        }
    }

    @Test(
        "A hub whose clock has jumped gives no time until an operator confirms it",
        arguments: [500, -300] as [Int64])
    func hubJumps(days: Int64) throws {
        let jump = days * 86_400_000
        try withWorld { world in
            let a = world.machines[0]
            let patient = try world.register(a, "v1")
            try world.meet()
            func jumped() -> ClockReading {
                var reading = world.clock(nil)
                reading.wall = UInt64(Int64(reading.wall) + jump)
                return reading
            }
            func talk() throws {
                let sent = try world.ask(a)
                guard
                    case .answer(let answer, _) = try world.hub.answer(
                        sent.bytes, from: a.clinic.node, at: jumped(), mayWait: false)
                else { return }
                _ = try a.clinic.apply(answer, to: sent, at: world.clock(a))
            }
            func offset() throws -> Int64? {
                try a.clinic.standing(at: world.clock(a)).clockOffset
            }
            #expect(try abs(offset() ?? .max) < 1000)
            try world.edit(a, patient, "v2")
            try talk()
            #expect(!a.clinic.hasPending)
            #expect(try abs(offset() ?? .max) < 1000)
            #expect(world.hub.reading(jumped()).quality == .disbelieved)
            #expect(world.hub.node.ranks.isEmpty)
            try world.hub.confirmClock(jumped())
            try talk()
            #expect(try offset() == jump)
            // Once it is set right, and confirmed, time is given again.
            try world.hub.confirmClock(world.clock(nil))
            try world.meet()
            #expect(try abs(offset() ?? .max) < 1000)
            try world.check()
        }
    }

    private func reading(_ wall: UInt64, _ world: World) -> ClockReading {
        ClockReading(wall: wall, monotonic: world.time - 1_700_000_000_000)
    }

    private func write(
        _ count: Int, at machine: World.Machine, wall: UInt64, _ world: World,
        _ patient: RecordID, _ text: String = "v-bad"
    ) throws {
        for index in 0..<count {
            world.time += 1000
            try machine.clinic.write(at: reading(wall, world)) { transaction in
                try transaction.put(
                    RecordKey(entity: 1, id: patient), in: .patient(patient),
                    [(1, .text("\(text).\(index)"))])
            }
        }
    }

    private func exchange(_ machine: World.Machine, wall: UInt64, _ world: World) throws {
        for _ in 0..<4 {
            world.time += 1000
            let sent = try machine.clinic.exchange(
                pushBytes: 1 << 20, pulls: true, wait: 0, limit: 1 << 20, at: reading(wall, world))
            let answer = try world.answer(sent.bytes, to: machine)
            _ = try machine.clinic.apply(answer, to: sent, at: reading(wall, world))
        }
    }

    private func latest(
        _ patient: RecordID, _ machine: World.Machine, _ world: World
    ) throws -> Stamp? {
        try world.record(
            RecordKey(entity: 1, id: patient), in: .patient(patient), at: machine.clinic.replica)?
            .register(1)?.siblings.last?.stamp
    }
}
