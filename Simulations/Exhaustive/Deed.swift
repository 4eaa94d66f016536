import Causality
import Records
import Replica

/// What one transaction of a history does to the record and its parts.
package enum Deed: Int, CaseIterable, Sendable, CustomStringConvertible {
    /// Every unit of the patient.
    case whole
    /// Some units of the patient.
    case some
    /// The patient's name: a part in the same lane.
    case child
    /// The patient and a paper, which go in two lanes: two frames of one transaction.
    case both
    case deletePatient
    case deleteChild

    package var description: String {
        switch self {
        case .whole: "writes the patient"
        case .some: "writes some of the patient"
        case .child: "writes the name"
        case .both: "writes the patient and a paper"
        case .deletePatient: "deletes the patient"
        case .deleteChild: "deletes the name"
        }
    }

    private var units: [(PlainRecord, [UInt8])] {
        switch self {
        case .whole: [(.patient, [1, 2, 3, 4, 5, 6])]
        case .some: [(.patient, [1, 2, 6])]
        case .child: [(.name, [1, 2])]
        case .both: [(.patient, [1, 3]), (.paper, [1])]
        case .deletePatient, .deleteChild: []
        }
    }

    var deleted: PlainRecord? {
        switch self {
        case .deletePatient: .patient
        case .deleteChild: .name
        default: nil
        }
    }

    /// How many frames it makes.
    var frames: Int { self == .both ? 2 : 1 }

    /// Whether it writes anything where `known` is known: nobody deletes what they never saw.
    func isPossible(_ model: PlainModel, _ known: Set<Int>) -> Bool {
        switch self {
        case .deletePatient:
            PlainRecord.allCases.contains { model.isKnown($0, known) }
                && !Seen(model, known).deletion(of: .patient).lists.isEmpty
        case .deleteChild:
            model.isKnown(.name, known) && !Seen(model, known).deletion(of: .name).lists.isEmpty
        default: true
        }
    }

    /// The writes that its author means, who saw what `seen` has.
    func writes(_ first: Int, _ seen: Seen) -> [PlainWrite] {
        if let record = deleted {
            let (lists, settled) = seen.deletion(of: record)
            return [
                PlainWrite(
                    number: first, record: record, unit: 0, value: PlainValue(text: ""),
                    replaces: seen.standing(record, 0), lists: lists, settled: settled)
            ]
        }
        return units.enumerated().flatMap { offset, part in
            var writes = part.1.map { unit in
                PlainWrite(
                    number: first + offset, record: part.0, unit: unit,
                    value: SmallSchema.value(part.0, unit, first),
                    replaces: seen.standing(part.0, unit))
            }
            // Who writes what is gone brings it back: the deletion hides no more than it did.
            if seen.isDeleted(part.0), seen.hides(part.0) {
                writes.append(
                    PlainWrite(
                        number: first + offset, record: part.0, unit: 0,
                        value: PlainValue(text: ""), replaces: seen.standing(part.0, 0),
                        settled: seen.gone(part.0)))
            }
            return writes
        }
    }

    /// Does it to a replica.
    func perform(_ first: Int, on patient: RecordID, _ transaction: LocalTransaction) throws {
        func key(_ record: PlainRecord) -> RecordKey {
            RecordKey(
                entity: record.rawValue,
                id: record.id(of: patient))
        }
        if let record = deleted {
            return try transaction.delete(key(record), in: .patient(patient))
        }
        for (record, units) in units {
            try transaction.put(
                key(record), in: .patient(patient),
                units.map {
                    ($0, SmallSchema.value(SmallSchema.value(record, $0, first), record, $0))
                })
        }
    }
}

/// The writes that stand before an author's eyes.
struct Seen {
    var numbers: [PlainRecord: [UInt8: Set<Int>]] = [:]
    /// The deletions that stand.
    private var deletions: [PlainRecord: [PlainWrite]] = [:]

    func standing(_ record: PlainRecord, _ unit: UInt8) -> Set<Int> {
        numbers[record]?[unit] ?? []
    }

    private func content(_ record: PlainRecord) -> Set<Int> {
        (numbers[record] ?? [:]).reduce(into: []) { if $1.key > 0 { $0.formUnion($1.value) } }
    }

    /// What a deletion now lists, and what it keeps as settled: what earlier ones say, and all
    /// that is there.
    func deletion(of record: PlainRecord) -> (lists: Set<Int>, settled: Set<Int>) {
        let records = record == .patient ? PlainRecord.allCases : [record]
        let before = deletions[record] ?? []
        let settled = before.reduce(into: Set<Int>()) { $0.formUnion($1.settled) }
        var lists = before.reduce(into: Set<Int>()) { $0.formUnion($1.lists) }
        for record in records { lists.formUnion(content(record)) }
        return (lists.subtracting(settled), settled)
    }

    func isDeleted(_ record: PlainRecord) -> Bool {
        (deletions[record] ?? []).contains { !$0.lists.isEmpty }
    }

    /// What the deletions of a record hide.
    func gone(_ record: PlainRecord) -> Set<Int> {
        (deletions[record] ?? []).reduce(into: []) { $0.formUnion($1.hides) }
    }

    /// Whether they don't see the record.
    func hides(_ record: PlainRecord) -> Bool {
        let byRoot = gone(.patient)
        guard content(record).isSubset(of: byRoot.union(gone(record))) else { return false }
        return record != .patient || byRoot.isEmpty || hides(.name) && hides(.paper)
    }

    /// Reads what the deletions say that are seen.
    mutating func read(_ model: PlainModel) {
        for (record, units) in numbers {
            deletions[record] = model.writes.filter {
                $0.record == record && $0.unit == 0 && units[0]?.contains($0.number) == true
            }
        }
    }

    init() {}

    /// What one sees who has heard `known`.
    init(_ model: PlainModel, _ known: Set<Int>) {
        for record in PlainRecord.allCases {
            for unit in [0] + SmallSchema.units(record).map(\.unit) {
                let standing = model.standing(record, unit, known).map(\.number)
                if !standing.isEmpty { numbers[record, default: [:]][unit] = Set(standing) }
            }
        }
        read(model)
    }
}
