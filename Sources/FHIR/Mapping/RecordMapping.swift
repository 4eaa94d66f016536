import Hospital
import Records

/// The members of a resource or element, in and out of the units of one record.
extension MappingPlan {
    /// - Parameter members: without `resourceType`, `id` and the lists that are records.
    /// - Throws: an issue with its place from here.
    func units(of members: [JSON.Member]) throws(FHIRIssue) -> [UInt8: Value] {
        var units: [UInt8: Value] = [:]
        var object = JSON.object(members)
        for single in singles {
            let column = single.columns[0]
            if let value = try take(column, from: &object) { units[single.number] = value }
        }
        var taken = [[JSON.Member]](repeating: [], count: groups.count)
        for member in object.members {
            if let group = group(of: member.key) { taken[group].append(member) }
        }
        for (group, members) in zip(groups, taken) where !members.isEmpty {
            units[group.number] = try value(of: group, from: members)
        }
        return units
    }

    /// A group's columns, and last what they can't hold.
    func value(
        of group: PlannedPart, from members: [JSON.Member]
    ) throws(FHIRIssue) -> Value {
        var object = JSON.object(members)
        var values = [Value](repeating: .null, count: group.columns.count)
        // From the last on, so that of an array's elements the later ones go first.
        for i in group.columns.indices.reversed() {
            let column = group.columns[i]
            if column.path == nil {
                values[i] = derived(column.column, from: members)
            } else if let value = try take(column, from: &object) {
                values[i] = value
            }
        }
        let rest: Value = object.isEmpty ? .null : .text(object.canonical)
        return group.columns.isEmpty ? rest : .group(values + [rest])
    }

    private func take(
        _ column: PlannedColumn, from object: inout JSON
    ) throws(FHIRIssue) -> Value? {
        guard let path = column.path, let json = object.value(at: path) else { return nil }
        do throws(FHIRIssue) {
            guard let value = try column.column.format.value(of: json) else { return nil }
            object.remove(at: path)
            return value
        } catch {
            throw error.within(path.text)
        }
    }

    /// What is computed from the rest of its unit: there is only an allergy's standing.
    private func derived(_ column: Column, from members: [JSON.Member]) -> Value {
        let object = JSON.object(members)
        func codes(_ element: String) -> [String] {
            object[element]?["coding"]?.elements.compactMap { $0["code"]?.text } ?? []
        }
        let standing = AllergyStanding(
            substance: codes("code"), clinical: codes("clinicalStatus"),
            verification: codes("verificationStatus"))
        return .text(standing.rawValue)
    }

    /// - Returns: what the units hold, merged into one object's members.
    func members(of units: [UInt8: Value]) -> [JSON.Member] {
        var object = JSON.object([])
        for group in groups.reversed() {
            guard let value = units[group.number] else { continue }
            for member in members(of: group, value) { object.merge(member) }
        }
        for single in singles {
            guard let value = units[single.number], let path = single.columns[0].path,
                let json = single.columns[0].column.format.json(of: value)
            else { continue }
            object.put(json, at: path)
        }
        return object.members
    }

    func members(of group: PlannedPart, _ value: Value) -> [JSON.Member] {
        let values: [Value] = if case .group(let values) = value { values } else { [value] }
        var object = JSON.object([])
        if values.count > group.columns.count, case .text(let rest)? = values.last {
            object = (try? JSON(parsing: rest)) ?? MappingPlan.unreadable(rest)
        }
        for (column, value) in zip(group.columns, values) {
            guard let path = column.path, let json = column.column.format.json(of: value) else {
                continue
            }
            object.put(json, at: path)
        }
        return object.members
    }

    /// Text that stands where JSON should, which another node's fault may have put there. It is
    /// shown rather than lost.
    static func unreadable(_ text: String) -> JSON {
        ["extension": [["url": "urn:clinicsync:unreadable", "valueString": .string(text)]]]
    }
}

extension JSON {
    /// Adds a member; where there is one of its name, lists are joined and objects merged.
    mutating func merge(_ member: Member) {
        guard let there = self[member.key] else { return set(member.key, member.value) }
        switch (there, member.value) {
        case (.array(let first), .array(let second)): set(member.key, .array(first + second))
        case (.object, .object(let members)):
            var merged = there
            for inner in members { merged.merge(inner) }
            set(member.key, merged)
        default: break
        }
    }
}
