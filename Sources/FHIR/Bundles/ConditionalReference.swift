import Foundation

/// A search for one resource by its identifier, in a reference or in `ifNoneExist`:
/// `Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|9999912069`.
package struct ConditionalReference: Sendable, Hashable {
    package var type: String
    /// `nil` where any system will do; empty where there must be none.
    package var system: String?
    package var value: String

    /// In any system.
    init(type: String, value: String) {
        self.type = type
        self.value = value
    }

    /// - Parameter text: a conditional reference; `nil` for what isn't one, or searches otherwise.
    package init?(_ text: String) {
        guard let mark = text.firstIndex(of: "?"), ResourceName.isType(text[..<mark]) else {
            return nil
        }
        self.init(type: String(text[..<mark]), query: String(text[text.index(after: mark)...]))
    }

    /// - Parameter query: what stands behind the question mark.
    package init?(type: String, query: String) {
        let key = "identifier="
        guard query.hasPrefix(key), !query.contains("&") else { return nil }
        let escaped = String(query.dropFirst(key.count))
        let token = escaped.removingPercentEncoding ?? escaped
        self.type = type
        if let bar = token.firstIndex(of: "|") {
            system = String(token[..<bar])
            value = String(token[token.index(after: bar)...])
        } else {
            value = token
        }
        guard !value.isEmpty else { return nil }
    }

    /// Whether a reference is meant as one, even if it can't be resolved here.
    static func isConditional(_ text: String) -> Bool {
        guard let mark = text.firstIndex(of: "?") else { return false }
        return ResourceName.isType(text[..<mark])
    }
}
