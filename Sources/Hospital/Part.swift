import Records

/// A unit of a record and what it takes of the FHIR resource.
///
/// A group takes whole elements: what its columns can't hold of them stays beside the columns, as
/// JSON in the unit's last field. So the unit always holds its elements exactly, and no merge can
/// put the new code of one author beside the old display text of another.
package struct Part: Sendable {
    package enum Content: Sendable {
        /// One column. What else the element has, such as an extension, is in the remainder.
        case single(Column)
        /// The columns of whole elements, and what else those elements hold. Elements are members
        /// of the resource by name; `value[x]` names all types of a choice.
        case group([Column], elements: [String])
        /// As `group`, of everything that no other part has taken.
        case rest([Column])
        /// Not in the resource: set and read by the program.
        case own
    }

    package let unit: Unit
    package let content: Content

    /// A unit of one column, which stands at `path`; by default the element of the unit's name.
    static func single(
        _ number: UInt8, _ name: String, _ format: Column.Format, _ policy: Policy = .latest,
        at path: String? = nil
    ) -> Part {
        let column = Column(name, format, path ?? name)
        return Part(
            unit: Unit(number, name, policy, [column.field]), content: .single(column))
    }

    /// A unit of whole elements. Its last field, named after the unit, is what the columns can't
    /// hold.
    ///
    /// - Parameter elements: by default, those in which the columns' paths begin.
    static func group(
        _ number: UInt8, _ name: String, _ policy: Policy, of elements: [String] = [],
        _ columns: [[Column]]
    ) -> Part {
        let columns = columns.flatMap { $0 }
        var owned = elements
        for column in columns {
            let element = column.path.map { String($0.prefix { $0 != "." && $0 != "[" }) }
            if let element, !owned.contains(where: { covers($0, element) }) {
                owned.append(element)
            }
        }
        return Part(
            unit: Unit(number, name, policy, columns.map(\.field) + [more(of: name)]),
            content: .group(columns, elements: owned))
    }

    /// A unit of whole elements whose latest write shows.
    static func group(
        _ number: UInt8, _ name: String, of elements: [String] = [], _ columns: [[Column]]
    ) -> Part {
        group(number, name, .latest, of: elements, columns)
    }

    /// The whole of a child element, or what an earlier part left of it.
    static func rest(_ number: UInt8, _ name: String, _ columns: [[Column]]) -> Part {
        let columns = columns.flatMap { $0 }
        return Part(
            unit: Unit(number, name, .latest, columns.map(\.field) + [more(of: name)]),
            content: .rest(columns))
    }

    /// What the resource has beyond the other units.
    static var remainder: Part {
        Part(unit: Unit(Part.remainderNumber, "remainder", .json), content: .rest([]))
    }

    static func own(
        _ number: UInt8, _ name: String, _ type: FieldType, _ policy: Policy = .latest
    ) -> Part {
        Part(unit: Unit(number, name, type, policy), content: .own)
    }

    /// The same number in each entity.
    package static let remainderNumber: UInt8 = 62

    private static func more(of unit: String) -> Field { Field("\(unit)More", .json) }

    /// Whether the element of a part's list is the member, or a choice that the member is of.
    package static func covers(_ element: String, _ member: String) -> Bool {
        guard element.hasSuffix("[x]") else { return element == member }
        let stem = element.dropLast(3)
        return member.hasPrefix(stem) && member.dropFirst(stem.count).first?.isUppercase == true
    }
}
