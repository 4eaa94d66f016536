import Records

/// Replaces what points at entries of a Bundle by what points at resources.
struct ReferenceRewriter {
    let aliases: [String: String]
    let find: (ConditionalReference) -> RecordID?
    private(set) var unresolved: [ConditionalReference] = []

    init(aliases: [String: String], find: @escaping (ConditionalReference) -> RecordID?) {
        self.aliases = aliases
        self.find = find
    }

    /// Members that hold a link of type uri, url, oid or uuid, besides `reference`.
    private static let links: Set<String> = [
        "url", "uri", "valueUri", "valueUrl", "valueOid", "valueUuid", "source", "definitionUri",
    ]

    mutating func rewritten(_ json: JSON, under key: String = "") -> JSON {
        switch json {
        case .object(let members):
            return .object(
                members.map { JSON.Member($0.key, rewritten($0.value, under: $0.key)) })
        case .array(let elements): return .array(elements.map { rewritten($0, under: key) })
        case .string(let text) where key == "reference": return .string(reference(text))
        case .string(let text) where ReferenceRewriter.links.contains(key):
            return .string(aliases[text] ?? text)
        case .string(let text) where key == "div" && text.contains("urn:"):
            return .string(narrative(text))
        default: return json
        }
    }

    private mutating func reference(_ text: String) -> String {
        if let name = aliases[text] { return name }
        guard ConditionalReference.isConditional(text) else { return text }
        guard let target = ConditionalReference(text) else {
            let type = String(text.prefix { $0 != "?" })
            unresolved.append(ConditionalReference(type: type, value: ""))
            return text
        }
        guard let id = find(target) else {
            unresolved.append(target)
            return text
        }
        return "\(target.type)/\(id)"
    }

    /// Links in a narrative: `href="urn:uuid:…"`.
    private func narrative(_ text: String) -> String {
        text.split(separator: "\"", omittingEmptySubsequences: false)
            .map { aliases[String($0)] ?? String($0) }
            .joined(separator: "\"")
    }
}
