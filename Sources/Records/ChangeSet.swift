import Causality

/// What one transaction wrote in one unit of one record, and the stamps that it replaced.
package struct UnitWrite: Hashable, Sendable {
    package var unit: UInt8
    package var value: Value
    /// The siblings that the author saw. Sorted when encoded.
    package var replaces: [Stamp]

    package init(unit: UInt8, value: Value, replaces: [Stamp] = []) {
        self.unit = unit
        self.value = value
        self.replaces = replaces
    }
}

/// What one transaction wrote in one record, with the stamp of the transaction.
package struct Change: Hashable, Sendable {
    package var key: RecordKey
    /// In ascending order of their unit numbers, each at most once.
    package var units: [UnitWrite]

    package init(key: RecordKey, units: [UnitWrite]) {
        self.key = key
        self.units = units
    }

    var mask: UInt64 { units.reduce(0) { $0 | 1 << UInt64($1.unit) } }
}

/// What one transaction wrote in one compartment and lane: the atom of exchange, merging and
/// purging, applied whole or not at all.
package struct ChangeSet: Hashable, Sendable {
    package var compartment: Compartment
    package var changes: [Change]

    package init(compartment: Compartment, changes: [Change]) {
        self.compartment = compartment
        self.changes = changes
    }

    static let version: UInt8 = 1
}

/// The value of a record's deletion: every sibling stamp, of the record and of what hangs on it,
/// that its author saw.
package enum DeleteList {
    package static func encoded(_ stamps: some Sequence<Stamp>) -> [UInt8] {
        let sorted = Set(stamps).sorted()
        var out = ByteWriter()
        out.varint(sorted.count)
        for stamp in sorted {
            out.fixed64(stamp.hlc.rawValue)
            out.origin(stamp.origin)
        }
        return out.bytes
    }

    package static func decoded(_ bytes: [UInt8]) throws(Malformed) -> [Stamp] {
        let result: Result<[Stamp], Malformed> = bytes.withUnsafeBytes { raw in
            Result { () throws(Malformed) in
                var reader = ByteReader(raw)
                let count = try reader.count(
                    "deleted stamps", atMost: Limits.replacedStamps, each: 25)
                var stamps: [Stamp] = []
                for _ in 0..<count {
                    let hlc = HLC(rawValue: try reader.fixed64())
                    let stamp = Stamp(hlc: hlc, origin: try reader.origin())
                    if let last = stamps.last, last >= stamp { throw .invalid("order of stamps") }
                    stamps.append(stamp)
                }
                try reader.finish()
                return stamps
            }
        }
        return try result.get()
    }
}
