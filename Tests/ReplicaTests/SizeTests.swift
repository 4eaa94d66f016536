import Causality
import Records
import Replica
import Testing

private let today: UInt64 = 1_800_000_000_000
private let id = RecordID("pat-1")
private let home = Compartment.patient(id)
private let person = RecordKey(entity: Ward.person, id: id)

@Suite("What a transaction may hold")
struct SizeTests {
    /// Text that no compression makes smaller.
    private func noise(_ count: Int) -> String {
        var random = SplitMix64(seed: 7)
        let letters = (33..<127).map { Character(Unicode.Scalar(UInt8($0))) }
        return String((0..<count).map { _ in letters[Int(random.next() % 94)] })
    }

    private func expectRefused(
        _ replica: Replica, _ part: WriteRefusal.Part, _ limit: Int,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ body: (LocalTransaction) throws -> Void
    ) throws {
        let before = try RawDatabase(replica.path).dump()
        var random = SplitMix64(seed: 1)
        do {
            _ = try replica.write(at: today, using: &random, body)
            Issue.record("written", sourceLocation: sourceLocation)
        } catch WriteRefusal.tooLarge(let found, let size, let bound) {
            #expect(found == part && bound == limit, sourceLocation: sourceLocation)
            #expect(size > bound, sourceLocation: sourceLocation)
        }
        #expect(try RawDatabase(replica.path).dump() == before, sourceLocation: sourceLocation)
    }

    @Test("One that no hub would take is refused, whatever makes it large, and nothing is written")
    func tooLarge() throws {
        try withTemporaryFolder { folder in
            let replica = try Replica(folder, 1)
            let limit = Limits.writtenFrameBytes
            try expectRefused(replica, .transaction, limit) { transaction in
                try transaction.put(person, in: home, [(1, .text(noise(limit)))])
            }
            // A value that no reader takes; many small ones; of many patients.
            try expectRefused(replica, .transaction, limit) { transaction in
                let value = Value.text(String(repeating: "x", count: Limits.valueBytes + 1))
                try transaction.create(person, in: home, [(1, value)])
            }
            try expectRefused(replica, .transaction, limit) { transaction in
                for number in 0..<50_000 {
                    let key = RecordKey(entity: Ward.alias, id: RecordID("alias-\(number)"))
                    let name = Value.text(String(repeating: "n", count: 100))
                    try transaction.create(key, in: home, [(1, name)])
                }
            }
            try expectRefused(replica, .compartments, Limits.changeSetsPerFrame) { transaction in
                for number in 0...Limits.changeSetsPerFrame {
                    let id = RecordID("p\(number)")
                    try transaction.create(
                        RecordKey(entity: Ward.person, id: id), in: .patient(id), [(6, .null)])
                }
            }
            try expectRefused(replica, .id, Limits.idBytes) { transaction in
                let id = RecordID(String(repeating: "i", count: Limits.idBytes + 1))
                try transaction.create(
                    RecordKey(entity: Ward.alias, id: id), in: home, [(1, .text("x"))])
            }
            // What it was refused for keeps nothing back: the next write is well.
            var random = SplitMix64(seed: 1)
            let (hlc, _) = try replica.write(at: today, using: &random) { transaction in
                try transaction.put(person, in: home, [(1, .text("0700"))])
            }
            #expect(hlc != nil)
        }
    }

    @Test("An author or a purpose that no frame can hold is refused")
    func header() throws {
        try withTemporaryFolder { folder in
            let replica = try Replica(folder, 1)
            let long = String(repeating: "a", count: Limits.headerTextBytes + 1)
            for (part, author, purpose) in [
                (WriteRefusal.Part.author, long, ""), (.purpose, "Practitioner/1", long),
            ] {
                var random = SplitMix64(seed: 1)
                let authorship = Authorship(
                    node: NodeID(rawValue: 1), incarnation: replica.incarnation, hlc: .zero,
                    now: today, quality: .measured, author: author, purpose: purpose)
                let refusal = WriteRefusal.tooLarge(
                    part, size: Limits.headerTextBytes + 1, limit: Limits.headerTextBytes)
                #expect(throws: refusal) {
                    try replica.node.transaction {
                        try replica.node.write(as: authorship, salts: &random) { transaction in
                            try transaction.put(person, in: home, [(1, .text("x"))])
                        }
                    }
                }
                #expect(try RawDatabase(replica.path).rows("SELECT 1 FROM _log").isEmpty)
            }
        }
    }

    @Test("The largest that is taken is read again, and travels within what a hub takes at least")
    func largest() throws {
        try withTemporaryFolder { folder in
            let (replica, other) = (try Replica(folder, 1), try Replica(folder, 2))
            var random = SplitMix64(seed: 1)
            let text = noise(Limits.writtenFrameBytes - 200)
            let (_, frames) = try replica.write(at: today, using: &random) { transaction in
                try transaction.put(person, in: home, [(1, .text(text))])
            }
            let frame = try #require(frames.first)
            #expect(frame.bytes.count > Limits.writtenFrameBytes - 200)
            #expect(try Frame(bytes: frame.bytes) == frame)
            var message = MessageWriter()
            FramePack.write(frames, to: &message)
            #expect(
                message.finish().count < Limits.writtenFrameBytes + Limits.requestOverheadBytes)
            try other.receive(frames)
            #expect(other.sums == replica.sums)
        }
    }
}
