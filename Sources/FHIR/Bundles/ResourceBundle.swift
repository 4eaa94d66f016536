import Records

/// A FHIR Bundle, or one resource that came alone.
package struct ResourceBundle: Sendable {
    /// Bundle.type, FHIR's codes; `single` is a resource alone.
    package enum Kind: String, Sendable {
        case single
        case document, message, transaction, batch, history, searchset, collection
        case transactionResponse = "transaction-response"
        case batchResponse = "batch-response"

        /// Whether references to other entries are rewritten, and requests obeyed.
        package var isRequest: Bool { self == .transaction || self == .batch }
    }
    package var kind: Kind
    package var entries: [BundleEntry]

    /// How many entries one Bundle may have.
    package static let mostEntries = 100_000

    /// - Parameter document: a Bundle or any other resource.
    /// - Throws: where the Bundle itself is malformed. Its resources are not looked at.
    package init(_ document: JSON) throws(FHIRIssue) {
        guard case .object = document else {
            throw FHIRIssue(.structure, "A resource is a JSON object: {\"resourceType\": …}")
        }
        guard document["resourceType"]?.text == "Bundle" else {
            kind = .single
            entries = [BundleEntry(resource: document, place: "")]
            return
        }
        guard let kind = document["type"]?.text.flatMap(Kind.init), kind != .single else {
            throw FHIRIssue(
                .value,
                """
                must be one of transaction, batch, collection, searchset, document, message, \
                history
                """, at: "Bundle.type")
        }
        self.kind = kind
        entries = []
        let list = document["entry"] ?? []
        guard case .array(let elements) = list else {
            throw FHIRIssue(.structure, "must be a list", at: "Bundle.entry")
        }
        guard elements.count <= ResourceBundle.mostEntries else {
            throw FHIRIssue(
                .tooLong,
                "has more than \(ResourceBundle.mostEntries) entries; send several Bundles",
                at: "Bundle.entry")
        }
        for (i, element) in elements.enumerated() {
            entries.append(try BundleEntry(element, at: i, of: kind))
        }
    }
}
