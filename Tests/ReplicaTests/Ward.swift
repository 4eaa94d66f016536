import Causality
import Records

/// A small hospital for these tests: all policies, groups, a root with children, two lanes, two
/// kinds of compartment. `older` is the same before an entity and a unit were added. `faulty` is that
/// of a program which takes some units to be of another type.
enum Ward {
    static let person: UInt16 = 1
    static let alias: UInt16 = 2
    static let note: UInt16 = 3
    static let slot: UInt16 = 4
    static let token: UInt16 = 5

    static let statuses = Policy.Order(["booked", "arrived", "finished"])
    static let dangers = Policy.Order(field: 1, ["refuted", "inactive", "active"])

    private static let firstUnits: [Unit] = [
        Unit(1, "phone", .text),
        Unit(2, "blood", .code, .review(nil)),
        Unit(
            3, "allergy", .review(dangers),
            [Field("substance", .text), Field("allergyStatus", .code)]),
        Unit(4, "number", .text, .once),
        Unit(5, "status", .code, .progress(statuses)),
        Unit(6, "consent", .boolean),
        Unit(7, "weight", .decimal, .review(nil)),
        Unit(20, "photo", .hash),
    ]
    private static let addedUnits: [Unit] = [
        Unit(40, "remainder", .json, .review(nil)),
        Unit(41, "language", .code, .latest, default: .text("sw")),
    ]

    private static func entities(_ person: [Unit], isFaulty: Bool = false) -> [Entity] {
        [
            Entity(Ward.person, "person", in: .patient, isRoot: true, lane: .care, person),
            Entity(
                alias, "alias", in: .patient, lane: .care,
                [
                    Unit(1, "name", .text),
                    Unit(
                        2, "use", .review(nil),
                        [Field("kind", .code), Field("place", isFaulty ? .text : .integer)]),
                ]),
            Entity(
                note, "note", in: .patient, lane: .administration,
                [Unit(1, "body", .text, .append), Unit(2, "paid", .money, .once)]),
            Entity(
                slot, "slot", in: .clinic, lane: .administration,
                [
                    Unit(1, "state", .code, .progress(statuses)),
                    Unit(2, "start", isFaulty ? .text : .instant),
                    Unit(3, "reason", .text, .review(nil)),
                ]),
        ]
    }

    private static let newEntity = Entity(
        token, "token", in: .patient, lane: .care,
        [Unit(1, "label", .text), Unit(2, "serial", .integer, .review(nil))])

    static let schema = Schema(entities(firstUnits + addedUnits) + [newEntity])
    static let older = Schema(entities(firstUnits))
    static let faulty = Schema(
        entities(
            (firstUnits + addedUnits).map { unit in
                var unit = unit
                let types: [UInt8: FieldType] = [2: .text, 6: .integer, 7: .text, 41: .integer]
                if let type = types[unit.number] { unit.fields = [Field(unit.name, type)] }
                return unit
            }, isFaulty: true) + [newEntity])

    /// A value of few, so that equal values meet.
    static func value(of unit: Unit, using random: inout SplitMix64) -> Value {
        if unit.fields.count > 1 {
            return .group(unit.fields.map { value(of: $0, using: &random) })
        }
        return value(of: unit.fields[0], using: &random)
    }

    private static func value(of field: Field, using random: inout SplitMix64) -> Value {
        let n = random.next() % 5
        if n == 4 { return .null }
        switch field.type {
        case .boolean: return .integer(Int64(n & 1))
        case .integer, .money: return .integer(Int64(n) - 2)
        case .hash: return .bytes([UInt8](repeating: UInt8(n), count: 32))
        case .decimal: return .text(["1.5", "1.50", "-2", "0"][Int(n)])
        case .code where field.name == "status" || field.name == "state":
            return .text(["booked", "arrived", "finished", "lost"][Int(n)])
        case .code where field.name == "allergyStatus":
            return .text(["refuted", "inactive", "active", "?"][Int(n)])
        case .code: return .text(["A", "luo", "Ngũgĩ 🩺", "a b"][Int(n)])
        case .instant:
            return .text("2024-02-29T0\(n):00:00\(n == 0 ? "Z" : "+03:00")")
        default: return .text(["", "Achieng", "Ngũgĩ 🩺", "a\u{0}b"][Int(n)])
        }
    }
}
