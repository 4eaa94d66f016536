import Causality
import Records

/// An entity with its place in FHIR. The entity, and so the table, the codec and the merge, and
/// the mapping to FHIR both come from this one declaration.
package struct RecordType: Sendable {
    package let entity: Entity
    package let parts: [Part]
    /// Lists whose elements are records of their own: the element's name and the entity's number.
    package let lists: [List]

    package struct List: Sendable {
        package let element: String
        package let entity: UInt16
        init(_ element: String, _ entity: UInt16) {
            self.element = element
            self.entity = entity
        }
    }

    init(
        _ number: UInt16, _ name: String, fhir: String? = nil, in compartment: Compartment.Kind,
        isRoot: Bool = false, lane: Lane = .care, lists: [List] = [], _ parts: [Part]
    ) {
        entity = Entity(
            number, name, fhir: fhir, in: compartment, isRoot: isRoot, lane: lane,
            parts.map(\.unit))
        self.parts = parts
        self.lists = lists
    }

    package func part(_ number: UInt8) -> Part? { parts.first { $0.unit.number == number } }
}
