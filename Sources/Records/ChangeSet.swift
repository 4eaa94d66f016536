import Causality

/// What one transaction wrote in one unit of one record, and the stamps that it replaced.
package struct UnitWrite: Hashable, Sendable {
    package var unit: UInt8
    package var value: Value
    /// The siblings that the author saw. Sorted when encoded.
    package var replaces: [Stamp]
    /// Whether `value` is the bytes of the wire form: of what this version does not know, or of
    /// what does not fit its unit.
    package var isWire = false

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
