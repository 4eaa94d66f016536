/// A place in a resource or in an element: `code.coding[0].system`.
struct Path: Sendable {
    enum Step: Sendable, Hashable {
        case key(String)
        case index(Int)
    }
    let text: String
    let steps: [Step]

    /// - Parameter text: names with points between, each with or without one index in brackets.
    init(_ text: String) {
        self.text = text
        var steps: [Step] = []
        for name in text.split(separator: ".") {
            let parts = name.split(separator: "[")
            steps.append(.key(String(parts[0])))
            if parts.count == 2, let index = Int(parts[1].dropLast()) {
                steps.append(.index(index))
            }
        }
        self.steps = steps
    }
}

extension JSON {
    func value(at path: Path) -> JSON? {
        var here = self
        for step in path.steps {
            switch step {
            case .key(let key):
                guard let next = here[key] else { return nil }
                here = next
            case .index(let index):
                guard case .array(let elements) = here, index < elements.count else { return nil }
                here = elements[index]
            }
        }
        return here
    }

    /// Takes a value out, with the objects and the ends of arrays that only it had kept from being
    /// empty; what was empty before stays. So ``put(_:at:)`` puts it back exactly.
    mutating func remove(at path: Path) { remove(path.steps[...]) }

    private mutating func remove(_ steps: ArraySlice<Path.Step>) {
        let rest = steps.dropFirst()
        switch steps.first {
        case .key(let key):
            guard case .object(var members) = self,
                let at = members.firstIndex(where: { $0.key == key })
            else { return }
            // So that the members have one owner, and are changed where they are.
            self = .null
            if !rest.isEmpty { members[at].value.remove(rest) }
            if rest.isEmpty || members[at].value.isEmpty { members.remove(at: at) }
            self = .object(members)
        case .index(let index):
            guard case .array(var elements) = self, index < elements.count else { return }
            self = .null
            if !rest.isEmpty { elements[index].remove(rest) }
            let isVoid = rest.isEmpty || elements[index].isEmpty
            if isVoid, index == elements.count - 1 { elements.removeLast() }
            self = .array(elements)
        case nil: break
        }
    }

    /// Puts a value in, with the objects and array elements on its way that are missing.
    mutating func put(_ value: JSON, at path: Path) { put(value, path.steps[...]) }

    private mutating func put(_ value: JSON, _ steps: ArraySlice<Path.Step>) {
        switch steps.first {
        case nil: self = value
        case .key(let key):
            var members = members
            self = .null
            if let at = members.firstIndex(where: { $0.key == key }) {
                members[at].value.put(value, steps.dropFirst())
            } else {
                var inner = JSON.object([])
                inner.put(value, steps.dropFirst())
                members.append(Member(key, inner))
            }
            self = .object(members)
        case .index(let index):
            var elements = elements
            self = .null
            while elements.count <= index { elements.append(.object([])) }
            elements[index].put(value, steps.dropFirst())
            self = .array(elements)
        }
    }
}
