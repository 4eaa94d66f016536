import Hospital
import Records

/// A record type's declaration, made ready for mapping: paths are parsed, owners looked up.
struct MappingPlan: Sendable {
    struct PlannedColumn: Sendable {
        let column: Column
        let path: Path?
    }
    struct PlannedPart: Sendable {
        let part: Part
        let columns: [PlannedColumn]
        var number: UInt8 { part.unit.number }

        init(_ part: Part) {
            self.part = part
            let columns: [Column] =
                switch part.content {
                case .single(let column): [column]
                case .group(let columns, _), .rest(let columns): columns
                case .own: []
                }
            self.columns = columns.map {
                PlannedColumn(column: $0, path: $0.path.map(Path.init))
            }
        }
    }
    let type: RecordType
    /// The shape of the resource or the element that the records are of; `nil` where it has none.
    let structure: StructureDefinition?
    let singles: [PlannedPart]
    /// Parts that take whole elements. Those that take what the others leave come last.
    let groups: [PlannedPart]
    /// The group of an element, by its name.
    private let owners: [String: Int]
    /// The groups of choices: `value[x]`.
    private let choices: [(element: String, group: Int)]
    private let leftovers: Int?

    init(_ type: RecordType) {
        self.type = type
        structure = MappingPlan.structure(of: type.entity)
        var singles: [PlannedPart] = []
        var groups: [PlannedPart] = []
        var owners: [String: Int] = [:]
        var choices: [(String, Int)] = []
        var leftovers: Int?
        for part in type.parts {
            switch part.content {
            case .single: singles.append(PlannedPart(part))
            case .group(_, let elements):
                for element in elements {
                    if element.hasSuffix("[x]") {
                        choices.append((element, groups.count))
                    } else {
                        owners[element] = groups.count
                    }
                }
                groups.append(PlannedPart(part))
            case .rest:
                // A list element's own unit takes everything, and leaves nothing to a remainder.
                if leftovers == nil { leftovers = groups.count }
                groups.append(PlannedPart(part))
            case .own: break
            }
        }
        self.singles = singles
        self.groups = groups
        self.owners = owners
        self.choices = choices
        self.leftovers = leftovers
    }

    /// The index of the group that takes a member; an extension of a primitive, `_birthDate`, goes
    /// where that goes.
    func group(of member: String) -> Int? {
        let name = member.hasPrefix("_") ? String(member.dropFirst()) : member
        if let owner = owners[name] { return owner }
        return choices.first { Part.covers($0.element, name) }?.group ?? leftovers
    }

    private static func structure(of entity: Entity) -> StructureDefinition? {
        if let type = entity.fhirType { return StructureDefinition.named(type) }
        if entity.number == EntityNumber.appointmentReason {
            return StructureDefinition.named("Appointment")
        }
        for type in HospitalSchema.types {
            guard let list = type.lists.first(where: { $0.entity == entity.number }) else {
                continue
            }
            return StructureDefinition.named(type.entity.fhirType ?? "")?.member(list.element)
                .flatMap { StructureDefinition.named($0.type.name) }
        }
        return nil
    }

    private static let plans: [UInt16: MappingPlan] = Dictionary(
        uniqueKeysWithValues: HospitalSchema.types.map { ($0.entity.number, MappingPlan($0)) })

    static func plan(for entity: UInt16) -> MappingPlan? { plans[entity] }
}
