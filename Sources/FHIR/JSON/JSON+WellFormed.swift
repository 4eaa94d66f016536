extension JSON {
    /// Checks what R4 says of all JSON (its section 2.6.2): nothing is empty, and null stands only
    /// in lists of primitives, in the place of a value that has nothing but an extension.
    ///
    /// - Throws: an issue with its place from here.
    func checkWellFormed() throws(FHIRIssue) {
        switch self {
        case .null: throw FHIRIssue(.structure, "must not be null; leave the element out")
        case .string(let text):
            if text.isEmpty {
                throw FHIRIssue(.structure, "must not be an empty text; leave the element out")
            }
        case .bool, .number: break
        case .array(let elements): try JSON.checkWellFormed(elements, partner: nil)
        case .object(let members):
            if members.isEmpty {
                throw FHIRIssue(.structure, "must not be an empty object; leave the element out")
            }
            for member in members {
                do throws(FHIRIssue) {
                    if case .array(let elements) = member.value {
                        try JSON.checkWellFormed(elements, partner: self[member.partner])
                    } else {
                        try member.value.checkWellFormed()
                    }
                } catch { throw error.within(member.key) }
            }
        }
    }

    /// - Parameter partner: the list beside it, of the extensions of its values or of the values.
    private static func checkWellFormed(
        _ elements: [JSON], partner: JSON?
    ) throws(FHIRIssue) {
        if elements.isEmpty {
            throw FHIRIssue(.structure, "must not be an empty list; leave the element out")
        }
        for (i, element) in elements.enumerated() {
            if case .null = element, partner?.elements.isFilled(at: i) == true { continue }
            do throws(FHIRIssue) { try element.checkWellFormed() } catch {
                throw error.within("[\(i)]")
            }
        }
    }
}

extension JSON.Member {
    /// The name beside it: of a value, that of its extensions, and the other way round.
    fileprivate var partner: String {
        key.hasPrefix("_") ? String(key.dropFirst()) : "_" + key
    }
}

extension [JSON] {
    /// Whether something other than null stands at a place.
    func isFilled(at index: Int) -> Bool {
        guard index < count else { return false }
        if case .null = self[index] { return false }
        return true
    }
}
