import FHIR

/// The stamps of all values that stand in a record's units, by the unit's name: what a replica
/// knows of it, whatever the form in which it shows values.
package struct UnitStamps: Sendable, Equatable {
    package private(set) var stamps: [String: Set<String>] = [:]

    /// - Throws: where the daemon doesn't know the record.
    package static func read(_ name: String, at daemon: Daemon) async throws -> UnitStamps {
        let view = try await daemon.ask("record-show", ["reference": .string(name)])
        var result = UnitStamps()
        result.add(view["units"], prefix: "")
        // The hub lists the elements of a record's lists apart; a clinic among its units.
        for list in view["lists"]?.members ?? [] {
            for (place, element) in list.value.elements.enumerated() {
                result.add(element["units"], prefix: "\(list.key)[\(place)].")
            }
        }
        return result
    }

    private mutating func add(_ units: JSON?, prefix: String) {
        for unit in units?.members ?? [] where unit.key != "deletion" {
            let values = [unit.value] + (unit.value["siblings"]?.elements ?? [])
            stamps[prefix + unit.key] = Set(values.compactMap { $0["stamp"]?.text })
        }
    }
}
