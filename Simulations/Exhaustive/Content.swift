import Causality
import Records
import Replica

/// What a replica holds of a history's patient, in each form in which it is kept.
struct Content: Equatable {
    struct Unit: Equatable {
        var unit: UInt8
        /// Ascending by stamp.
        var siblings: [Sibling]
        var remembered: [Stamp]
    }

    struct Record: Equatable {
        var record: PlainRecord
        var isHidden: Bool
        var units: [Unit]
    }

    var records: [Record] = []
    /// What the rows show, column by column.
    var columns: [[String?]] = []
    var sum = ContentSum()

    /// The columns that SQL sees, by record.
    static let queries: [(record: PlainRecord, sql: String, units: [(UInt8, fields: Int)])] =
        PlainRecord.allCases.map { record in
            let entity = SmallSchema.schema[record.rawValue]!
            let fields = entity.units.flatMap(\.fields).map { "\"\($0.name)\"" }
            return (
                record,
                "SELECT \(fields.joined(separator: ", ")) FROM \"\(entity.name)\""
                    + (record == .patient ? " WHERE _key = ?" : " WHERE _root = ?"),
                entity.units.map { ($0.number, $0.fields.count) }
            )
        }

    /// Reads a patient's compartment.
    init(_ node: NodeStore, _ patient: RecordID, sum: ContentSum) throws {
        self.sum = sum
        guard let root = try node.tables.root(.patient(patient)) else {
            columns = Content.queries.map { _ in [] }
            return
        }
        for stored in try node.reader.records(of: root) {
            guard let record = PlainRecord(rawValue: stored.key.entity) else { continue }
            let units = try stored.registers.map { unit, register in
                Unit(
                    unit: unit,
                    siblings: unit == 0
                        ? try register.siblings.map(Content.bare) : register.siblings,
                    remembered: register.remembered.sorted())
            }
            records.append(Record(record: record, isHidden: stored.isHidden, units: units))
        }
        for (record, sql, units) in Content.queries {
            let key = record == .patient ? root.rawValue >> 2 : root.rawValue
            let count = Int32(units.reduce(0) { $0 + $1.fields })
            let row = try node.store.row(sql, [.integer(key)]) { row in
                (0..<count).map { row.isNull($0) ? nil : row.text($0) }
            }
            columns.append(row.flatMap { row in row.contains { $0 != nil } ? row : nil } ?? [])
        }
    }

    private init() {}

    /// A deletion with its list as such: a register holds it in the form of the wire.
    private static func bare(_ sibling: Sibling) throws -> Sibling {
        guard case .bytes(let wire) = sibling.value else { return sibling }
        let list = try wire.withUnsafeBytes { raw in
            var reader = ByteReader(raw)
            guard case .bytes(let range) = try WireValue.view(&reader) else {
                throw Malformed.invalid("value of a deletion")
            }
            return [UInt8](raw[range])
        }
        return Sibling(stamp: sibling.stamp, value: .bytes(list))
    }

    /// What the plain model says that it must be.
    static func expected(
        _ model: PlainModel, _ known: Set<Int>, _ patient: RecordID, _ stamps: [Int: Stamp]
    ) -> Content {
        var content = Content()
        for record in PlainRecord.allCases {
            let units = ([0] + SmallSchema.units(record).map(\.unit)).compactMap {
                unit(record, $0, model, known, stamps)
            }
            content.columns.append(columns(record, model, known))
            guard !units.isEmpty else { continue }
            content.records.append(
                Record(record: record, isHidden: !model.shows(record, known), units: units))
            let hash = RecordHash(RecordKey(entity: record.rawValue, id: record.id(of: patient)))
            for unit in units {
                for stamp in unit.siblings.map(\.stamp) {
                    content.sum += hash.term(
                        unit: unit.unit, hlc: stamp.hlc, origin: stamp.origin.sumHash)
                }
            }
        }
        return content
    }

    private static func unit(
        _ record: PlainRecord, _ unit: UInt8, _ model: PlainModel, _ known: Set<Int>,
        _ stamps: [Int: Stamp]
    ) -> Unit? {
        let siblings = model.standing(record, unit, known).map { write in
            Sibling(
                stamp: stamps[write.number]!,
                value: unit == 0
                    ? .bytes(
                        DeleteList(
                            write.lists.map { stamps[$0]! },
                            settled: write.settled.map { stamps[$0]! }
                        ).encoded)
                    : SmallSchema.value(write.value, record, unit))
        }
        let awaited = model.awaited(record, unit, known).map { stamps[$0]! }
        guard !siblings.isEmpty || !awaited.isEmpty else { return nil }
        return Unit(
            unit: unit, siblings: siblings.sorted { $0.stamp < $1.stamp },
            remembered: awaited.sorted())
    }

    private static func columns(
        _ record: PlainRecord, _ model: PlainModel, _ known: Set<Int>
    ) -> [String?] {
        let entity = SmallSchema.schema[record.rawValue]!
        var columns: [String?] = []
        for (unit, policy) in SmallSchema.units(record) {
            let shown = model.shown(record, unit, policy, known)
            switch shown.map({ SmallSchema.value($0.value, record, unit) }) {
            case .text(let text): columns.append(text)
            case .group(let values):
                for case .text(let text) in values { columns.append(text) }
            default:
                columns += entity.unit(unit)!.fields.map { _ in nil }
            }
        }
        return columns.contains { $0 != nil } ? columns : []
    }
}

extension PlainRecord {
    func id(of patient: RecordID) -> RecordID {
        self == .patient ? patient : RecordID("part-of-\(patient)")
    }
}

/// A review item, as the plain model and the product name it.
struct AskedFor: Hashable, Comparable {
    var record: PlainRecord
    var unit: UInt8
    var kind: String

    static func < (a: AskedFor, b: AskedFor) -> Bool {
        (a.record, a.unit, a.kind) < (b.record, b.unit, b.kind)
    }

    /// What people must be asked where `known` is known.
    static func expected(_ model: PlainModel, _ known: Set<Int>) -> [AskedFor] {
        var all: [AskedFor] = []
        for record in PlainRecord.allCases where model.shows(record, known) {
            if model.isDeleted(record, known) {
                all.append(AskedFor(record: record, unit: 0, kind: "deleted-and-edited"))
            }
            for (unit, policy) in SmallSchema.units(record)
            where model.asks(record, unit, policy, known) {
                let isSecond = policy == .firstAndAsk
                all.append(
                    AskedFor(record: record, unit: unit, kind: isSecond ? "second" : "concurrent"))
            }
        }
        return all.sorted()
    }

    /// What a replica asks, by patient.
    static func found(_ node: NodeStore) throws -> [Compartment: [AskedFor]] {
        var all: [Compartment: [AskedFor]] = [:]
        for item in try node.reviews.all() {
            guard let record = PlainRecord(rawValue: item.key.entity) else { continue }
            all[item.compartment, default: []].append(
                AskedFor(record: record, unit: item.unit, kind: item.kind.rawValue))
        }
        return all.mapValues { $0.sorted() }
    }
}
