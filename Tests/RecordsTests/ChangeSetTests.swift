import Causality
import Records
import Testing

@Suite("The codec of change sets")
struct ChangeSetTests {
    @Test("What is encoded comes out equal", arguments: 0..<1000 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var samples = Samples(seed: seed)
        let set = samples.changeSet()
        let bytes = set.encoded(stamp: samples.stamp)
        #expect(try decoded(bytes, stamp: samples.stamp, schema: samples.schema) == set)
        // Who does not know the schema reads the same, and would write the same bytes.
        let blind = try decoded(bytes, stamp: samples.stamp)
        #expect(blind.encoded(stamp: samples.stamp) == bytes)
    }

    @Test(
        "Equal sets give equal bytes, in whatever order they are gathered",
        arguments: 0..<300 as Range<UInt64>)
    func canonical(seed: UInt64) {
        var samples = Samples(seed: seed)
        let set = samples.changeSet()
        var other = set
        other.changes.shuffle(using: &samples.random)
        for at in other.changes.indices {
            for unit in other.changes[at].units.indices {
                other.changes[at].units[unit].replaces.shuffle(using: &samples.random)
            }
        }
        #expect(other.encoded(stamp: samples.stamp) == set.encoded(stamp: samples.stamp))
    }

    @Test(
        "A value, an id, a replaced stamp or the compartment changes the bytes",
        arguments: 0..<100 as Range<UInt64>)
    func injective(seed: UInt64) {
        var samples = Samples(seed: seed)
        let set = samples.changeSet()
        var all = [set, set, set, set, set]
        all[1].changes[0].units[0].value = .text("another")
        all[2].changes[0].key.id = RecordID("another")
        all[3].changes[0].units[0].replaces.append(
            Stamp(hlc: HLC(rawValue: 77), origin: samples.stamp.origin))
        all[4].compartment.id = RecordID("another")
        #expect(Set(all.map { $0.encoded(stamp: samples.stamp) }).count == all.count)
    }

    @Test(
        "Every record id comes back as it was given",
        arguments: [
            "", "a", "pat-1", "00000000-0000-0000-0000-000000000000",
            "6F9619FF-8B86-D011-B42D-00C04FC964FF", "6f9619ff-8b86-d011-b42d-00c04fc964ff",
            "6f9619ff-8b86-d011-b42d-00c04fc964f", "6f9619ff_8b86-d011-b42d-00c04fc964ff", "日本語",
        ])
    func ids(text: String) throws {
        let id = RecordID(text)
        #expect(id.description == text)
        var out = ByteWriter()
        out.id(id)
        let read = try out.bytes.withUnsafeBytes { raw in
            var reader = ByteReader(raw)
            let id = try reader.id()
            try reader.finish()
            return id
        }
        #expect(read == id)
    }

    @Test("A delete's list comes back sorted, each stamp once", arguments: 0..<50 as Range<UInt64>)
    func deleteList(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let stamps = (0..<random.next() % 30).map { _ in
            Stamp(
                hlc: HLC(rawValue: random.next() % 8),
                origin: Origin(
                    node: NodeID(rawValue: random.next() % 3),
                    incarnation: Incarnation(rawValue: 1),
                    lane: Lane.allCases.randomElement(using: &random)!))
        }
        let bytes = DeleteList(stamps + stamps).encoded
        #expect(try DeleteList.decoded(bytes).listed == Set(stamps).sorted())
        // What is settled is not listed again.
        let settled = DeleteList(stamps, settled: stamps.dropFirst(3))
        #expect(try DeleteList.decoded(settled.encoded) == settled)
        #expect(Set(settled.all) == Set(stamps) && settled.all.count == Set(stamps).count)
        #expect(DeleteList(stamps.reversed()).encoded == bytes)
        if !stamps.isEmpty {
            #expect(throws: Malformed.self) { try DeleteList.decoded(Array(bytes.dropLast())) }
        }
        #expect(throws: Malformed.self) { try DeleteList.decoded(bytes + [0]) }
    }

    @Test("What repeats or leaves the order of a delete's list is refused")
    func deleteListOrder() {
        let stamp = Stamp(
            hlc: HLC(rawValue: 5),
            origin: Origin(
                node: NodeID(rawValue: 1), incarnation: Incarnation(rawValue: 1), lane: .care))
        var out = ByteWriter()
        out.varint(0)
        out.varint(2)
        for _ in 0..<2 {
            out.fixed64(stamp.hlc.rawValue)
            out.origin(stamp.origin)
        }
        #expect(throws: Malformed.invalid("order of stamps")) { try DeleteList.decoded(out.bytes) }
        var twice = ByteWriter()
        for _ in 0..<2 {
            twice.varint(1)
            twice.fixed64(stamp.hlc.rawValue)
            twice.origin(stamp.origin)
        }
        #expect(throws: Malformed.invalid("stamp listed twice")) {
            try DeleteList.decoded(twice.bytes)
        }
    }
}

@Suite("Bytes that say a thing in a second way")
struct OneFormTests {
    private let origin = Origin(
        node: NodeID(rawValue: 1), incarnation: Incarnation(rawValue: 2), lane: .care)
    private var stamp: Stamp { Stamp(hlc: HLC(milliseconds: 1000), origin: origin) }

    /// A set of one record with two units, whose part after the ids is `rest`.
    private func set(origins: [Origin] = [], _ rest: [UInt8]) -> [UInt8] {
        var out = ByteWriter()
        out.raw([1, 0, 1, 0, 1, 0x70])
        out.varint(origins.count)
        for origin in origins { out.origin(origin) }
        // One block: entity 1, units 1 and 2, one record, the compartment's own id.
        out.raw([1, 1, 0b110, 1, 1] + rest)
        return out.bytes
    }

    /// Own origin, no milliseconds before, counter `n`.
    private func own(_ n: UInt8) -> [UInt8] { [0, 0, n] }
    private let values: [UInt8] = [5, 5]

    @Test("The plain forms are read")
    func plainForms() throws {
        let other = Origin(
            node: NodeID(rawValue: 9), incarnation: Incarnation(rawValue: 2), lane: .care)
        for bytes in [
            set([0] + values), set([1] + own(3) + values),
            set([2, 1] + own(3) + [0] + values),
            set([2, 2] + own(3) + own(4) + [1] + own(3) + values),
            set(origins: [other], [1, 1, 0, 3] + values),
        ] {
            #expect(try decoded(bytes, stamp: stamp).encoded(stamp: stamp) == bytes)
        }
    }

    @Test("Lists that are all empty, or all one stamp, have a shorter form")
    func longForms() {
        for rest in [[2, 0, 0], [2, 1] + own(3) + [1] + own(3)] {
            #expect(throws: Malformed.self) { try decoded(set(rest + values), stamp: stamp) }
        }
    }

    @Test("Replaced stamps that repeat or leave their order are refused")
    func orderOfStamps() {
        for list in [own(3) + own(3), own(4) + own(3)] {
            #expect(throws: Malformed.self) {
                try decoded(set([2, 2] + list + [0] + values), stamp: stamp)
            }
        }
    }

    @Test("An origin that no stamp names is refused")
    func unusedOrigin() {
        let other = Origin(
            node: NodeID(rawValue: 9), incarnation: Incarnation(rawValue: 2), lane: .care)
        #expect(throws: Malformed.self) {
            try decoded(set(origins: [other], [0] + values), stamp: stamp)
        }
        #expect(throws: Malformed.self) {
            try decoded(set(origins: [other, other], [1, 1, 0, 3] + values), stamp: stamp)
        }
        #expect(throws: Malformed.self) {
            try decoded(set(origins: [origin], [1, 1, 0, 3] + values), stamp: stamp)
        }
    }
}
