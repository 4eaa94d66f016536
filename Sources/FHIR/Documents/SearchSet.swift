/// The answer to a search: a Bundle of type `searchset`.
package struct SearchSet: Sendable {
    package struct Entry: Sendable {
        package var resource: JSON
        /// Whether it came along with a match, through `_include` or `_revinclude`.
        package var isIncluded: Bool
        package init(_ resource: JSON, isIncluded: Bool = false) {
            self.resource = resource
            self.isIncluded = isIncluded
        }
    }
    /// How many resources match in all; `nil` where they weren't counted.
    package var total: Int?
    package var selfLink: String
    package var nextLink: String?
    package var entries: [Entry]

    package init(
        _ entries: [Entry], total: Int? = nil, selfLink: String, nextLink: String? = nil
    ) {
        self.entries = entries
        self.total = total
        self.selfLink = selfLink
        self.nextLink = nextLink
    }

    /// - Parameter base: the service's base URL, for `fullUrl`: `http://127.0.0.1:8080/fhir/R4`.
    package func json(base: String) -> JSON {
        var bundle: JSON = ["resourceType": "Bundle", "type": "searchset"]
        if let total { bundle.set("total", .number(total)) }
        var links: [JSON] = [["relation": "self", "url": .string(selfLink)]]
        if let nextLink { links.append(["relation": "next", "url": .string(nextLink)]) }
        bundle.set("link", .array(links))
        // FHIR allows no empty lists.
        if !entries.isEmpty {
            bundle.set("entry", .array(entries.map { json(of: $0, base: base) }))
        }
        return bundle
    }

    private func json(of entry: Entry, base: String) -> JSON {
        var json: JSON = [:]
        if let type = entry.resource["resourceType"]?.text, let id = entry.resource["id"]?.text {
            json.set("fullUrl", .string("\(base)/\(type)/\(id)"))
        }
        json.set("resource", entry.resource)
        json.set("search", ["mode": entry.isIncluded ? "include" : "match"])
        return json
    }
}
