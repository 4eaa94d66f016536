import Records

/// Where a FHIR reference points.
package struct ReferenceTarget: Sendable, Hashable {
    package var type: String
    package var id: String

    /// - Parameter text: `TYPE/ID`, with or without a base URL before and a version after.
    ///   Anything else, such as `#contained`, a URN or a search, gives `nil`.
    package init?(_ text: String) {
        guard !text.utf8.contains(UInt8(ascii: "?")) else { return nil }
        var parts = text.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count >= 4, parts[parts.count - 2] == "_history" { parts.removeLast(2) }
        guard parts.count >= 2, let type = parts.dropLast().last, let id = parts.last,
            ResourceName.isID(id), ResourceName.isType(type)
        else { return nil }
        self.type = String(type)
        self.id = String(id)
    }

    /// Whether a text can stand in a reference: a name, an absolute URL or URN, `#` and the id of
    /// what is contained, or, in a transaction, a search.
    static func isReference(_ text: String) -> Bool {
        if text.hasPrefix("#") { return true }
        if let colon = text.firstIndex(of: ":"), !text[..<colon].contains("/") {
            return !text.utf8.contains(UInt8(ascii: " "))
        }
        return ReferenceTarget(text) != nil || ConditionalReference.isConditional(text)
    }
}

/// What FHIR allows as the type and the id of a resource.
package enum ResourceName {
    package static func isType(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, UInt8(ascii: "A")...UInt8(ascii: "Z") ~= first else {
            return false
        }
        return text.utf8.count <= 64 && text.utf8.allSatisfy { isLetter($0) }
    }

    /// The parts of `TYPE/ID`; `nil` for what isn't such a name.
    package static func parts(of name: String) -> (type: String, id: String)? {
        guard let slash = name.firstIndex(of: "/"), isType(name[..<slash]) else { return nil }
        let id = name[name.index(after: slash)...]
        return id.isEmpty ? nil : (String(name[..<slash]), String(id))
    }

    /// Whether a text is an id as R4 has it: 1 to 64 letters, digits, `-` and `.`.
    package static func isID(_ text: some StringProtocol) -> Bool {
        1...64 ~= text.utf8.count
            && text.utf8.allSatisfy {
                isLetter($0) || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
                    || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
            }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        let lower = byte | 0x20
        return UInt8(ascii: "a")...UInt8(ascii: "z") ~= lower
    }
}
