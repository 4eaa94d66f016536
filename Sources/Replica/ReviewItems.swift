import Causality
import Records

/// Something that a person must look at. Items are a function of the merged record, so that all
/// replicas raise and close the same ones, under the same name.
package struct ReviewItem: Sendable, Equatable {
    package enum Kind: String, Sendable {
        /// Concurrent values of a unit whose policy asks for a person.
        case concurrent
        /// A second value where only the first counts.
        case second
        /// A delete that met an edit: the record shows.
        case deletedAndEdited = "deleted-and-edited"
        /// A value that its unit can't hold, from a program that is at fault: it does not show.
        case unfit
    }

    /// The same on every replica: 32 hexadecimal digits.
    package var id: String
    package var kind: Kind
    package var compartment: Compartment
    package var key: RecordKey
    /// 0 for an item about the record as a whole.
    package var unit: UInt8
    /// The values that compete; the one that shows comes first.
    package var siblings: [Sibling]
    /// When the second of them was written.
    package var since: HLC
}

/// Finds the review items of a replica. Each stands on siblings beside a row, so nothing else has
/// to be searched.
package final class ReviewItems {
    private let store: Store
    private let tables: Tables
    private let reader: RecordReader
    private let ranks: RankTable

    init(_ store: Store, _ tables: Tables, _ reader: RecordReader, _ ranks: RankTable) {
        self.store = store
        self.tables = tables
        self.reader = reader
        self.ranks = ranks
    }

    package func count() throws -> Int { try all().count }

    /// All items, the oldest first.
    package func all() throws -> [ReviewItem] {
        let found = try store.rows("SELECT DISTINCT entity, rec FROM _sibling ORDER BY entity, rec")
        {
            (UInt16($0.integer(0)), $0.integer(1))
        }
        var items: [ReviewItem] = []
        for (entity, row) in found {
            guard let table = tables.existing(entity), let entity = table.entity,
                let (record, compartment) = try reader.record(table, row: row)
            else { continue }
            items += try self.items(of: record, entity, compartment)
        }
        return items.sorted { ($0.since, $0.id) < ($1.since, $1.id) }
    }

    package func item(_ id: String) throws -> ReviewItem? { try all().first { $0.id == id } }

    private func items(
        of record: StoredRecord, _ entity: Entity, _ compartment: Compartment
    ) throws -> [ReviewItem] {
        guard !record.isHidden else { return [] }
        var items: [ReviewItem] = []
        for (number, register) in record.registers {
            if number == Unit.deletion {
                #if PLANTED
                    if Planted.is(.reviewItemMissing) { continue }
                #endif
                let last = try register.siblings.last { sibling in
                    guard case .bytes(let wire) = sibling.value else { return false }
                    return try DeleteList.decoded(fromWire: wire).deletes
                }
                guard let last else { continue }
                items.append(
                    item(.deletedAndEdited, compartment, record.key, 0, [], since: last.stamp.hlc))
                continue
            }
            guard let unit = entity.unit(number) else { continue }
            if let last = register.siblings.last(where: { !$0.fits }) {
                items.append(
                    item(
                        .unfit, compartment, record.key, number, register.siblings,
                        since: last.stamp.hlc))
            }
            guard register.needsReview(by: unit.policy) else { continue }
            let shown = register.shown(by: unit.policy, rank: ranks.rank)
            let fitting = register.siblings.filter(\.fits)
            let others = fitting.filter { $0.stamp != shown?.stamp }
            let isOnce = unit.policy == .once || unit.policy == .append
            items.append(
                item(
                    isOnce ? .second : .concurrent, compartment, record.key, number,
                    (shown.map { [$0] } ?? []) + others, since: fitting[1].stamp.hlc))
        }
        return items
    }

    private func item(
        _ kind: ReviewItem.Kind, _ compartment: Compartment, _ key: RecordKey, _ unit: UInt8,
        _ siblings: [Sibling], since: HLC
    ) -> ReviewItem {
        var name = ByteWriter()
        name.compartment(compartment)
        name.varint(UInt64(key.entity))
        name.id(key.id)
        name.byte(unit)
        let id = contentID([Array(kind.rawValue.utf8), name.bytes])
        return ReviewItem(
            id: id.description.filter { $0 != "-" }, kind: kind, compartment: compartment,
            key: key, unit: unit, siblings: siblings, since: since)
    }
}
