/// The answer to a transaction or batch.
package enum TransactionResponse {
    package struct Entry: Sendable {
        /// `201 Created`
        package var status: String
        package var location: String?
        package var etag: String?
        package var outcome: FHIRIssue?
        package var resource: JSON?

        package init(
            status: String, location: String? = nil, etag: String? = nil,
            outcome: FHIRIssue? = nil, resource: JSON? = nil
        ) {
            self.status = status
            self.location = location
            self.etag = etag
            self.outcome = outcome
            self.resource = resource
        }
    }

    package static func json(_ entries: [Entry], to kind: ResourceBundle.Kind) -> JSON {
        var bundle: JSON = [
            "resourceType": "Bundle",
            "type": kind == .batch ? "batch-response" : "transaction-response",
        ]
        if !entries.isEmpty { bundle.set("entry", .array(entries.map(json))) }
        return bundle
    }

    private static func json(_ entry: Entry) -> JSON {
        var response: JSON = ["status": .string(entry.status)]
        if let location = entry.location { response.set("location", .string(location)) }
        if let etag = entry.etag { response.set("etag", .string(etag)) }
        if let outcome = entry.outcome {
            response.set("outcome", OperationOutcome.json(outcome))
        }
        var json: JSON = [:]
        if let resource = entry.resource { json.set("resource", resource) }
        json.set("response", response)
        return json
    }
}
