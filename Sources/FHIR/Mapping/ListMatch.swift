import Hospital
import Records

/// Which records of a resource's lists an update means: a list in FHIR has positions, its records
/// have identities.
package struct ListMatch: Sendable, Hashable {
    /// Units to write in records that are there. Records that stay as they are aren't named.
    package var updates: [MappedRecord] = []
    package var creates: [MappedRecord] = []
    package var deletes: [RecordKey] = []
}

/// Finds the record of each incoming element: by the element's own id, then by equal content, then
/// by equal position (for an identifier, within the same system).
///
/// - Parameters:
///   - existing: the list records of one resource as they show now.
///   - incoming: those that the new version of the resource maps to.
///   - retired: ids of its list records that have been deleted. They are not used again, so that
///     what is entered anew is no edit of what was deleted.
package func matchChildren(
    existing: [MappedRecord], incoming: [MappedRecord], retired: Set<RecordID> = []
) -> ListMatch {
    var match = ListMatch()
    let entities = Set((existing + incoming).map(\.key.entity)).sorted()
    for entity in entities {
        var list = ListMatcher(
            ListElement.inOrder(existing.filter { $0.key.entity == entity }),
            ListElement.inOrder(incoming.filter { $0.key.entity == entity }))
        list.pairUp()
        list.write(into: &match, retired: retired)
    }
    return match
}

/// The matching of one list.
private struct ListMatcher {
    private let existing: [MappedRecord]
    private let incoming: [MappedRecord]
    /// For each incoming element, the place of its record in `existing`.
    private var partner: [Int?]
    private var taken: [Bool]

    init(_ existing: [MappedRecord], _ incoming: [MappedRecord]) {
        self.existing = existing
        self.incoming = incoming
        partner = Array(repeating: nil, count: incoming.count)
        taken = Array(repeating: false, count: existing.count)
    }

    mutating func pairUp() {
        let (old, new) = (existing.map(content), incoming.map(content))
        let (oldID, newID) = (old.map { $0["id"]?.text }, new.map { $0["id"]?.text })
        pair { newID[$0] != nil && newID[$0] == oldID[$1] }
        pair { old[$1] == new[$0] }
        let entity = existing.first?.key.entity ?? 0
        let isIdentifier = ListMatcher.identifiers.contains(entity)
        pair { i, j in
            guard i == j, newID[i] == nil || oldID[j] == nil else { return false }
            return !isIdentifier || old[j]["system"] == new[i]["system"]
        }
    }

    private static let identifiers = [EntityNumber.identifier, EntityNumber.directoryIdentifier]

    private func content(_ record: MappedRecord) -> JSON {
        guard let plan = MappingPlan.plan(for: record.key.entity) else { return .null }
        return .object(plan.members(of: record.units))
    }

    private mutating func pair(where belong: (_ incoming: Int, _ existing: Int) -> Bool) {
        for i in incoming.indices where partner[i] == nil {
            if let j = existing.indices.first(where: { !taken[$0] && belong(i, $0) }) {
                partner[i] = j
                taken[j] = true
            }
        }
    }

    func write(into match: inout ListMatch, retired: Set<RecordID>) {
        let orderKeys = orderKeys()
        var used = retired.union(existing.map(\.key.id))
        for (i, element) in incoming.enumerated() {
            var record = element
            record.units[ListUnit.orderKey] = .integer(orderKeys[i])
            if let j = partner[i] {
                let units = changedUnits(from: existing[j], to: record)
                if !units.isEmpty {
                    match.updates.append(
                        MappedRecord(
                            key: existing[j].key, compartment: existing[j].compartment,
                            units: units))
                }
            } else {
                record.key.id = unusedID(for: record, used)
                used.insert(record.key.id)
                match.creates.append(record)
            }
        }
        for j in existing.indices where !taken[j] { match.deletes.append(existing[j].key) }
    }

    /// An id as at an import, counted on past those in use.
    private func unusedID(for record: MappedRecord, _ used: Set<RecordID>) -> RecordID {
        guard used.contains(record.key.id),
            case .text(let parent)? = record.units[ListUnit.parent]
        else { return record.key.id }
        let content = content(record).canonicalBytes
        let element = ListMatcher.elementNames[record.key.entity] ?? ""
        var count = 0
        while true {
            let id = ListElement.id(
                parent: parent, element: element, content: content, among: count)
            if !used.contains(id) { return id }
            count += 1
        }
    }

    private static let elementNames = Dictionary(
        HospitalSchema.types.flatMap(\.lists).map { ($0.entity, $0.element) },
        uniquingKeysWith: { first, _ in first })

    /// Keys for the incoming elements that leave those that are there as they are, where the
    /// order hasn't changed and there is room between them; new ones for all otherwise.
    private func orderKeys() -> [Int64] {
        var keys: [Int64] = []
        var before: Int64 = 0
        for i in incoming.indices {
            if let j = partner[i] {
                keys.append(ListElement.orderKey(existing[j]))
            } else {
                let next = incoming.indices[i...].first { partner[$0] != nil }
                let step: Int64
                if let next, let j = partner[next] {
                    let (room, beyond) = ListElement.orderKey(existing[j])
                        .subtractingReportingOverflow(before)
                    step = beyond ? 0 : room / Int64(next - i + 1)
                } else {
                    step = ListElement.spacing
                }
                keys.append(before.addingReportingOverflow(step).partialValue)
            }
            before = keys[i]
        }
        let rises = keys.first.map { $0 > 0 } ?? true && zip(keys, keys.dropFirst()).allSatisfy(<)
        if rises, keys.last ?? 0 < Int64.max { return keys }
        return incoming.indices.map { Int64($0 + 1) * ListElement.spacing }
    }
}
