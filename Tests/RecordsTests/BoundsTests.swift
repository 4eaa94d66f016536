import Causality
import Records
import Testing

@Suite("Numbers from outside")
struct BoundsTests {
    private func read<T>(_ bytes: [UInt8], _ body: (inout ByteReader) throws(Malformed) -> T)
        throws(Malformed) -> T
    {
        let result: Result<T, Malformed> = bytes.withUnsafeBytes { raw in
            Result { () throws(Malformed) in
                var reader = ByteReader(raw)
                let value = try body(&reader)
                try reader.finish()
                return value
            }
        }
        return try result.get()
    }

    private func varint(_ value: UInt64) -> [UInt8] {
        var out = ByteWriter()
        out.varint(value)
        return out.bytes
    }

    @Test(
        "Numbers of every size come back",
        arguments: (0..<64).flatMap { [1 << $0, 1 << $0 - 1, .max >> $0] } as [UInt64])
    func numbers(value: UInt64) throws {
        let unsigned = try read(varint(value)) { reader throws(Malformed) in try reader.varint() }
        #expect(unsigned == value)
        let signed = Int64(bitPattern: value)
        var out = ByteWriter()
        out.zigzag(signed)
        out.zigzag(~signed)
        out.fixed64(value)
        let (a, b, c) = try read(out.bytes) { reader throws(Malformed) in
            (try reader.zigzag(), try reader.zigzag(), try reader.fixed64())
        }
        #expect(a == signed && b == ~signed && c == value)
    }

    @Test(
        "A number has one form, and 64 bits",
        arguments: [
            [0x80, 0x00], [0xFF, 0x00], [0x81, 0x80, 0x00], Array(repeating: 0xFF, count: 10),
            Array(repeating: 0xFF, count: 9) + [0x02], Array(repeating: 0x80, count: 10) + [0x01],
            [],
            [0x80],
        ] as [[UInt8]])
    func badNumbers(bytes: [UInt8]) {
        #expect(throws: Malformed.self) {
            try read(bytes) { reader throws(Malformed) in try reader.varint() }
        }
    }

    @Test(
        "2^63-1 where a count is expected is refused, before anything is made of it",
        arguments: [1 << 63 - 1, 1 << 63, .max, 1 << 62] as [UInt64])
    func counts(value: UInt64) {
        let bytes = varint(value) + [UInt8](repeating: 0, count: 64)
        #expect(throws: Malformed.tooLarge(what: "things", limit: 10)) {
            try read(bytes) { reader throws(Malformed) in try reader.count("things", atMost: 10) }
        }
        #expect(throws: Malformed.self) {
            try read(bytes) { reader throws(Malformed) in try reader.text("text", atMost: 1 << 40) }
        }
        #expect(throws: Malformed.self) {
            try read(bytes) { reader throws(Malformed) in try reader.id() }
        }
        #expect(throws: Malformed.self) { try Frame(bytes: bytes) }
        #expect(throws: Malformed.self) { try MessageParts([0] + bytes) }
        #expect(throws: Malformed.self) { try DeleteList.decoded(bytes) }
    }

    @Test("A count that the rest can't hold is refused, whatever its bound")
    func countBeyondTheRest() {
        #expect(throws: Malformed.truncated) {
            try read(varint(4) + [1, 2, 3]) { reader throws(Malformed) in
                try reader.count("things", atMost: .max)
            }
        }
        #expect(throws: Malformed.truncated) {
            try read(varint(2) + [UInt8](repeating: 0, count: 31)) { reader throws(Malformed) in
                try reader.count("ids", atMost: 1000, each: 16)
            }
        }
    }

    @Test(
        "A sequence that leaves no room to count on is refused",
        arguments: [0, 1 << 62, 1 << 63 - 1, 1 << 63, .max] as [UInt64])
    func sequences(sequence: UInt64) {
        var samples = Samples(seed: 11)
        var header = samples.header()
        header.sequence = sequence
        let frame = Frame(header: header, salt: Salt(high: 1, low: 2), changeSets: [[1]])
        #expect(throws: Malformed.invalid("sequence of a frame")) { try Frame(bytes: frame.bytes) }
    }

    @Test(
        "Text must be UTF-8",
        arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xC3]] as [[UInt8]])
    func text(bytes: [UInt8]) {
        #expect(throws: Malformed.invalid("text that is not UTF-8")) {
            try read(varint(UInt64(bytes.count)) + bytes) { reader throws(Malformed) in
                try reader.text("text", atMost: 10)
            }
        }
        let unit = Unit(1, "u", .text)
        #expect(throws: Malformed.invalid("text that is not UTF-8")) {
            try WireValue.decoded(WireValue.encoded(.bytes(bytes)), as: unit)
        }
    }

    @Test("A UUID in text form is refused: it has its own")
    func uuidAsText() {
        let uuid = "6f9619ff-8b86-d011-b42d-00c04fc964ff"
        let bytes = varint(37) + Array(uuid.utf8)
        #expect(throws: Malformed.invalid("UUID in text form")) {
            try read(bytes) { reader throws(Malformed) in try reader.id() }
        }
    }
}

@Suite("Values on the wire")
struct WireValueTests {
    @Test("A value of any unit comes back", arguments: 0..<300 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var samples = Samples(seed: seed)
        for entity in samples.schema.entities {
            for unit in entity.units {
                let value = samples.value(of: unit)
                #expect(unit.accepts(value))
                #expect(try WireValue.decoded(WireValue.encoded(value), as: unit) == value)
            }
        }
    }

    @Test("A value of another type than its field's is refused")
    func types() {
        let text = Unit(1, "t", .text)
        let number = Unit(2, "n", .integer)
        let hash = Unit(3, "h", .hash)
        let group = Unit(4, "g", .latest, [Field("a", .text), Field("b", .integer)])
        let wrong: [(Unit, Value)] = [
            (text, .integer(1)), (number, .text("1")), (hash, .integer(1)),
            (text, .group([.text("a")])),
            (Unit(5, "b", .boolean), .integer(2)), (Unit(5, "h", .hash), .bytes([1])),
            (Unit(5, "d", .decimal), .text("1,5")), (Unit(5, "d", .date), .text("1974-13")),
            (Unit(5, "i", .instant), .text("1974-12-01")), (Unit(5, "c", .code), .text("a\n")),
            (group, .text("a")), (group, .null), (group, .group([.text("a")])),
            (group, .group([.integer(1), .text("a")])),
            (group, .group([.text("a"), .integer(1), .null])),
            (group, .group([.group([.text("a")]), .integer(1)])),
        ]
        for (unit, value) in wrong {
            #expect(!unit.accepts(value))
            #expect(throws: Malformed.self) {
                try WireValue.decoded(WireValue.encoded(value), as: unit)
            }
        }
    }

    @Test(
        "A decimal keeps its scale and is written as FHIR writes it",
        arguments: [
            ("0", true), ("-0.0", true), ("1.50", true), ("12e5", true), ("1.0E-3", true),
            ("", false),
            ("01", false), ("1.", false), (".5", false), ("+1", false), ("1e", false),
            ("1 ", false),
            ("٣", false), ("1.5.0", false),
        ])
    func decimals(text: String, isDecimal: Bool) {
        #expect(FieldType.decimal.accepts(.text(text)) == isDecimal)
    }

    @Test(
        "Dates, codes and references are held to FHIR's grammar",
        arguments: [
            (.date, "1974", true), (.date, "1974-12-25", true), (.date, "1974-13", false),
            (.date, "2023-02-29", false), (.date, "2024-02-29", true), (.date, "", false),
            (.date, "2015-02-07T13:28:17+02:00", true), (.date, "2015-02-07T13:28:17", false),
            (.date, "１９７４", false),
            (.instant, "2015-02-07T13:28:17.239Z", true), (.instant, "2015-02-07", false),
            (.instant, "2015-02-07T24:00:00Z", false),
            (.code, "final", true), (.code, "two words", true), (.code, "Ngũgĩ", true),
            (.code, "", false), (.code, " a", false), (.code, "a ", false), (.code, "a  b", false),
            (.code, "a\u{0}", false), (.code, "a\tb", false), (.code, "a\u{7F}", false),
            (.reference, "Patient/7", true), (.reference, "#1", true), (.reference, "a b", false),
            (.reference, "a\n", false),
            (.text, "any\u{0}thing", true), (.text, "", true),
        ] as [(FieldType, String, Bool)])
    func grammar(type: FieldType, text: String, isRight: Bool) {
        #expect(type.accepts(.text(text)) == isRight)
        let wire = WireValue.encoded(.text(text))
        let isRead = (try? WireValue.decoded(wire, as: Unit(1, "u", type))) != nil
        #expect(isRead == isRight)
    }

    @Test("A number has one form on the wire")
    func oneForm() {
        // A number of less than 62 bits in the form of 64, and a null with a payload.
        for bytes in [[4] + [UInt8](repeating: 0, count: 8), [8]] as [[UInt8]] {
            #expect(throws: Malformed.self) {
                try WireValue.decoded(bytes, as: Unit(1, "n", .integer))
            }
        }
    }
}
