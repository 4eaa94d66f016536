import FHIR
import Records

/// A search of one type: its conditions, its page, its answer as a Bundle.
struct Search: Sendable {
    private let request: FHIRRequest
    private let type: String
    private let limit: Int
    private let place: PagePlace
    private let conditions: [FHIRRequestParameter]

    /// - Throws: where a parameter is not supported: an answer that passed it over would hold what
    ///   was not asked for.
    init(_ request: FHIRRequest, _ type: String) throws {
        self.request = request
        self.type = type
        limit = try request.count()
        place = try request.place()
        let own = FHIRRequest.passedOver.union(["_count", "_after"])
        conditions = try request.parameters.filter { !own.contains($0.name) }.map {
            let parameter = FHIRRequestParameter($0.name, $0.value)
            try Search.check(parameter, type)
            return parameter
        }
    }

    private static func check(_ parameter: FHIRRequestParameter, _ type: String) throws {
        if parameter.name == "_id", parameter.modifier.isEmpty { return }
        guard type == "Patient", PatientSearch.parameters.contains(parameter.name) else {
            let known = type == "Patient" ? PatientSearch.parameters : ["_id"]
            throw FHIRFailure(
                400, .notSupported,
                "\(type) can't be searched by this; there are "
                    + "\((known + ["_count"]).joined(separator: ", "))", at: parameter.name)
        }
    }

    func run(on node: ClinicNode) async throws -> JSON {
        let page: ResourcePage
        if type == "Patient", !conditions.isEmpty {
            page = try await patients(on: node)
        } else if let ids = conditions.first {
            page = try await node.read { store in
                var page = ResourcePage()
                for id in ids.value.split(separator: ",").prefix(limit) {
                    if let resource = try store.load(type, String(id)), !resource.isDeleted {
                        page.resources.append(resource)
                    }
                }
                page.total = page.resources.count
                return page
            }
        } else {
            page = try await node.read { try $0.list(type, from: place, limit: limit) }
        }
        let set = SearchSet(
            page.resources.map { SearchSet.Entry($0.json) }, total: page.total,
            selfLink: request.selfLink, nextLink: page.next.map { request.nextLink($0) })
        return set.json(base: request.base)
    }

    private func patients(on node: ClinicNode) async throws -> ResourcePage {
        // In small pieces, so that writes come between.
        if conditions.contains(where: { ["name", "family", "given"].contains($0.name) }) {
            while try await node.refreshIndex() { try Task.checkCancellation() }
        }
        return try await node.read { store in
            var search = PatientSearch()
            for condition in conditions {
                try search.add(condition.name, modifier: condition.modifier, condition.value)
            }
            return try store.patients(search, from: place, limit: limit)
        }
    }
}

/// A parameter of a search, its name without the modifier behind the colon.
struct FHIRRequestParameter: Sendable {
    var name: String
    var modifier: String
    var value: String

    init(_ name: String, _ value: String) {
        let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        self.name = String(parts[0])
        modifier = parts.count > 1 ? String(parts[1]) : ""
        self.value = value
    }
}
