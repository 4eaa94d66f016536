import FHIR

/// The stamps of all values that stand in a record's units, by the unit's name.
package struct UnitStamps: Sendable, Equatable {
    package private(set) var stamps: [String: Set<String>] = [:]

    /// - Throws: where the daemon doesn't know the record.
    package static func read(_ name: String, at daemon: Daemon) async throws -> UnitStamps {
        let view = try await daemon.ask("record-show", ["reference": .string(name)])
        var result = UnitStamps()
        for unit in view["units"]?.members ?? [] where unit.key != "deletion" {
            let values = [unit.value] + (unit.value["siblings"]?.elements ?? [])
            result.stamps[unit.key] = Set(values.compactMap { $0["stamp"]?.text })
        }
        return result
    }
}
