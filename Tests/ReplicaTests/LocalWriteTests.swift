import Causality
import Records
import Replica
import Testing

private let today: UInt64 = 1_800_000_000_000
private let id = RecordID("pat-1")
private let home = Compartment.patient(id)
private let person = RecordKey(entity: Ward.person, id: id)
private let note = RecordKey(entity: Ward.note, id: RecordID("n"))
private let alias = RecordKey(entity: Ward.alias, id: RecordID("a"))

private struct Stop: Error {}

@Suite("A local write")
struct LocalWriteTests {
    /// A replica with one patient, and the bytes of its database.
    private func withReplica(_ body: (Replica, inout SplitMix64) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let replica = try Replica(folder, 1)
            var random = SplitMix64(seed: 1)
            _ = try replica.write(at: today, using: &random) { transaction in
                try transaction.create(person, in: home, [(1, .text("0700")), (2, .text("A"))])
                try transaction.create(note, in: home, [(1, .text("seen"))])
            }
            try body(replica, &random)
        }
    }

    /// Expects `body` to throw, and nothing to be left of it: on disk, in memory, or for the next.
    private func expectNothing(
        _ replica: Replica, _ random: inout SplitMix64,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ body: (inout SplitMix64) throws -> Void
    ) throws {
        let raw = try RawDatabase(replica.path)
        let before = try raw.dump()
        let heads = replica.node.allOrigins.map { replica.node.head($0) }
        #expect(throws: (any Error).self, sourceLocation: sourceLocation) { try body(&random) }
        #expect(try raw.dump() == before, sourceLocation: sourceLocation)
        #expect(
            replica.node.allOrigins.map { replica.node.head($0) } == heads,
            sourceLocation: sourceLocation)
        // The next write meets the state as it was, and finds its way.
        let (_, frames) = try replica.write(at: today, using: &random) { transaction in
            try transaction.put(person, in: home, [(1, .text("0711")), (7, .text("61.5"))])
        }
        let other = try Replica(folder(of: replica), 90 + random.next() % 1_000_000)
        try replica.node.log.everything(replica).forEach { try other.receive([$0]) }
        #expect(frames.count == 1, sourceLocation: sourceLocation)
        for place in [replica, other] {
            let record = try place.records(of: home).first { $0.key == person }
            #expect(
                record?.register(1)?.siblings.map(\.value) == [.text("0711")],
                sourceLocation: sourceLocation)
            #expect(try place.sum(of: home) == place.sums[home], sourceLocation: sourceLocation)
        }
        #expect(try other.sum(of: home) == replica.sum(of: home), sourceLocation: sourceLocation)
    }

    private func folder(of replica: Replica) -> String {
        replica.path.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
    }

    @Test("A body that throws leaves nothing")
    func bodyThrows() throws {
        try withReplica { replica, random in
            try expectNothing(replica, &random) { random in
                _ = try replica.write(at: today, using: &random) { transaction in
                    try transaction.put(person, in: home, [(1, .text("lost"))])
                    throw Stop()
                }
            }
        }
    }

    @Test("A transaction that throws after a write of its own leaves nothing, in memory either")
    func transactionThrows() throws {
        try withReplica { replica, random in
            try expectNothing(replica, &random) { random in
                try replica.transaction {
                    _ = try replica.writeInside(at: today, using: &random) { transaction in
                        try transaction.put(
                            person, in: home, [(1, .text("lost")), (4, .text("7"))])
                        try transaction.put(alias, in: home, [(1, .text("lost"))])
                    }
                    // This one has looked at the patient, and never comes to be written.
                    _ = try replica.writeInside(at: today, using: &random) { transaction in
                        try transaction.put(person, in: home, [(1, .text("lost too"))])
                        throw Stop()
                    }
                }
            }
        }
    }

    @Test("A patient that a failed transaction had made is not there for the next")
    func rolledBackRoot() throws {
        try withReplica { replica, random in
            let other = RecordID("pat-2")
            let key = RecordKey(entity: Ward.person, id: other)
            #expect(throws: Stop.self) {
                try replica.transaction {
                    _ = try replica.writeInside(at: today, using: &random) { transaction in
                        try transaction.create(key, in: .patient(other), [(1, .text("lost"))])
                    }
                    _ = try replica.writeInside(at: today, using: &random) { transaction in
                        try transaction.put(key, in: .patient(other), [(1, .text("lost"))])
                        throw Stop()
                    }
                }
            }
            _ = try replica.write(at: today, using: &random) { transaction in
                try transaction.put(key, in: .patient(other), [(1, .text("here"))])
            }
            let records = try replica.records(of: .patient(other))
            #expect(records.map { $0.register(1)?.siblings.map(\.value) } == [[.text("here")]])
        }
    }

    @Test("What exists can't be created, and the refusal names it")
    func exists() throws {
        try withReplica { replica, random in
            try expectNothing(replica, &random) { random in
                _ = try replica.write(at: today, using: &random) { transaction in
                    try transaction.create(alias, in: home, [(1, .text("new"))])
                    try transaction.create(person, in: home, [(1, .text("again"))])
                }
            }
            var refusal: WriteRefusal?
            do {
                _ = try replica.write(at: today, using: &random) { transaction in
                    try transaction.create(alias, in: home, [(1, .text("new"))])
                    try transaction.create(person, in: home, [(1, .text("again"))])
                }
            } catch let error as WriteRefusal {
                refusal = error
            }
            #expect(refusal == .exists(person))
        }
    }

    @Test("When the second lane is refused, the first lane's frame is undone")
    func secondLane() throws {
        try withReplica { replica, random in
            try expectNothing(replica, &random) { random in
                _ = try replica.write(at: today, using: &random) { transaction in
                    try transaction.put(person, in: home, [(1, .text("lost"))])
                    try transaction.create(note, in: home, [(1, .text("again"))])
                }
            }
        }
    }

    @Test("A patient whose child came first can be created")
    func childFirst() throws {
        try withReplica { replica, random in
            let other = RecordID("pat-2")
            let key = RecordKey(entity: Ward.person, id: other)
            _ = try replica.write(at: today, using: &random) { transaction in
                try transaction.create(alias, in: .patient(other), [(1, .text("early"))])
            }
            _ = try replica.write(at: today, using: &random) { transaction in
                try transaction.create(key, in: .patient(other), [(1, .text("late"))])
            }
            let records = try replica.records(of: .patient(other))
            #expect(records.map(\.key) == [key, alias])
            #expect(records.allSatisfy { !$0.isHidden })
            #expect(throws: WriteRefusal.exists(key)) {
                _ = try replica.write(at: today, using: &random) { transaction in
                    try transaction.create(key, in: .patient(other), [(1, .text("again"))])
                }
            }
        }
    }

    @Test("A patient whose compartment was dropped can be created again")
    func afterDrop() throws {
        try withReplica { replica, random in
            try replica.transaction {
                let root = try #require(try replica.node.tables.root(home))
                try replica.node.snapshots.drop(root)
            }
            _ = try replica.write(at: today, using: &random) { transaction in
                try transaction.create(person, in: home, [(1, .text("back"))])
            }
            #expect(try replica.records(of: home).map(\.isHidden) == [false])
        }
    }

    @Test("An exhausted clock refuses, and a new incarnation goes on")
    func exhausted() throws {
        try withReplica { replica, random in
            let before = try RawDatabase(replica.path).dump()
            var random = random
            let (node, store) = (replica.node, replica.node)
            func write(_ incarnation: UInt64, _ hlc: HLC) throws -> HLC? {
                let author = Authorship(
                    node: NodeID(rawValue: 1), incarnation: Incarnation(rawValue: incarnation),
                    hlc: hlc,
                    now: today, quality: .disbelieved)
                return try node.transaction {
                    try store.write(as: author, salts: &random) { transaction in
                        try transaction.put(note, in: home, [(1, .text("more"))])
                    }
                }.0
            }
            #expect(throws: WriteRefusal.clockExhausted) { try write(7, HLC(rawValue: .max)) }
            #expect(try RawDatabase(replica.path).dump() == before)
            #expect(try write(8, .zero) == HLC(milliseconds: today, counter: 1))
        }
    }

    @Test(
        "No wall clock stops a write",
        arguments: [0, 1, 4_070_908_800_000, 1 << 48 - 1, .max >> 1] as [UInt64])
    func anyWall(now: UInt64) throws {
        try withReplica { replica, random in
            for round in 0..<3 {
                let text = "\(round)"
                let (hlc, _) = try replica.write(at: now, using: &random) { transaction in
                    try transaction.put(person, in: home, [(1, .text(text))])
                }
                #expect(hlc != nil)
                let record = try replica.records(of: home).first { $0.key == person }
                #expect(record?.register(1)?.siblings.map(\.value) == [.text(text)])
            }
        }
    }

    @Test("A value that its unit can't hold is refused by name, before anything is written")
    func unfit() throws {
        try withReplica { replica, random in
            let unfit: [(RecordKey, UInt8, Value, WriteRefusal)] = [
                (person, 1, .integer(1), .unfit(entity: "person", unit: "phone")),
                (person, 6, .integer(2), .unfit(entity: "person", unit: "consent")),
                (person, 7, .text("1,5"), .unfit(entity: "person", unit: "weight")),
                (person, 20, .bytes([1]), .unfit(entity: "person", unit: "photo")),
                (person, 3, .text("nuts"), .unfit(entity: "person", unit: "allergy")),
                (person, 3, .group([.text("nuts")]), .unfit(entity: "person", unit: "allergy")),
                (person, 9, .text("x"), .unknown(entity: 1, unit: 9)),
                (person, 0, .bytes([0]), .unknown(entity: 1, unit: 0)),
                (RecordKey(entity: 99, id: id), 1, .text("x"), .unknown(entity: 99, unit: 0)),
            ]
            for (key, unit, value, refusal) in unfit {
                #expect(throws: refusal) {
                    _ = try replica.write(at: today, using: &random) { transaction in
                        try transaction.put(key, in: home, [(unit, value)])
                    }
                }
            }
            try expectNothing(replica, &random) { random in
                _ = try replica.write(at: today, using: &random) { transaction in
                    try transaction.put(alias, in: home, [(1, .text("lost"))])
                    try transaction.put(person, in: home, [(6, .integer(9))])
                }
            }
        }
    }

    @Test("A body that writes nothing makes no frame and no stamp")
    func nothing() throws {
        try withReplica { replica, random in
            let before = try RawDatabase(replica.path).dump()
            let (hlc, frames) = try replica.write(at: today, using: &random) { transaction in
                try transaction.put(person, in: home, [])
                try transaction.delete(alias, in: home)
                try transaction.delete(person, in: .patient(RecordID("nobody")))
            }
            #expect(hlc == nil && frames.isEmpty)
            #expect(try RawDatabase(replica.path).dump() == before)
        }
    }

    @Test("One transaction is one frame a lane, with one stamp's reading")
    func lanes() throws {
        try withReplica { replica, random in
            let (hlc, frames) = try replica.write(at: today + 5, using: &random) { transaction in
                try transaction.put(person, in: home, [(5, .text("booked"))])
                try transaction.put(note, in: home, [(2, .integer(100))])
                try transaction.put(
                    RecordKey(entity: Ward.slot, id: id), in: .clinic(NodeID(rawValue: 1)),
                    [(1, .text("booked"))])
            }
            #expect(frames.map(\.header.origin.lane) == [.care, .administration])
            #expect(frames.map(\.parts.count) == [1, 2])
            #expect(
                frames.map(\.header.hlc) == [
                    HLC(milliseconds: today + 5), HLC(milliseconds: today + 5),
                ])
            #expect(hlc == HLC(milliseconds: today + 5))
        }
    }
}

extension FrameLog {
    /// Every frame in the order in which it came.
    fileprivate func everything(_ replica: Replica) throws -> [Frame] {
        var frames: [Frame] = []
        try replica.node.store.reading {
            try forEach { entry in
                frames.append(entry.frame)
                return true
            }
        }
        return frames
    }
}
