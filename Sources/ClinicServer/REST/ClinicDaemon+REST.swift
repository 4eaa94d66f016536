import FHIR
import HTTPTypes
import Records

/// What the FHIR service does for each path and method.
extension ClinicDaemon {
    func answer(_ request: FHIRRequest) async throws -> FHIRAnswer {
        if request.path == ["metadata"] {
            guard request.method == .get else { throw FHIRFailure.wrongMethod(.get) }
            return FHIRAnswer(capabilities(base: request.base))
        }
        guard let node else { throw FHIRFailure.notEnrolled }
        if let last = request.path.last, last.hasPrefix("$") || last == "_history" {
            throw FHIRFailure.noOperation
        }
        switch request.path.count {
        case 0: return try await bundle(request, node)
        case 1: return try await type(request, request.path[0], node)
        case 2: return try await instance(request, request.path[0], request.path[1], node)
        default: throw FHIRFailure.noOperation
        }
    }

    private func checkType(_ type: String) throws {
        guard ResourceType.all.contains(type) else {
            throw FHIRFailure(
                404, .notSupported,
                "FHIR R4 has no resource type of this name; names are spelt "
                    + "as in ‘Patient’", at: "type")
        }
    }

    private func bundle(_ request: FHIRRequest, _ node: ClinicNode) async throws -> FHIRAnswer {
        guard request.method == .post else { throw FHIRFailure.wrongMethod(.post) }
        let bundle = try ResourceBundle(request.document())
        guard bundle.kind.isRequest else {
            throw FHIRFailure(
                400, .value,
                "A Bundle that is posted here is a transaction or a batch; others "
                    + "are resources, for [base]/Bundle", at: "Bundle.type")
        }
        let run = BundleRun(node: node, base: request.base, author: request.author)
        return FHIRAnswer(try await run.perform(bundle))
    }

    // MARK: A type

    private func type(
        _ request: FHIRRequest, _ type: String, _ node: ClinicNode
    ) async throws -> FHIRAnswer {
        try checkType(type)
        switch request.method {
        case .get: return FHIRAnswer(try await Search(request, type).run(on: node))
        case .post: return try await create(request, type, node)
        default: throw FHIRFailure.wrongMethod(.get, .post)
        }
    }

    private func create(
        _ request: FHIRRequest, _ type: String, _ node: ClinicNode
    ) async throws -> FHIRAnswer {
        try noParameters(request)
        var json = try resource(request, type)
        if let query = request.ifNoneExist {
            guard let condition = ConditionalReference(type: type, query: query) else {
                throw FHIRFailure(
                    400, .notSupported, "If-None-Exist takes identifier=SYSTEM|VALUE",
                    at: "If-None-Exist")
            }
            if let existing = try await node.existing(condition) {
                return written(existing, .unchanged, request)
            }
        }
        // The id of a new resource is the server's to choose.
        var random = SystemRandomNumberGenerator()
        json.set("id", .string(RecordID(using: &random).description))
        let result = try await node.put(json, author: request.author)
        return written(result.resource, result.outcome, request)
    }

    private func resource(_ request: FHIRRequest, _ type: String) throws -> JSON {
        let json = try request.document()
        guard case .object = json, json["resourceType"]?.text == type else {
            throw FHIRFailure(
                400, .structure, "The body must be a \(type), as the path says",
                at: "\(type).resourceType")
        }
        return json
    }

    private func noParameters(_ request: FHIRRequest) throws {
        let unknown = request.parameters.first { !FHIRRequest.passedOver.contains($0.name) }
        guard let unknown else { return }
        throw FHIRFailure(
            400, .notSupported, "This request takes no parameters; leave it out", at: unknown.name)
    }

    // MARK: One resource

    private func instance(
        _ request: FHIRRequest, _ type: String, _ id: String, _ node: ClinicNode
    ) async throws -> FHIRAnswer {
        try checkType(type)
        try noParameters(request)
        switch request.method {
        case .get: return try await read(request, type, id, node)
        case .put:
            let json = try resource(request, type)
            guard json["id"]?.text == id else {
                throw FHIRFailure(
                    400, .value, "The resource's id must be the one in the path", at: "\(type).id")
            }
            let result = try await node.put(
                json, author: request.author, ifMatch: request.ifMatch)
            return written(result.resource, result.outcome, request)
        case .delete:
            try await node.delete(type, id, author: request.author, ifMatch: request.ifMatch)
            return FHIRAnswer(204, nil)
        case .post: throw FHIRFailure.wrongMethod(.get, .put, .delete)
        }
    }

    private func read(
        _ request: FHIRRequest, _ type: String, _ id: String, _ node: ClinicNode
    ) async throws -> FHIRAnswer {
        let found = try await node.read { try $0.load(type, id) }
        guard let resource = found else { throw FHIRFailure.notFound(type, id) }
        guard !resource.isDeleted else { throw FHIRFailure.deleted(type) }
        if let known = request.ifNoneMatch, VersionCondition(known).matches(resource.version) {
            var answer = FHIRAnswer(304, nil)
            answer.addVersion(resource)
            return answer
        }
        var answer = FHIRAnswer(resource.json)
        answer.addVersion(resource)
        return answer
    }

    private func written(
        _ resource: StoredResource, _ outcome: WriteOutcome, _ request: FHIRRequest
    ) -> FHIRAnswer {
        let isNew: Bool = if case .created = outcome { true } else { false }
        var answer = FHIRAnswer(
            isNew ? 201 : 200, request.wantsMinimal ? nil : resource.json)
        answer.addVersion(resource)
        if isNew {
            answer.headers.append(
                (.location, "\(request.base)/\(resource.name)/_history/\(resource.version)"))
        }
        return answer
    }
}

extension FHIRAnswer {
    init(_ body: JSON) { self.init(200, body) }

    /// The version stands in headers, so that a resource comes out as it went in.
    mutating func addVersion(_ resource: StoredResource) {
        headers.append((.eTag, resource.etag))
        headers.append((.lastModified, MomentText.header(resource.modified)))
    }
}

extension FHIRFailure {
    static func wrongMethod(_ allowed: FHIRRequest.Method...) -> FHIRFailure {
        let names = allowed.map(\.rawValue).joined(separator: ", ")
        var failure = FHIRFailure(
            405, .notSupported, "This path doesn't take the request's method; it takes \(names)")
        failure.allow = names
        return failure
    }
}

/// The value of an `If-Match` or `If-None-Match` header: `*`, or entity tags between commas.
struct VersionCondition {
    private let versions: [Substring]
    private let isAny: Bool

    init(_ header: String) {
        isAny = header.contains("*")
        versions = header.split(separator: ",").map { tag in
            tag.drop { $0 == " " }.drop { $0 == "W" || $0 == "/" }.filter {
                $0 != "\"" && $0 != " "
            }
        }.map { Substring($0) }
    }

    func matches(_ version: String) -> Bool { isAny || versions.contains(Substring(version)) }
}
