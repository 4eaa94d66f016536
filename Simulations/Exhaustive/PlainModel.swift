/// The name of a transaction's writes in one lane, as the plain model orders them.
package struct PlainStamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var time: UInt64
    package var node: UInt64
    package var life: UInt64
    package var lane: UInt8

    package static func < (a: PlainStamp, b: PlainStamp) -> Bool {
        (a.time, a.node, a.life, a.lane) < (b.time, b.node, b.life, b.lane)
    }

    package var description: String { "\(time)@\(node).\(life).\(lane)" }
}

/// One write of one unit, as its author meant it. A history numbers its writes by transaction and
/// lane; that number is all that the model knows them by.
package struct PlainWrite: Hashable, Sendable {
    package var number: Int
    package var record: PlainRecord
    /// 0 for a deletion.
    package var unit: UInt8
    /// What the unit's order looks at, and the rest.
    package var value: PlainValue
    package var replaces: Set<Int>
    /// What a deletion lists.
    package var lists: Set<Int> = []
    /// What was gone when somebody brought the record back: it stays gone.
    package var settled: Set<Int> = []

    /// All that it hides.
    package var hides: Set<Int> { lists.union(settled) }
}

package enum PlainRecord: UInt16, Hashable, Comparable, CaseIterable, Sendable {
    case patient = 1
    case name = 2
    case paper = 3

    package static func < (a: PlainRecord, b: PlainRecord) -> Bool { a.rawValue < b.rawValue }
}

package struct PlainValue: Hashable, Sendable {
    package var text: String
    /// How far along its unit's order a value is.
    package var place = 0
}

/// What a unit shows of several concurrent writes.
package enum PlainPolicy: Sendable {
    case last
    case lastAndAsk
    case furthest
    case furthestAndAsk
    case firstAndAsk

    var asks: Bool {
        switch self {
        case .lastAndAsk, .furthestAndAsk, .firstAndAsk: true
        case .last, .furthest: false
        }
    }
}

/// What a replica must come to that has a given set of writes, told slowly and plainly from the
/// definition: what no write names as replaced stands; a policy says which of that shows; a record
/// shows while it has a write that no deletion lists. It knows nothing of how merging is done.
package struct PlainModel: Sendable {
    package var writes: [PlainWrite] = []
    package var stamps: [Int: PlainStamp] = [:]
    /// A rule that is told wrongly, for tests of the checks.
    package var wrong: Wrong?

    package enum Wrong: String, CaseIterable, Sendable {
        case lastIsFirst, firstIsLast, orderIgnored, replacedStays, deleteWins
        case childDoesNotKeepRoot, equalValuesAsk, nothingRemembered
    }

    package init() {}

    private func all(_ record: PlainRecord, _ unit: UInt8, _ known: Set<Int>) -> [PlainWrite] {
        writes.filter { $0.record == record && $0.unit == unit && known.contains($0.number) }
    }

    /// The writes of a unit that nobody among those in `known` has replaced.
    package func standing(
        _ record: PlainRecord, _ unit: UInt8, _ known: Set<Int>
    ) -> [PlainWrite] {
        let here = all(record, unit, known)
        if wrong == .replacedStays { return here }
        return here.filter { write in !here.contains { $0.replaces.contains(write.number) } }
    }

    /// What was replaced before it came.
    package func awaited(_ record: PlainRecord, _ unit: UInt8, _ known: Set<Int>) -> Set<Int> {
        if wrong == .nothingRemembered { return [] }
        var awaited: Set<Int> = []
        for write in all(record, unit, known) { awaited.formUnion(write.replaces) }
        return awaited.subtracting(known)
    }

    package func shown(
        _ record: PlainRecord, _ unit: UInt8, _ policy: PlainPolicy, _ known: Set<Int>
    ) -> PlainWrite? {
        let oldestFirst = standing(record, unit, known).sorted {
            stamps[$0.number]! < stamps[$1.number]!
        }
        switch policy {
        case .last, .lastAndAsk:
            return wrong == .lastIsFirst ? oldestFirst.first : oldestFirst.last
        case .firstAndAsk: return wrong == .firstIsLast ? oldestFirst.last : oldestFirst.first
        case .furthest, .furthestAndAsk:
            if wrong == .orderIgnored { return oldestFirst.last }
            let top = oldestFirst.map(\.value.place).max()
            return oldestFirst.last { $0.value.place == top }
        }
    }

    package func asks(
        _ record: PlainRecord, _ unit: UInt8, _ policy: PlainPolicy, _ known: Set<Int>
    ) -> Bool {
        let standing = standing(record, unit, known)
        if wrong == .equalValuesAsk { return policy.asks && standing.count > 1 }
        return policy.asks && Set(standing.map(\.value)).count > 1
    }

    // MARK: Deletions

    /// The writes of a record that stand, its deletions apart.
    package func content(_ record: PlainRecord, _ known: Set<Int>) -> Set<Int> {
        let units = Set(writes.filter { $0.record == record && $0.unit > 0 }.map(\.unit))
        var content: Set<Int> = []
        for unit in units { content.formUnion(standing(record, unit, known).map(\.number)) }
        return content
    }

    package func listed(_ record: PlainRecord, _ known: Set<Int>) -> Set<Int> {
        standing(record, 0, known).reduce(into: []) { $0.formUnion($1.hides) }
    }

    /// Whether a deletion stands that nobody who knew of it has taken back.
    package func isDeleted(_ record: PlainRecord, _ known: Set<Int>) -> Bool {
        standing(record, 0, known).contains { !$0.lists.isEmpty }
    }

    package func isKnown(_ record: PlainRecord, _ known: Set<Int>) -> Bool {
        writes.contains { $0.record == record && known.contains($0.number) }
    }

    package func shows(_ record: PlainRecord, _ known: Set<Int>) -> Bool {
        let byRoot = listed(.patient, known)
        let gone = record == .patient ? byRoot : byRoot.union(listed(record, known))
        if wrong == .deleteWins, !gone.isEmpty { return false }
        if !content(record, known).isSubset(of: gone) { return true }
        guard record == .patient, !byRoot.isEmpty, wrong != .childDoesNotKeepRoot else {
            return false
        }
        // A deleted patient comes back with any part that the deletion did not see.
        return shows(.name, known) || shows(.paper, known)
    }
}
