import FHIR

/// Resources made from the structures themselves: every element that R4 defines of a type is in
/// one of them, each choice in each of its types.
struct StructureSamples {
    /// Elements nest without end (an Identifier has an assigner, which has an Identifier).
    private static let depth = 4

    /// - Parameter type: a resource that has an entity of its own.
    static func resources(_ type: String) -> [JSON] {
        guard let structure = StructureDefinition.named(type) else { return [] }
        let choices = structure.elements.map(\.types.count).max() ?? 1
        return (0..<choices).map { choice in
            var samples = StructureSamples(choice: choice)
            var members = samples.members(of: structure, depth: depth)
            members.removeAll { $0.key == "id" }
            members.insert(JSON.Member("id", "x1"), at: 0)
            members.insert(JSON.Member("resourceType", .string(type)), at: 0)
            return .object(members)
        }
    }

    /// Which of a choice's types is taken; further ones take turns.
    private let choice: Int
    private var count = 0

    private init(choice: Int) { self.choice = choice }

    private mutating func members(
        of structure: StructureDefinition, depth: Int
    ) -> [JSON.Member] {
        var members: [JSON.Member] = []
        for element in structure.elements {
            let (key, type) = element.names[choice % element.names.count]
            // Extensions of extensions of extensions tell nothing new.
            let isDeep = ["extension", "modifierExtension", "contained"].contains(key)
            guard depth > (isDeep ? StructureSamples.depth - 2 : 0) || element.isRequired else {
                continue
            }
            // What is no choice, and holds none, is in the first resource.
            guard choice == 0 || element.isRequired || element.isChoice || type.holdsChoices else {
                continue
            }
            let value = value(of: type, depth: depth - 1)
            let isOutermost = depth == StructureSamples.depth
            let list: JSON = .array(isOutermost ? [value, value] : [value])
            members.append(JSON.Member(key, element.isList ? list : value))
            if type.isPrimitive, isOutermost {
                let beside: JSON = ["extension": [["url": "urn:x", "valueCode": "c"]]]
                members.append(JSON.Member("_" + key, element.isList ? [.null, beside] : beside))
            }
        }
        return members
    }

    private mutating func object(of structure: StructureDefinition, depth: Int) -> JSON {
        let members = members(of: structure, depth: depth)
        return members.isEmpty ? ["id": .string("e\(count)")] : .object(members)
    }

    private mutating func value(of type: ElementDefinition.DataType, depth: Int) -> JSON {
        count += 1
        switch type {
        case .primitive(let primitive): return primitive.sample(count)
        case .code(let codes): return .string(codes[count % codes.count])
        case .reference(let targets):
            // The patient is one and the same, wherever it is named.
            let type = targets.contains("Patient") ? "Patient" : targets.first ?? "Practitioner"
            return ["reference": .string("\(type)/p1"), "display": .string("d\(count)")]
        case .complex(let name):
            guard let structure = StructureDefinition.named(name) else { return ["text": "t"] }
            return object(of: structure, depth: depth)
        case .backbone(let structure): return object(of: structure, depth: max(depth, 1))
        case .resource:
            return ["resourceType": "Medication", "id": .string("c\(count)")]
        }
    }
}

extension ElementDefinition.DataType {
    fileprivate var holdsChoices: Bool {
        switch self {
        case .backbone: true
        case .complex(let name): ["Dosage", "Timing", "Annotation"].contains(name)
        case .primitive, .code, .reference, .resource: false
        }
    }
}

extension Primitive {
    fileprivate func sample(_ count: Int) -> JSON {
        switch self {
        case .boolean: .bool(count % 2 == 0)
        case .integer, .positiveInt, .unsignedInt: .number(count)
        case .decimal: .number("\(count).50")
        case .string, .markdown: .string("text \(count)\n")
        case .xhtml: "<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"
        case .code, .id: .string("c-\(count)")
        case .uri, .url, .canonical, .oid, .uuid: .string("urn:x:\(count)")
        case .base64Binary: "AAEC/+=="
        case .date: "1974-12"
        case .dateTime: "2015-02-07T13:28:17.239+02:00"
        case .instant: "2015-02-07T13:28:17Z"
        case .time: "13:28:17"
        }
    }
}
