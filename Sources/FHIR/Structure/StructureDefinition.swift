/// The elements of one FHIR R4 type: which data type each has, and how many there may be.
///
/// It is what FHIR's own StructureDefinitions say of shape, and of codes where R4 allows no others.
/// Elements that it doesn't name may be there and are kept as they are.
package struct StructureDefinition: Sendable {
    package let name: String
    package let elements: [ElementDefinition]
    /// The elements by the names that they have in JSON: a choice has one for each of its types.
    private let members: [String: Member]

    /// A name in JSON, what stands under it, and the place of its element in ``elements``.
    package struct Member: Sendable {
        package let element: Int
        package let type: ElementDefinition.DataType
    }

    init(_ name: String, _ elements: [ElementDefinition]) {
        self.name = name
        self.elements = elements
        var members: [String: Member] = [:]
        for (i, element) in elements.enumerated() {
            for (key, type) in element.names {
                let former = members.updateValue(Member(element: i, type: type), forKey: key)
                precondition(former == nil, "\(name) has two elements \(key)")
            }
        }
        self.members = members
    }

    package func member(_ key: String) -> Member? { members[key] }

    /// The choice that a name would be of, if the choice had such a type: `deceased[x]` for
    /// `deceasedString`.
    func choice(of key: String) -> ElementDefinition? {
        elements.first { element in
            element.isChoice && key.hasPrefix(element.stem)
                && key.dropFirst(element.stem.count).first?.isUppercase == true
        }
    }

    /// The type of a resource or a data type by its name; `nil` for types that are kept whole.
    package static func named(_ name: String) -> StructureDefinition? { all[name] }

    private static let all: [String: StructureDefinition] = {
        let types =
            StructureNotation.dataTypes(dataTypes) + StructureNotation.resourceTypes(resourceTypes)
        return Dictionary(uniqueKeysWithValues: types.map { ($0.name, $0) })
    }()
}

/// One element of a type.
package struct ElementDefinition: Sendable {
    /// `deceased[x]` for a choice of types.
    package let name: String
    package let isList: Bool
    /// Whether there must be one at least.
    package let isRequired: Bool
    /// Several for a choice.
    package let types: [DataType]

    package indirect enum DataType: Sendable {
        case primitive(Primitive)
        /// A code of a set to which R4 allows no additions.
        case code([String])
        /// A data type of its own name.
        case complex(String)
        /// A Reference to one of these types; to any where there are none.
        case reference([String])
        /// Elements that stand here alone.
        case backbone(StructureDefinition)
        /// Any resource, contained in another.
        case resource
    }

    package var isChoice: Bool { name.hasSuffix("[x]") }

    /// What the names of a choice begin with.
    var stem: Substring { isChoice ? name.dropLast(3) : name[...] }

    /// The names in JSON.
    package var names: [(String, DataType)] {
        guard isChoice else { return types.map { (name, $0) } }
        return types.map { type in
            (stem + type.name.prefix(1).uppercased() + type.name.dropFirst(), type)
        }
    }
}

extension ElementDefinition.DataType {
    /// As FHIR calls it.
    package var name: String {
        switch self {
        case .primitive(let primitive): primitive.rawValue
        case .code: Primitive.code.rawValue
        case .complex(let name): name
        case .reference: "Reference"
        case .backbone: "BackboneElement"
        case .resource: "Resource"
        }
    }

    /// Whether it is a JSON scalar, which may have an extension beside it under `_` and its name.
    package var isPrimitive: Bool {
        switch self {
        case .primitive, .code: true
        case .complex, .reference, .backbone, .resource: false
        }
    }
}
