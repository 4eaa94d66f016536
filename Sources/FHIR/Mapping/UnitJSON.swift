import Hospital
import Records

/// One unit's value as FHIR JSON, for whoever compares or settles what two people wrote: of a unit
/// of one column the bare value, `"male"`; of others an object of the elements that the unit holds,
/// `{"birthDate": "1974-12"}`.
package enum UnitJSON {
    package static func json(of value: Value, unit: UInt8, entity: UInt16) -> JSON {
        guard let plan = MappingPlan.plan(for: entity), let part = plan.type.part(unit) else {
            return plain(value)
        }
        switch part.content {
        case .single(let column): return column.format.json(of: value) ?? .null
        case .group, .rest:
            guard let group = plan.groups.first(where: { $0.number == unit }) else { return .null }
            return isBlank(value) ? .null : .object(plan.members(of: group, value))
        case .own:
            guard part.unit.fields[0].type == .json, case .text(let text) = value else {
                return part.unit.fields[0].type == .boolean && value != .null
                    ? .bool(value == .integer(1)) : plain(value)
            }
            return (try? JSON(parsing: text)) ?? .string(text)
        }
    }

    /// The value that a person gives as JSON of the form that ``json(of:unit:entity:)`` has.
    ///
    /// - Throws: an issue that names the element and what may stand there.
    package static func value(
        from json: JSON, unit: UInt8, entity: UInt16
    ) throws(FHIRIssue) -> Value {
        guard let plan = MappingPlan.plan(for: entity), let part = plan.type.part(unit) else {
            throw FHIRIssue(.notSupported, "This version doesn't know the unit; upgrade first")
        }
        let name = part.unit.name
        if case .null = json { return blank(part.unit) }
        switch part.content {
        case .single(let column):
            do throws(FHIRIssue) {
                try check(json, of: column, plan)
                guard let value = try column.format.value(of: json) else {
                    throw FHIRIssue(
                        .value, "is not in a form that the unit can hold: see ‘record show’")
                }
                return value
            } catch {
                throw error.within(name)
            }
        case .group, .rest:
            guard case .object(let members) = json,
                let group = plan.groups.first(where: { $0.number == unit })
            else {
                throw FHIRIssue(
                    .structure, "must be an object of FHIR elements, as ‘record show’ has it",
                    at: name)
            }
            for member in members where !owns(member.key, group, plan) {
                throw FHIRIssue(
                    .structure, "this element is not part of the unit ‘\(name)’; leave it out",
                    at: "\(name).\(member.key)")
            }
            do throws(FHIRIssue) {
                try plan.structure?.check(members, isWhole: false)
                return try plan.value(of: group, from: members)
            } catch {
                throw error.within(name)
            }
        case .own: return try own(json, part.unit)
        }
    }

    /// What the column's type alone doesn't say: which codes there are.
    private static func check(
        _ json: JSON, of column: Column, _ plan: MappingPlan
    ) throws(FHIRIssue) {
        guard let path = column.path, plan.structure?.member(path) != nil else { return }
        do throws(FHIRIssue) {
            try plan.structure?.check([JSON.Member(path, json)], isWhole: false)
        } catch {
            throw FHIRIssue(error.code, error.diagnostics)
        }
    }

    private static func owns(
        _ member: String, _ group: MappingPlan.PlannedPart, _ plan: MappingPlan
    ) -> Bool {
        plan.group(of: member).map { plan.groups[$0].number == group.number } ?? false
    }

    private static func own(_ json: JSON, _ unit: Unit) throws(FHIRIssue) -> Value {
        let value: Value
        switch (unit.fields[0].type, json) {
        case (.json, _): value = .text(json.canonical)
        case (.boolean, .bool(let flag)): value = .integer(flag ? 1 : 0)
        case (.integer, .number(let text)): value = Int64(text).map { .integer($0) } ?? .null
        case (_, .string(let text)): value = .text(text)
        default: value = .null
        }
        guard value != .null, unit.accepts(value) else {
            throw FHIRIssue(.structure, "has another type; see ‘record show’", at: unit.name)
        }
        return value
    }

    private static func blank(_ unit: Unit) -> Value {
        unit.fields.count == 1
            ? .null : .group(Array(repeating: .null, count: unit.fields.count))
    }

    private static func isBlank(_ value: Value) -> Bool {
        switch value {
        case .null: true
        case .group(let values): values.allSatisfy(isBlank)
        default: false
        }
    }

    /// The bytes of a value that its unit can't hold, for whoever looks into it.
    package static func hexadecimal(_ value: Value) -> String {
        let bytes: [UInt8]
        if case .bytes(let wire) = value { bytes = wire } else { bytes = WireValue.encoded(value) }
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    private static func plain(_ value: Value) -> JSON {
        switch value {
        case .null: .null
        case .integer(let n): .number(String(n))
        case .text(let text): .string(text)
        case .bytes(let bytes): .array(bytes.map { .number(Int($0)) })
        case .group(let values): .array(values.map(plain))
        }
    }
}
