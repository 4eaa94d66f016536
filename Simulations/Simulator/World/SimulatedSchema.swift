import Causality
import Records

/// A small schema with every policy, lane and kind of compartment, in two versions: the next one
/// has a unit and an entity more.
package enum SimulatedSchema {
    /// Permanent numbers, as people's habits and the model of registers name them.
    package enum Number {
        static let patient: UInt16 = 1
        static let name: UInt16 = 2
        static let document: UInt16 = 3
        static let appointment: UInt16 = 4
        static let payment: UInt16 = 5
        static let hold: UInt16 = 6
        static let price: UInt16 = 7
        static let token: UInt16 = 8
        static let scan: UInt16 = 9

        static let registrar: UInt8 = 4
        static let home: UInt8 = 5
        static let language: UInt8 = 6
        static let holdTarget: UInt8 = 1
        static let holdWanted: UInt8 = 2
    }

    package static let older = Schema(
        entities(patient: [], others: []), holders: holders)

    package static let newer = Schema(
        entities(
            patient: [Unit(Number.language, "language", .text)],
            others: [
                Entity(
                    Number.token, "token", in: .patient,
                    [Unit(1, "label", .text, .review(nil)), Unit(2, "number", .integer)])
            ]), holders: holders)

    static let statuses = ["booked", "arrived", "done"]
    static let severities = ["low", "high"]

    private static let holders = HolderRule(
        root: Number.patient, nodeUnits: [Number.registrar], organizationUnits: [Number.home],
        holdEntity: Number.hold, holdTarget: Number.holdTarget, holdWanted: Number.holdWanted)

    private static func entities(patient units: [Unit], others: [Entity]) -> [Entity] {
        [
            Entity(
                Number.patient, "patient", in: .patient, isRoot: true,
                [
                    Unit(1, "note", .text), Unit(2, "birth", .text, .review(nil)),
                    Unit(3, "number", .text, .once), Unit(Number.registrar, "registrar", .text),
                    Unit(Number.home, "home", .reference),
                ] + units),
            Entity(Number.name, "name", in: .patient, [Unit(1, "text", .text)]),
            Entity(
                Number.document, "document", in: .patient, lane: .administration,
                [
                    Unit(1, "text", .text, .review(nil)),
                    Unit(
                        2, "severity", .review(Policy.Order(severities)),
                        [Field("severity", .code), Field("severityNote", .text)]),
                ]),
            Entity(
                Number.appointment, "appointment", in: .clinic, lane: .administration,
                [
                    Unit(
                        1, "status", .progress(Policy.Order(statuses)),
                        [Field("status", .code), Field("statusNote", .text)])
                ]),
            Entity(
                Number.payment, "payment", in: .clinic, lane: .administration,
                [Unit(1, "sum", .text, .append)]),
            Entity(
                Number.hold, "hold", in: .clinic,
                [
                    Unit(Number.holdTarget, "target", .text),
                    Unit(Number.holdWanted, "wanted", .boolean),
                ]),
            Entity(
                Number.price, "price", in: .reference, lane: .administration,
                [Unit(1, "sum", .text)]),
            Entity(
                Number.scan, "scan", in: .patient, lane: .bulk, [Unit(1, "page", .text, .append)]),
        ] + others
    }
}

/// Which version of the product a machine runs.
package enum ProductVersion: Int, Sendable, CustomStringConvertible {
    case older = 1
    case newer = 2

    var schema: Schema { self == .older ? SimulatedSchema.older : SimulatedSchema.newer }
    package var description: String { "version \(rawValue)" }
}
