import FHIR

/// A place in a document: where a test changes something.
struct JSONPlace {
    enum Step {
        case key(String)
        case index(Int)
    }
    var steps: [Step] = []

    /// As FHIRPath, without the type.
    var text: String {
        steps.reduce(into: "") { text, step in
            switch step {
            case .key(let key): text += (text.isEmpty ? "" : ".") + key
            case .index(let index): text += "[\(index)]"
            }
        }
    }

    /// Whether it is what every resource has, and other tests are about.
    var isHead: Bool { ["", "resourceType", "id"].contains(text) }
}

extension JSON {
    /// All places, the document itself first.
    func places() -> [JSONPlace] {
        var places = [JSONPlace()]
        for member in members {
            places += member.value.places().map { $0.inside(.key(member.key)) }
        }
        for (i, element) in elements.enumerated() {
            places += element.places().map { $0.inside(.index(i)) }
        }
        return places
    }

    func value(at steps: [JSONPlace.Step]) -> JSON {
        steps.reduce(self) { json, step in
            switch step {
            case .key(let key): json[key] ?? .null
            case .index(let index): json.elements[index]
            }
        }
    }

    func replacing(_ steps: [JSONPlace.Step], by value: JSON) -> JSON {
        replacing(steps[...], by: value)
    }

    private func replacing(_ steps: ArraySlice<JSONPlace.Step>, by value: JSON) -> JSON {
        let rest = steps.dropFirst()
        switch steps.first {
        case nil: return value
        case .key(let key):
            return .object(
                members.map {
                    $0.key == key ? Member(key, $0.value.replacing(rest, by: value)) : $0
                })
        case .index(let index):
            var elements = elements
            elements[index] = elements[index].replacing(rest, by: value)
            return .array(elements)
        }
    }

    /// Values that can't stand where this one does, by their JSON type alone.
    var wrongTypes: [JSON] {
        switch self {
        case .null: [5, "a", true, [:]]
        case .bool: [5, "true", [self], [:]]
        case .number: ["5", true, [self], [:]]
        case .string: [5, true, [self], [:], ""]
        case .array: ["a", 5, [:], [], [[self]]]
        case .object: ["a", 5, true, [self], [:]]
        }
    }
}

extension JSONPlace {
    fileprivate func inside(_ step: Step) -> JSONPlace { JSONPlace(steps: [step] + steps) }
}

extension String {
    /// Without the underscore of a primitive's extensions.
    var trimmingUnderscore: String { hasPrefix("_") ? String(dropFirst()) : self }
}
