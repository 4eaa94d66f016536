import Causality
import Records

/// A frame of a log, as the ledger speaks of it.
struct LoggedFrame {
    var header: FrameHeader
    var writes: Set<PlaceWrite>
    /// Whether all that was written is here: nothing is withheld or purged.
    var isComplete: Bool

    init(_ frame: Frame) throws {
        header = frame.header
        var found: Set<PlaceWrite> = []
        var here = 0
        try frame.forEachChangeSet { _, reader in
            here += 1
            let set = try ChangeSet(&reader, schema: SimulatedSchema.newer)
            for change in set.changes {
                for unit in change.units {
                    let place = Place(
                        compartment: set.compartment, key: change.key, unit: unit.unit)
                    found.insert(
                        PlaceWrite(
                            place: place, written: try LoggedFrame.written(unit),
                            replaces: Set(unit.replaces)))
                }
            }
        }
        writes = found
        isComplete = here == frame.partCount
    }

    static func written(_ unit: UnitWrite) throws -> Written {
        guard unit.unit == Unit.deletion, case .bytes(let bytes) = unit.value else {
            return .value(unit.value)
        }
        return deletion(try DeleteList.decoded(bytes))
    }

    /// The same of a sibling, whose delete stands in wire form: a length, then the list.
    static func written(_ sibling: Sibling, _ unit: UInt8) throws -> Written {
        guard unit == Unit.deletion, case .bytes(let bytes) = sibling.value,
            let lengthEnd = bytes.firstIndex(where: { $0 < 0x80 })
        else { return .value(sibling.value) }
        return deletion(try DeleteList.decoded(Array(bytes[(lengthEnd + 1)...])))
    }

    private static func deletion(_ list: DeleteList) -> Written {
        .deletion(Set(list.listed), settled: Set(list.settled))
    }

    /// Whether it says what a ledger's entry says.
    func matches(_ entry: LedgerEntry) -> Bool {
        WriteName(header) == entry.name && header.stamp == entry.stamp
            && (isComplete ? writes == Set(entry.writes) : writes.isSubset(of: entry.writes))
    }
}
