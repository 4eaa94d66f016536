import Causality
import Records
import Replica
import Testing

private let id = RecordID("pat-1")
private let home = Compartment.patient(id)
private let person = RecordKey(entity: Ward.person, id: id)
private let child = RecordKey(entity: Ward.alias, id: RecordID("a"))
private let token = RecordKey(entity: Ward.token, id: RecordID("t"))
private let notUTF8 = Value.bytes([0x41, 0xC3])

/// A write that a program at fault makes.
private struct BadWrite {
    var key: RecordKey
    var unit: UInt8
    var value: Value
    var follows = false
}

@Suite("Values that their units can't hold")
struct UnfitTests {
    private let foreign = Origin(
        node: NodeID(rawValue: 9), incarnation: Incarnation(rawValue: 1), lane: .care)

    private func frame(_ sequence: UInt64, _ changes: [Change]) -> Frame {
        let hlc = HLC(milliseconds: 1_700_000_000_000 + sequence)
        let header = FrameHeader(
            origin: foreign, sequence: sequence, hlc: hlc, quality: .measured)
        let set = ChangeSet(compartment: home, changes: changes)
        return Frame(
            header: header, salt: Salt(high: 1, low: sequence),
            changeSets: [set.encoded(stamp: header.stamp)])
    }

    private func change(
        _ key: RecordKey, _ unit: UInt8, _ value: Value, replaces: [Stamp] = []
    ) -> Change {
        Change(key: key, units: [UnitWrite(unit: unit, value: value, replaces: replaces)])
    }

    /// What is right, then each bad write with a frame of its own.
    private func frames(_ bad: [BadWrite]) -> [Frame] {
        let group = Value.group([.text("nuts"), .text("active")])
        var frames = [
            frame(
                1,
                [
                    Change(
                        key: person,
                        units: [
                            UnitWrite(unit: 1, value: .text("0700")),
                            UnitWrite(unit: 3, value: group),
                            UnitWrite(unit: 6, value: .integer(1)),
                            UnitWrite(unit: 41, value: .text("luo")),
                        ]), change(child, 1, .text("Achieng")), change(token, 2, .integer(7)),
                ])
        ]
        let first = frames[0].header.stamp
        for write in bad {
            frames.append(
                frame(
                    UInt64(frames.count) + 1,
                    [
                        change(
                            write.key, write.unit, write.value,
                            replaces: write.follows ? [first] : [])
                    ]))
        }
        return frames
    }

    private static let group = Value.group([.text("nuts"), .text("active")])
    /// Of each way in which a value may miss its unit: wrong class, wrong bytes, wrong grammar; in a
    /// unit that has a value or none, concurrent with it or after it; in a record that is new.
    private static let bad: [BadWrite] = [
        BadWrite(key: person, unit: 1, value: notUTF8),
        BadWrite(key: person, unit: 1, value: .integer(1), follows: true),
        BadWrite(key: person, unit: 2, value: .text(" O+")),
        BadWrite(key: person, unit: 3, value: .text("nuts")),
        BadWrite(key: person, unit: 3, value: .group([.text("nuts")])),
        BadWrite(key: person, unit: 3, value: .group([.text("nuts"), .integer(1)]), follows: true),
        BadWrite(key: person, unit: 3, value: .group([group, .text("active")])),
        BadWrite(key: person, unit: 3, value: .null),
        BadWrite(key: person, unit: 5, value: group),
        BadWrite(key: person, unit: 6, value: .integer(2)),
        BadWrite(key: person, unit: 6, value: .text("yes"), follows: true),
        BadWrite(key: person, unit: 7, value: .text("1,5")),
        BadWrite(key: person, unit: 20, value: .bytes([1])),
        BadWrite(key: person, unit: 40, value: .integer(5)),
        BadWrite(key: person, unit: 41, value: .integer(5), follows: true),
        BadWrite(key: child, unit: 1, value: notUTF8),
        BadWrite(key: child, unit: 2, value: .group([.text("usual"), .text("home")])),
        BadWrite(key: RecordKey(entity: Ward.alias, id: RecordID("new")), unit: 1, value: notUTF8),
        BadWrite(key: token, unit: 2, value: notUTF8),
        BadWrite(
            key: RecordKey(entity: Ward.token, id: RecordID("new")), unit: 2, value: .text("seven")),
    ]

    private func rows(_ replica: Replica) throws -> [[Column]] {
        let raw = try RawDatabase(replica.path)
        return try ["person", "alias", "token"].flatMap { table in
            let fields = Ward.schema.entities.first { $0.name == table }!.units.flatMap(\.fields)
            let columns = fields.map { "\"\($0.name)\"" }.joined(separator: ", ")
            return try raw.rows("SELECT id, _hidden, \(columns) FROM \(table) ORDER BY id")
        }
    }

    @Test("They are kept beside the row on every path, take part in sums, and never show")
    func kept() throws {
        try withTemporaryFolder { folder in
            let replica = try Replica(folder, 1)
            let frames = frames(UnfitTests.bad)
            for frame in frames { try replica.receive([frame]) }
            #expect(try replica.sum(of: home) == replica.sums[home])
            for (write, frame) in zip(UnfitTests.bad, frames.dropFirst()) {
                let record = try replica.records(of: home).first { $0.key == write.key }
                let register = try #require(record?.register(write.unit))
                let sibling = register.siblings.first { $0.stamp == frame.header.stamp }
                #expect(sibling?.fits == false)
                #expect(sibling?.value == .bytes(WireValue.encoded(write.value)))
            }
            let raw = try RawDatabase(replica.path)
            #expect(
                try raw.rows(
                    "SELECT phone, blood, substance, consent, weight, language FROM person")
                    == [[.null, .null, .null, .null, .null, .null]])
            #expect(try raw.rows("SELECT name FROM alias WHERE id = 'a'") == [[.text("Achieng")]])
            let items = try replica.node.store.reading { try replica.node.reviews.all() }
            let units = Set(UnfitTests.bad.map { "\($0.key) \($0.unit)" })
            #expect(items.filter { $0.kind == .unfit }.count == units.count)
        }
    }

    @Test(
        "Who always knew a unit and who learns it by an upgrade end alike, and the replica opens",
        arguments: [false, true])
    func upgrade(isBackwards: Bool) throws {
        try withTemporaryFolder { folder in
            let frames = frames(UnfitTests.bad)
            let (knowing, older) = (try Replica(folder, 1), try Replica(folder, 2, Ward.older))
            try knowing.receive(frames)
            try older.receive(isBackwards ? frames.reversed() : frames)
            #expect(older.sums == knowing.sums)
            try older.reopen(Ward.schema)
            #expect(try older.sum(of: home) == knowing.sums[home])
            #expect(try rows(older) == rows(knowing))
            func items(_ replica: Replica) throws -> [ReviewItem] {
                try replica.node.store.reading { try replica.node.reviews.all() }
            }
            #expect(try items(older) == items(knowing))
            for (one, other) in zip(
                try older.records(of: home), try knowing.records(of: home))
            {
                #expect(one.key == other.key && one.isHidden == other.isHidden)
                #expect(
                    one.registers.map(\.register.siblings)
                        == other.registers.map(\.register.siblings))
            }
        }
    }

    @Test("A new write of the unit replaces them, and the item closes")
    func settled() throws {
        try withTemporaryFolder { folder in
            var random = SplitMix64(seed: 1)
            let replica = try Replica(folder, 1)
            try replica.receive(frames(UnfitTests.bad.filter { $0.key == person && $0.unit == 3 }))
            _ = try replica.write(at: 1_800_000_000_000, using: &random) { transaction in
                try transaction.put(
                    person, in: home, [(3, .group([.text("nuts"), .text("refuted")]))])
            }
            let raw = try RawDatabase(replica.path)
            #expect(try raw.rows("SELECT allergyStatus FROM person") == [[.text("refuted")]])
            #expect(try raw.rows("SELECT 1 FROM _sibling").isEmpty)
            #expect(try replica.node.store.reading { try replica.node.reviews.count() } == 0)
            #expect(try replica.sum(of: home) == replica.sums[home])
        }
    }
}
