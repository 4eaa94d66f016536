import Causality

/// How concurrent writes of one unit are decided. A policy only decides what *shows*: every
/// sibling is kept until a write replaces it, whatever the policy.
package enum Policy: Sendable, Hashable {
    /// The highest stamp shows; the other stays in history. For what does little harm.
    case latest
    /// As `latest`, and a review item until a person has settled it with a new write. With an
    /// order, the sibling furthest along it shows, so that the dangerous one counts.
    case review(Order?)
    /// The sibling furthest along the order shows: a status.
    case progress(Order)
    /// The lowest stamp shows; a second value is a review item: an identifier.
    case once
    /// As `once`: the record is never overwritten, only amended by a later one.
    case append

    /// The order of the values of one field of the unit. A value not in it comes before all.
    package struct Order: Sendable, Hashable {
        package var field: Int
        package var values: [String]
        package init(field: Int = 0, _ values: [String]) {
            self.field = field
            self.values = values
        }
    }

    /// Whether siblings of different values ask for a person's decision.
    package var raisesReview: Bool {
        switch self {
        case .review, .once, .append: true
        case .latest, .progress: false
        }
    }
}

/// A column of a unit.
package struct Field: Sendable, Hashable {
    /// The column's name in SQLite, unique in the entity.
    package var name: String
    package var type: FieldType
    /// What a reader sees while the unit has never been written.
    package var fallback: Value

    package init(_ name: String, _ type: FieldType, default fallback: Value = .null) {
        precondition(type.accepts(fallback))
        self.name = name
        self.type = type
        self.fallback = fallback
    }
}

/// What merges as one: a field, or fields that only make sense together.
package struct Unit: Sendable, Hashable {
    /// Permanent, 1 to 62; never used again for something else. 0 is the record's deletion.
    package var number: UInt8
    package var name: String
    package var policy: Policy
    /// Fixed for ever: what is added later is a unit of its own.
    package var fields: [Field]

    /// A unit of one field, which has the unit's name.
    package init(
        _ number: UInt8, _ name: String, _ type: FieldType, _ policy: Policy = .latest,
        default fallback: Value = .null
    ) {
        self.init(number, name, policy, [Field(name, type, default: fallback)])
    }

    /// A unit of several fields. Its value is a ``Value/group(_:)`` of theirs, in this order.
    package init(_ number: UInt8, _ name: String, _ policy: Policy, _ fields: [Field]) {
        precondition((1...Unit.largestNumber).contains(number), "unit numbers are 1 to 62")
        precondition(!fields.isEmpty)
        self.number = number
        self.name = name
        self.policy = policy
        self.fields = fields
    }

    package static let largestNumber: UInt8 = 62
    /// The number of a record's deletion, which is a write like any other.
    package static let deletion: UInt8 = 0

    /// What a reader sees while it has never been written; `nil` where that is nothing.
    package var fallback: Value? {
        guard fields.contains(where: { $0.fallback != .null }) else { return nil }
        return fields.count == 1 ? fields[0].fallback : .group(fields.map(\.fallback))
    }

    package func accepts(_ value: Value) -> Bool {
        if fields.count == 1 { return fields[0].type.accepts(value) }
        guard case .group(let values) = value, values.count == fields.count else { return false }
        return zip(fields, values).allSatisfy { $0.type.accepts($1) }
    }
}

/// One kind of record: a table, a part of the codec, a set of merge rules.
package struct Entity: Sendable, Hashable {
    /// Permanent, as a protobuf tag is; 1 to 255, by its limit.
    package var number: UInt16
    /// The table's name in SQLite.
    package var name: String
    /// The FHIR type that the records come out as; `nil` for what is part of another's resource.
    package var fhirType: String?
    package var compartment: Compartment.Kind
    /// Whether a record of this entity is what its compartment is named after.
    package var isRoot: Bool
    package var lane: Lane
    package var units: [Unit]

    package init(
        _ number: UInt16, _ name: String, fhir: String? = nil, in compartment: Compartment.Kind,
        isRoot: Bool = false, lane: Lane = .care, _ units: [Unit]
    ) {
        precondition(
            number > 0 && number <= Limits.entityNumber, "entity numbers are 1 to 255")
        let fields = units.flatMap(\.fields).map(\.name)
        precondition(
            Set(units.map(\.number)).count == units.count, "unit numbers of \(name) repeat")
        precondition(Set(fields).count == fields.count, "columns of \(name) repeat")
        precondition(!fields.contains { $0.hasPrefix("_") || $0 == "id" }, "columns of \(name)")
        self.number = number
        self.name = name
        fhirType = fhir
        self.compartment = compartment
        self.isRoot = isRoot
        self.lane = lane
        self.units = units.sorted { $0.number < $1.number }
    }

    package func unit(_ number: UInt8) -> Unit? { units.first { $0.number == number } }
    package func unit(named name: String) -> Unit? { units.first { $0.name == name } }
}

/// Who holds the compartments of a kind, besides those whose clinics asked to: the units of the
/// root record whose text names a clinic.
package struct HolderRule: Sendable, Hashable {
    package var root: UInt16
    /// Units that hold the number of a node in hexadecimal, as ``NodeID`` prints.
    package var nodeUnits: [UInt8]
    /// Units that hold a reference to the clinic's Organization: `Organization/…`.
    package var organizationUnits: [UInt8]
    /// The entity, in a clinic's own compartment, whose records ask to hold or to leave.
    package var holdEntity: UInt16
    /// Its units: the id of the root record, and whether the clinic wants it.
    package var holdTarget: UInt8
    package var holdWanted: UInt8

    package init(
        root: UInt16, nodeUnits: [UInt8], organizationUnits: [UInt8], holdEntity: UInt16,
        holdTarget: UInt8, holdWanted: UInt8
    ) {
        self.root = root
        self.nodeUnits = nodeUnits
        self.organizationUnits = organizationUnits
        self.holdEntity = holdEntity
        self.holdTarget = holdTarget
        self.holdWanted = holdWanted
    }
}

/// Everything that a version of the product knows about records, declared once: from it come the
/// tables, the codec, the merge and the digest. An entity or a unit that is not in it, because a
/// newer version sent it, is merged, kept and forwarded all the same.
package struct Schema: Sendable {
    package let entities: [Entity]
    package let holders: HolderRule?
    private let byNumber: [UInt16: Entity]

    package init(_ entities: [Entity], holders: HolderRule? = nil) {
        byNumber = Dictionary(entities.map { ($0.number, $0) }) { _, _ in
            preconditionFailure("entity numbers repeat")
        }
        precondition(Set(entities.map(\.name)).count == entities.count, "entity names repeat")
        self.entities = entities.sorted { $0.number < $1.number }
        self.holders = holders
    }

    package subscript(number: UInt16) -> Entity? { byNumber[number] }
    package func entity(named name: String) -> Entity? { entities.first { $0.name == name } }
    package func entity(fhirType: String) -> Entity? { entities.first { $0.fhirType == fhirType } }
    /// The entity whose records name the compartments of `kind`.
    package func root(of kind: Compartment.Kind) -> Entity? {
        entities.first { $0.isRoot && $0.compartment == kind }
    }
}
