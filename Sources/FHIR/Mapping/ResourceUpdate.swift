import Hospital
import Records

/// What an update of a resource writes: only the units that differ from the version that its
/// author saw, so that two people who edit different fields of one page never meet.
package struct ResourceUpdate: Sendable, Hashable {
    /// Units to write in records that are there; a unit that the new version lacks is set to null.
    package var updates: [MappedRecord] = []
    package var creates: [MappedRecord] = []
    package var deletes: [RecordKey] = []
    package var isEmpty: Bool { updates.isEmpty && creates.isEmpty && deletes.isEmpty }

    /// - Parameters:
    ///   - existing: the resource's records, main one first, as its author saw them.
    ///   - incoming: the new version.
    ///   - retired: ids of its list records that have been deleted.
    /// - Throws: where the resource would change its compartment, which no record does.
    package init(
        from existing: [MappedRecord], to incoming: MappedResource, retired: Set<RecordID> = []
    ) throws(FHIRIssue) {
        guard let oldMain = existing.first, let newMain = incoming.records.first else { return }
        guard oldMain.key == newMain.key, sameOwner(existing, incoming.records) else {
            throw FHIRIssue(
                .businessRule,
                """
                A resource can't move from one patient to another; delete this one and create \
                another for the other patient
                """, at: incoming.type)
        }
        let units = changedUnits(from: oldMain, to: newMain)
        if !units.isEmpty {
            updates.append(
                MappedRecord(key: oldMain.key, compartment: oldMain.compartment, units: units))
        }
        let isReason = { (record: MappedRecord) in
            record.key.entity == EntityNumber.appointmentReason
        }
        updateReason(
            from: existing.dropFirst().first(where: isReason),
            to: incoming.records.dropFirst().first(where: isReason))
        let match = matchChildren(
            existing: existing.dropFirst().filter { !isReason($0) },
            incoming: incoming.records.dropFirst().filter { !isReason($0) }, retired: retired)
        updates += match.updates
        creates += match.creates
        deletes += match.deletes
    }

    private mutating func updateReason(from old: MappedRecord?, to new: MappedRecord?) {
        switch (old, new) {
        case (nil, nil): break
        case (nil, let new?): creates.append(new)
        case (let old?, nil): deletes.append(old.key)
        case (let old?, let new?):
            let units = changedUnits(from: old, to: new)
            if units.isEmpty { return }
            updates.append(
                MappedRecord(key: old.key, compartment: old.compartment, units: units))
        }
    }
}

/// Whether both versions are one patient's. A clinic's or the directory's may be put by another
/// clinic, but stays where it is.
private func sameOwner(_ old: [MappedRecord], _ new: [MappedRecord]) -> Bool {
    func patients(_ records: [MappedRecord]) -> Set<Compartment> {
        Set(records.map(\.compartment).filter { $0.kind == .patient })
    }
    let (old, new) = (patients(old), patients(new))
    return old.isEmpty || new.isEmpty || old == new
}

/// The units of `new` that aren't in `old` as they are, and nulls for those that `new` lacks.
///
/// What a resource doesn't say is left alone: who registered a patient, whose list an element is
/// in, and units of a newer version.
package func changedUnits(from old: MappedRecord, to new: MappedRecord) -> [UInt8: Value] {
    guard let type = HospitalSchema.type(new.key.entity) else { return [:] }
    var changed: [UInt8: Value] = [:]
    for unit in type.entity.units where !isProgramsOwn(unit.number, of: new.key.entity) {
        let blank: Value =
            unit.fields.count == 1
            ? .null : .group(Array(repeating: .null, count: unit.fields.count))
        let (before, after) = (old.units[unit.number] ?? blank, new.units[unit.number] ?? blank)
        if !sameBytes(before, after) { changed[unit.number] = after }
    }
    return changed
}

private func isProgramsOwn(_ unit: UInt8, of entity: UInt16) -> Bool {
    if entity == EntityNumber.patient { return unit == PatientUnit.registrar }
    return unit == ListUnit.parent && listEntities.contains(entity)
}

private let listEntities = Set(HospitalSchema.types.flatMap(\.lists).map(\.entity))

/// Equality of bytes: `String` takes two spellings of an accent for one, an author may not.
private func sameBytes(_ a: Value, _ b: Value) -> Bool {
    switch (a, b) {
    case (.text(let a), .text(let b)): a.utf8.elementsEqual(b.utf8)
    case (.group(let a), .group(let b)):
        a.count == b.count && zip(a, b).allSatisfy { sameBytes($0, $1) }
    default: a == b
    }
}
