/// What the FHIR service can do: the answer to `GET metadata`.
package struct CapabilityStatement: Sendable {
    /// A row of the table of types.
    package struct ResourceSupport: Sendable {
        package var type: String
        /// FHIR's codes: `read`, `create`, `update`, `search-type`, …
        package var interactions: [String]
        package var searches: [(name: String, type: String)]

        package init(
            _ type: String, _ interactions: [String],
            searches: [(name: String, type: String)] = []
        ) {
            self.type = type
            self.interactions = interactions
            self.searches = searches
        }
    }
    package var name: String
    package var version: String
    /// When the statement was made, as FHIR `dateTime`.
    package var date: String
    package var base: String
    package var resources: [ResourceSupport]
    /// `transaction`, `batch`.
    package var systemInteractions: [String]

    package init(
        name: String, version: String, date: String, base: String,
        resources: [ResourceSupport], systemInteractions: [String]
    ) {
        self.name = name
        self.version = version
        self.date = date
        self.base = base
        self.resources = resources
        self.systemInteractions = systemInteractions
    }

    package var json: JSON {
        [
            "resourceType": "CapabilityStatement", "status": "active", "date": .string(date),
            "kind": "instance",
            "software": ["name": .string(name), "version": .string(version)],
            "implementation": ["description": .string(name), "url": .string(base)],
            "fhirVersion": "4.0.1", "format": ["application/fhir+json"],
            "rest": [
                [
                    "mode": "server",
                    "resource": .array(resources.sorted { $0.type < $1.type }.map(json)),
                    "interaction": CapabilityStatement.codes(systemInteractions),
                ]
            ],
        ]
    }

    private func json(of support: ResourceSupport) -> JSON {
        var json: JSON = [
            "type": .string(support.type),
            "interaction": CapabilityStatement.codes(support.interactions),
            "versioning": "versioned-update", "readHistory": false, "updateCreate": true,
        ]
        if !support.searches.isEmpty {
            json.set(
                "searchParam",
                .array(
                    support.searches.map { search in
                        ["name": .string(search.name), "type": .string(search.type)]
                    }))
        }
        return json
    }

    private static func codes(_ codes: [String]) -> JSON {
        .array(codes.map { ["code": .string($0)] })
    }
}
