import Causality
import Records
import Replica
import Testing

private let id = RecordID("pat-1")
private let home = Compartment.patient(id)
private let person = RecordKey(entity: Ward.person, id: id)
private let child = RecordKey(entity: Ward.alias, id: RecordID("a"))

@Suite("Change sets that break the schema")
struct RefusalTests {
    private let foreign = Origin(
        node: NodeID(rawValue: 9), incarnation: Incarnation(rawValue: 1), lane: .care)

    private func frame(_ sequence: UInt64, _ sets: [ChangeSet]) -> Frame {
        let hlc = HLC(milliseconds: 1_700_000_000_000 + sequence)
        let header = FrameHeader(
            origin: foreign, sequence: sequence, hlc: hlc, quality: .measured)
        return Frame(
            header: header, salt: Salt(high: 1, low: sequence),
            changeSets: sets.map { $0.encoded(stamp: header.stamp) })
    }

    private func set(
        _ key: RecordKey, _ unit: UInt8, _ value: Value, replaces: [Stamp] = [],
        in compartment: Compartment = home
    ) -> ChangeSet {
        let write = UnitWrite(unit: unit, value: value, replaces: replaces)
        return ChangeSet(compartment: compartment, changes: [Change(key: key, units: [write])])
    }

    /// A replica with the patient and a child, and the stamp that wrote both.
    private func withReplica(_ body: (Replica, Stamp) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let replica = try Replica(folder, 1)
            let first = frame(1, [set(person, 1, .text("0700")), set(child, 1, .text("Achieng"))])
            try replica.receive([first])
            try body(replica, first.header.stamp)
        }
    }

    /// Expects a frame to be refused with all that stands before the bad set in it.
    private func expectRefused(
        _ bad: [ChangeSet], _ replica: Replica, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let raw = try RawDatabase(replica.path)
        let before = try raw.dump()
        let sums = replica.sums
        for bad in bad {
            let good = [
                set(person, 4, .text("7"), in: home),
                set(
                    RecordKey(entity: Ward.person, id: RecordID("new")), 1, .text("x"),
                    in: .patient(RecordID("new"))),
            ]
            #expect(throws: Malformed.self, sourceLocation: sourceLocation) {
                try replica.receive([frame(2, good + [bad])])
            }
            #expect(try raw.dump() == before, sourceLocation: sourceLocation)
            #expect(replica.sums == sums, sourceLocation: sourceLocation)
        }
        // The next frame of the origin, which is sound, is taken.
        try replica.receive([frame(2, [set(person, 2, .text("B"))])])
        let stored = try replica.records(of: home).first { $0.key == person }
        #expect(
            stored?.register(2)?.siblings.map(\.value) == [.text("B")],
            sourceLocation: sourceLocation)
    }

    @Test("An entity number that no version has is refused, and makes no table")
    func entities() throws {
        try withReplica { replica, _ in
            let tables = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
            let raw = try RawDatabase(replica.path)
            let before = try raw.rows(tables)
            try expectRefused(
                [0, 256, 1000, .max].map { number in
                    set(RecordKey(entity: number, id: id), 1, .text("x"))
                }, replica)
            #expect(try raw.rows(tables) == before)
            let last = RecordKey(entity: UInt16(Limits.entityNumber), id: id)
            try replica.receive([frame(3, [set(last, 1, .text("x"))])])
            #expect(try raw.rows(tables).count == before.count + 1)
        }
    }

    @Test("A record in a compartment where it does not belong is refused")
    func compartments() throws {
        try withReplica { replica, _ in
            try expectRefused(
                [
                    set(person, 1, .text("x"), in: .reference),
                    set(person, 1, .text("x"), in: Compartment(.clinic, id)),
                    set(child, 1, .text("x"), in: .clinic(NodeID(rawValue: 1))),
                    set(RecordKey(entity: Ward.slot, id: id), 1, .text("booked")),
                    set(RecordKey(entity: Ward.person, id: RecordID("pat-2")), 1, .text("x")),
                ], replica)
        }
    }

    @Test("A delete whose list is broken is refused")
    func deletes() throws {
        try withReplica { replica, stamp in
            let stamps = DeleteList([stamp]).encoded
            try expectRefused(
                [
                    set(person, 0, .text("everything")), set(person, 0, .integer(1)),
                    set(person, 0, .null), set(person, 0, .bytes([])),
                    set(person, 0, .bytes(Array(stamps.dropLast()))),
                    set(person, 0, .bytes(stamps + [0])),
                    set(child, 0, .group([.bytes(stamps)])),
                    set(person, 0, .bytes([1])),
                    set(child, 0, .bytes([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F])),
                ], replica)
        }
    }

    @Test("Bytes that are no change set are refused, a later version's as one that is unknown")
    func format() throws {
        try withReplica { replica, _ in
            let before = try RawDatabase(replica.path).dump()
            let header = frame(2, [set(person, 1, .text("x"))]).header
            for (bytes, error) in [
                ([], .truncated), ([9, 1, 2], .unknownVersion(9)), ([1, 0, 1], .truncated),
            ] as [([UInt8], Malformed)] {
                let sets = [set(person, 2, .text("A")).encoded(stamp: header.stamp), bytes]
                let bad = Frame(header: header, salt: Salt(high: 1, low: 2), changeSets: sets)
                #expect(throws: error) { try replica.receive([bad]) }
                #expect(try RawDatabase(replica.path).dump() == before)
            }
        }
    }
}
