/// The notation in which the structures are written down: a type's name and, in braces, its
/// elements, each with its data type. A star behind an element's name means a list, a plus a list
/// of one at least, an exclamation mark exactly one. `a|b` is a choice; codes and the targets of
/// references stand in brackets.
///
///     Patient {
///         name* HumanName  gender code(male|female|other|unknown)  deceased[x] boolean|dateTime
///         link* { other! Reference(Patient|RelatedPerson)  type! code(replaces|seealso) }
///     }
///
/// A mistake in it is this program's own, and ends it at the first use.
struct StructureNotation {
    private var words: ArraySlice<Substring>

    private init(_ text: String) {
        words = text.split(whereSeparator: \.isWhitespace)[...]
    }

    static func dataTypes(_ text: String) -> [StructureDefinition] {
        // R4 derives these from BackboneElement.
        types(text) { ["Timing", "Dosage"].contains($0) ? .backbone : .element }
    }

    static func resourceTypes(_ text: String) -> [StructureDefinition] {
        types(text) { _ in .resource }
    }

    private static func types(_ text: String, base: (String) -> Base) -> [StructureDefinition] {
        var notation = StructureNotation(text)
        var types: [StructureDefinition] = []
        while !notation.words.isEmpty {
            let name = String(notation.word())
            types.append(notation.type(name, base(name)))
        }
        return types
    }

    /// What a type has beside its own elements (R4, sections 2.24.0.2, 2.26 and 2.27).
    private enum Base: String {
        case element = "id string extension* Extension"
        case backbone = "id string extension* Extension modifierExtension* Extension"
        case resource = """
            id id meta Meta implicitRules uri language code text Narrative contained* Resource
            extension* Extension modifierExtension* Extension
            """
    }

    private mutating func word() -> Substring {
        guard let word = words.popFirst() else { preconditionFailure("a structure ends early") }
        return word
    }

    private mutating func type(_ name: String, _ base: Base) -> StructureDefinition {
        precondition(word() == "{", "\(name) has no elements")
        var inherited = StructureNotation(base.rawValue)
        var elements: [ElementDefinition] = []
        while !inherited.words.isEmpty { elements.append(inherited.element()) }
        while words.first != "}" { elements.append(element()) }
        words.removeFirst()
        return StructureDefinition(name, elements)
    }

    private mutating func element() -> ElementDefinition {
        var name = word()
        let mark = name.last ?? " "
        if "*+!".contains(mark) { name.removeLast() }
        let types =
            words.first == "{"
            ? [.backbone(type(String(name), .backbone))] : StructureNotation.dataTypes(of: word())
        return ElementDefinition(
            name: String(name), isList: mark == "*" || mark == "+",
            isRequired: mark == "!" || mark == "+", types: types)
    }

    private static func dataTypes(of word: Substring) -> [ElementDefinition.DataType] {
        if word != "*" { return alternatives(word).map(dataType) }
        return StructureDefinition.openTypes.split(separator: " ").map(dataType)
    }

    private static func dataType(_ text: Substring) -> ElementDefinition.DataType {
        let name = text.prefix { $0 != "(" }
        let inner = text.dropFirst(name.count).dropFirst().dropLast()
        let list = inner.split(separator: "|").map(String.init)
        if name == "Reference" { return .reference(list) }
        if name == "Resource" { return .resource }
        if name == "code", !list.isEmpty { return .code(list) }
        return Primitive(rawValue: String(name)).map { .primitive($0) } ?? .complex(String(name))
    }

    /// The parts of a choice; bars in brackets are not between them.
    private static func alternatives(_ word: Substring) -> [Substring] {
        var depth = 0
        return word.split { character in
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            return character == "|" && depth == 0
        }
    }
}
