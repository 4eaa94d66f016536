import Causality
import Records

/// Random schemas, values and change sets that fit them, all from one seed.
struct Samples {
    var random: SplitMix64
    let schema: Schema
    /// A frame's stamp, and the origins that its writes may name.
    let stamp: Stamp
    private let origins: [Origin]

    static let types: [FieldType] = [
        .text, .integer, .decimal, .boolean, .date, .instant, .money, .code, .reference, .json,
        .hash,
    ]

    init(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        origins = (0..<4).map { node in
            Origin(
                node: NodeID(rawValue: node == 0 ? random.next() : UInt64(node)),
                incarnation: Incarnation(rawValue: random.next()),
                lane: Lane.allCases.randomElement(using: &random)!)
        }
        stamp = Stamp(hlc: Samples.hlc(&random), origin: origins[0])
        schema = Samples.schema(&random)
        self.random = random
    }

    private static func hlc(_ random: inout SplitMix64) -> HLC {
        switch random.next() % 12 {
        case 0: .zero
        case 1: HLC(rawValue: .max)
        case 2: HLC(rawValue: random.next())
        default:
            HLC(
                milliseconds: 1_800_000_000_000 + random.next() % 1_000_000,
                counter: UInt16(random.next() % 3))
        }
    }

    // MARK: Schema

    private static func schema(_ random: inout SplitMix64) -> Schema {
        let numbers = Set(
            (0..<4).map { _ in
                UInt16(random.next() % 2 == 0 ? random.next() % 9 : random.next() % 255) + 1
            })
        return Schema(numbers.sorted().map { number in entity(number, &random) })
    }

    private static func entity(_ number: UInt16, _ random: inout SplitMix64) -> Entity {
        let count = 1 + Int(random.next() % 8)
        let numbers = Array(1...Unit.largestNumber).shuffled(using: &random).prefix(count)
        let units = numbers.map { number in
            let fields = (0..<(random.next() % 3 == 0 ? 3 : 1)).map { index in
                Field("f\(number)_\(index)", types.randomElement(using: &random)!)
            }
            return Unit(number, "u\(number)", .latest, fields)
        }
        return Entity(
            number, "e\(number)", in: Compartment.Kind.allCases.randomElement(using: &random)!,
            units)
    }

    // MARK: Values

    mutating func value(of unit: Unit) -> Value {
        if unit.fields.count == 1 { return value(of: unit.fields[0].type) }
        return .group(unit.fields.map { value(of: $0.type) })
    }

    private mutating func value(of type: FieldType) -> Value {
        if random.next() % 8 == 0 { return .null }
        switch type {
        case .boolean: return .integer(Int64(random.next() % 2))
        case .integer, .money: return .integer(integer())
        case .decimal:
            return .text(
                ["0", "-1.50", "12.0e-3", "98765432109876543210.5"].randomElement(using: &random)!)
        case .hash: return .bytes((0..<32).map { _ in UInt8(truncatingIfNeeded: random.next()) })
        case .code, .reference:
            return .text(["a", "Ngũgĩ", "日本語", "Patient/7", "🧑🏾‍⚕️"].randomElement(using: &random)!)
        case .date:
            return .text(["1974", "1974-12", "2024-02-29"].randomElement(using: &random)!)
        case .instant: return .text("2015-02-07T13:28:17.239+02:00")
        default: return .text(text())
        }
    }

    private mutating func integer() -> Int64 {
        let edges: [Int64] = [
            0, -1, 1, .max, .min, 1 << 61, -(1 << 61), 1 << 61 - 1, -(1 << 61) - 1,
        ]
        if Bool.random(using: &random) { return edges.randomElement(using: &random)! }
        return Int64(bitPattern: random.next()) >> Int64(random.next() % 64)
    }

    private mutating func text() -> String {
        let texts = [
            "", "a", "Ngũgĩ", "日本語", "e\u{301}", "\u{0}x", "🧑🏾‍⚕️", "1974-12", "Patient/7", "{\"a\":1}",
        ]
        if random.next() % 4 != 0 { return texts.randomElement(using: &random)! }
        return String(repeating: "word ", count: Int(random.next() % 60))
    }

    // MARK: Change sets

    private mutating func id() -> RecordID {
        switch random.next() % 6 {
        case 0: RecordID("pat-\(random.next() % 50)")
        case 1: RecordID(String(repeating: "x", count: Int(random.next() % 256)))
        case 2: RecordID(RecordID(using: &random).description.uppercased())
        default: RecordID(using: &random)
        }
    }

    private mutating func compartment() -> Compartment {
        let kind = Compartment.Kind.allCases.randomElement(using: &random)!
        return kind == .reference ? .reference : Compartment(kind, id())
    }

    private mutating func replaced() -> Stamp {
        Stamp(hlc: Samples.hlc(&random), origin: origins.randomElement(using: &random)!)
    }

    /// A change set in its canonical order: as it comes out of its bytes.
    mutating func changeSet() -> ChangeSet {
        let compartment = compartment()
        var keys: Set<RecordKey> = []
        let count = random.next() % 3 == 0 ? 1 + random.next() % 20 : 1
        for _ in 0..<count {
            let entity = schema.entities.randomElement(using: &random)!
            let id = random.next() % 5 == 0 ? compartment.id : id()
            keys.insert(RecordKey(entity: entity.number, id: id))
        }
        let changes = keys.sorted().map { key in
            Change(key: key, units: units(schema[key.entity]!))
        }
        return ChangeSet(
            compartment: compartment,
            changes: changes.sorted {
                ($0.key.entity, $0.mask, $0.key.id) < ($1.key.entity, $1.mask, $1.key.id)
            })
    }

    private mutating func units(_ entity: Entity) -> [UnitWrite] {
        let one = random.next() % 3 == 0 ? replaced() : nil
        let isBusy = random.next() % 4 == 0
        // One of a few masks, so that records share blocks.
        let start = Int(random.next() % 2)
        var writes = entity.units.dropFirst(entity.units.count > 1 ? start : 0).map { unit in
            UnitWrite(unit: unit.number, value: value(of: unit), replaces: one.map { [$0] } ?? [])
        }
        if isBusy {
            for index in writes.indices {
                writes[index].replaces = Set((0..<random.next() % 4).map { _ in replaced() })
                    .sorted()
            }
        }
        if random.next() % 10 == 0 { writes.insert(deletion(), at: 0) }
        return writes
    }

    private mutating func deletion() -> UnitWrite {
        let listed = (0..<random.next() % 5).map { _ in replaced() }
        return UnitWrite(unit: Unit.deletion, value: .bytes(DeleteList(listed).encoded))
    }

    // MARK: Frames

    mutating func header(sequence: UInt64? = nil) -> FrameHeader {
        let authors = ["", "Practitioner/7", "Device/import", "Ngũgĩ"]
        return FrameHeader(
            origin: stamp.origin, sequence: sequence ?? 1 + random.next() % 1000, hlc: stamp.hlc,
            quality: [.unmeasured, .measured, .disbelieved].randomElement(using: &random)!,
            author: authors.randomElement(using: &random)!,
            purpose: ["", "TREAT"].randomElement(using: &random)!)
    }

    /// A whole frame of change sets, some of which a newer version wrote.
    mutating func frame(sequence: UInt64? = nil) -> Frame {
        let sets = (0..<1 + random.next() % 5).map { _ -> [UInt8] in
            switch random.next() % 12 {
            case 0: []
            case 1: [9, 1, 2, 3]
            case 2: [1, 0xFF, 0xFF]
            default: changeSet().encoded(stamp: stamp)
            }
        }
        return Frame(
            header: header(sequence: sequence), salt: Salt(using: &random), changeSets: sets)
    }

    /// A frame that may lack some of its change sets.
    mutating func anyFrame(sequence: UInt64? = nil) -> Frame {
        let frame = frame(sequence: sequence)
        guard random.next() % 2 == 0 else { return frame }
        let mask = random.next()
        return frame.withholding { mask >> UInt64($0) & 1 == 1 }
    }
}

extension Change {
    /// Bit n is set when unit n is written.
    var mask: UInt64 { units.reduce(0) { $0 | 1 << UInt64($1.unit) } }
}
