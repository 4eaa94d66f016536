import Causality
import Records

/// One patient with two parts in two lanes, a unit of each policy, and the rule of who holds what.
package enum SmallSchema {
    static let statuses = Policy.Order(field: 0, ["booked", "arrived", "finished"])
    static let dangers = Policy.Order(field: 0, ["refuted", "inactive", "active"])
    static let registrar: UInt8 = 7

    package static let schema = Schema(
        [
            Entity(
                PlainRecord.patient.rawValue, "patient", in: .patient, isRoot: true,
                [
                    Unit(1, "phone", .text), Unit(2, "birth", .text, .review(nil)),
                    Unit(3, "number", .text, .once),
                    Unit(
                        4, "status", .progress(statuses),
                        [Field("status", .code), Field("statusNote", .text)]),
                    Unit(5, "weight", .text, .append),
                    Unit(
                        6, "allergy", .review(dangers),
                        [Field("allergy", .code), Field("allergyNote", .text)]),
                    Unit(7, "registrar", .text),
                ]),
            Entity(
                PlainRecord.name.rawValue, "name", in: .patient,
                [Unit(1, "family", .text), Unit(2, "use", .text, .review(nil))]),
            Entity(
                PlainRecord.paper.rawValue, "paper", in: .patient, lane: .administration,
                [Unit(1, "body", .text, .append)]),
            Entity(
                6, "hold", in: .clinic, [Unit(1, "target", .text), Unit(2, "wanted", .boolean)]),
        ],
        holders: HolderRule(
            root: 1, nodeUnits: [registrar], organizationUnits: [], holdEntity: 6, holdTarget: 1,
            holdWanted: 2))

    /// The units of the histories' records, with what the plain model calls their policies.
    package static func units(_ record: PlainRecord) -> [(unit: UInt8, policy: PlainPolicy)] {
        switch record {
        case .patient:
            [
                (1, .last), (2, .lastAndAsk), (3, .firstAndAsk), (4, .furthest),
                (5, .firstAndAsk), (6, .furthestAndAsk), (7, .last),
            ]
        case .name: [(1, .last), (2, .lastAndAsk)]
        case .paper: [(1, .firstAndAsk)]
        }
    }

    /// The value of a write. Births are of two, so that equal values meet.
    static func value(_ record: PlainRecord, _ unit: UInt8, _ write: Int) -> PlainValue {
        guard record == .patient else { return PlainValue(text: "w\(write)") }
        switch unit {
        case 2: return PlainValue(text: "b\(write % 2)")
        case 4, 6: return PlainValue(text: "w\(write)", place: [1, 2, 0, 1][write % 4])
        default: return PlainValue(text: "w\(write)")
        }
    }

    static func value(_ value: PlainValue, _ record: PlainRecord, _ unit: UInt8) -> Value {
        guard record == .patient, unit == 4 || unit == 6 else { return .text(value.text) }
        let order = unit == 4 ? statuses : dangers
        return .group([.text(order.values[value.place]), .text(value.text)])
    }
}
