/// The FHIR R4 data types that the demo's resources are made of.
enum FHIRParts {
    static let terminology = "http://terminology.hl7.org/CodeSystem/"
    /// Under the reserved name of RFC 2606: no register of any country.
    static let registers = "http://district.example/identifier/"

    static func reference(_ type: String, _ id: String) -> JSONText {
        .object([("reference", .text("\(type)/\(id)"))])
    }

    /// A CodeableConcept with one coding.
    static func concept(_ system: String, _ code: String, _ name: String? = nil) -> JSONText {
        let coding = JSONText.object([
            ("system", .text(system)), ("code", .text(code)), ("display", name.map(JSONText.text)),
        ])
        return .object([("coding", .list([coding])), ("text", name.map(JSONText.text))])
    }

    /// A CodeableConcept in words.
    static func words(_ text: String) -> JSONText { .object([("text", .text(text))]) }

    static func quantity(_ value: String, _ unit: Vitals.Unit) -> JSONText {
        .object([
            ("value", .number(value)), ("unit", .text(unit.name)),
            ("system", .text("http://unitsofmeasure.org")), ("code", .text(unit.code)),
        ])
    }

    static func identifier(_ register: String, _ value: String, use: String) -> JSONText {
        .object([
            ("use", .text(use)), ("system", .text(registers + register)), ("value", .text(value)),
        ])
    }

    static func phone(_ number: String, use: String) -> JSONText {
        .object([("system", .text("phone")), ("value", .text(number)), ("use", .text(use))])
    }

    /// A resource with its type and id before its own members.
    static func resource(
        _ type: String, _ id: String, _ members: [(String, JSONText?)]
    ) -> Resource {
        Resource(
            type: type, id: id,
            json: .object([("resourceType", .text(type)), ("id", .text(id))] + members))
    }

    struct Resource {
        var type: String
        var id: String
        var json: JSONText
    }

    /// A transaction Bundle that puts each resource under its id.
    static func transaction(_ resources: [Resource]) -> JSONText {
        .object([
            ("resourceType", .text("Bundle")), ("type", .text("transaction")),
            (
                "entry",
                .list(
                    resources.map { resource in
                        .object([
                            ("resource", resource.json),
                            (
                                "request",
                                .object([
                                    ("method", .text("PUT")),
                                    ("url", .text("\(resource.type)/\(resource.id)")),
                                ])
                            ),
                        ])
                    })
            ),
        ])
    }
}
