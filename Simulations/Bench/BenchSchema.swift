import Causality
import Records
import Workload

/// The workload's table as an entity of the product: eleven units beside the id.
enum BenchSchema {
    static let patient = Entity(
        1, "patient", in: .patient, isRoot: true,
        [
            Unit(1, "given", .text), Unit(2, "family", .text),
            Unit(3, "birth_date", .date, .review(nil)), Unit(4, "sex", .code, .review(nil)),
            Unit(5, "phone", .text), Unit(6, "address", .text), Unit(7, "village", .text),
            Unit(8, "district", .text), Unit(9, "blood_group", .code, .review(nil)),
            Unit(10, "notes", .text), Unit(11, "flag", .boolean),
        ])
    static let schema = Schema([patient])
    static let phone: UInt8 = 5
    static let address: UInt8 = 6

    static func key(_ row: PatientRow) -> RecordKey {
        RecordKey(entity: 1, id: .uuid(high: row.idHigh, low: row.idLow))
    }

    static func units(_ row: PatientRow) -> [(UInt8, Value)] {
        [
            (1, .text(row.given)), (2, .text(row.family)), (3, .text(row.birthDate)),
            (4, .text(row.sex)), (5, .text(row.phone)), (6, .text(row.address)),
            (7, .text(row.village)), (8, .text(row.district)), (9, .text(row.bloodGroup)),
            (10, .text(row.notes)), (11, .integer(Int64(row.flag))),
        ]
    }
}
