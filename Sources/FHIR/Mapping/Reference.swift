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
            !id.isEmpty, ResourceName.isType(type)
        else { return nil }
        self.type = String(type)
        self.id = String(id)
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

    /// - Throws: where the id can't be one in a REST request: 1 to 64 letters, digits, `-`, `.`.
    package static func checkID(_ id: String) throws(FHIRIssue) {
        let isGood = id.utf8.allSatisfy {
            isLetter($0) || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
                || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
        }
        guard isGood, 1...64 ~= id.utf8.count else {
            throw FHIRIssue(
                .value, "An id has 1 to 64 letters, digits, ‘-’ and ‘.’; choose such a one",
                at: "Resource.id")
        }
    }

    /// Ids that are imported may be longer than FHIR allows, up to this many bytes.
    package static let longestImportedID = 256

    private static func isLetter(_ byte: UInt8) -> Bool {
        let lower = byte | 0x20
        return UInt8(ascii: "a")...UInt8(ascii: "z") ~= lower
    }
}
