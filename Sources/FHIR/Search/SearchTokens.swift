import Hospital
import Records

/// What a patient, or somebody in the directory, is found by.
package struct SearchTokens: Sendable, Hashable {
    package struct Identifier: Sendable, Hashable {
        /// Empty where the identifier has no system.
        package var system: String
        package var value: String

        package init(system: String, value: String) {
            self.system = system
            self.value = value
        }
    }
    /// Folded words of all names, in the order of the names, each once.
    package var names: [String] = []
    /// Their sounds.
    package var phonetic: [String] = []
    package var identifiers: [Identifier] = []
    package var family: [String] = []
    package var given: [String] = []
}

/// - Parameter records: of one resource, in any order.
package func searchTokens(for records: [MappedRecord]) -> SearchTokens {
    var tokens = SearchTokens()
    for record in ListElement.inOrder(records) {
        guard let plan = MappingPlan.plan(for: record.key.entity) else { continue }
        let element = JSON.object(plan.members(of: record.units))
        switch record.key.entity {
        case EntityNumber.humanName, EntityNumber.directoryName:
            let family = element["family"]?.text.map(NameSearch.tokens) ?? []
            let given = texts(element["given"]).flatMap(NameSearch.tokens)
            let text = element["text"]?.text.map(NameSearch.tokens) ?? []
            tokens.family += family
            tokens.given += given
            tokens.names += given + family + text
        case EntityNumber.identifier, EntityNumber.directoryIdentifier:
            guard let value = element["value"]?.text else { continue }
            tokens.identifiers.append(
                SearchTokens.Identifier(system: element["system"]?.text ?? "", value: value))
        case EntityNumber.organization, EntityNumber.location:
            tokens.names += element["name"]?.text.map(NameSearch.tokens) ?? []
        default: break
        }
    }
    tokens.names = unique(tokens.names)
    tokens.family = unique(tokens.family)
    tokens.given = unique(tokens.given)
    tokens.phonetic = unique(tokens.names.map(NameSearch.key))
    return tokens
}

private func texts(_ json: JSON?) -> [String] { json?.elements.compactMap(\.text) ?? [] }

/// Each once, in order of first appearance.
private func unique(_ words: [String]) -> [String] {
    var seen: Set<String> = []
    return words.filter { seen.insert($0).inserted }
}
