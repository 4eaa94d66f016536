import FHIR
import Records
import Replica
import Sync

extension ClinicNode {
    /// A Bundle whose resources have their ids and point at one another by them.
    func resolve(_ bundle: ResourceBundle) throws -> ResolvedBundle {
        try read { store in
            var random = SystemRandomNumberGenerator()
            return try resolved(bundle, store) { _ in RecordID(using: &random) }
        }
    }

    /// - Parameter makeID: see ``ResolvedBundle``.
    func resolved(
        _ bundle: ResourceBundle, _ store: ResourceStore, makeID: (JSON) -> RecordID
    ) throws -> ResolvedBundle {
        var failure: (any Error)?
        // A Bundle names the same few practitioners again and again.
        var known: [[String?]: RecordID?] = [:]
        let resolved = ResolvedBundle(bundle, makeID: makeID) { type, system, value in
            let key = [type, system, value]
            if let id = known[key] { return id }
            do {
                let id = try store.one(type, system, value)
                known[key] = id
                return id
            } catch {
                failure = error
                return nil
            }
        }
        if let failure { throw failure }
        return resolved
    }

    /// All of a transaction in one write, or nothing of it.
    func transaction(_ bundle: ResourceBundle, author: String) throws -> [BundleResult] {
        var plans: [(entry: BundleEntry, step: BundleStep)] = []
        var outcomes: [Int: WriteOutcome] = [:]
        try write(author: author) { transaction in
            var random = SystemRandomNumberGenerator()
            let resolved = try resolved(bundle, resources) { _ in RecordID(using: &random) }
            if !resolved.unresolved.isEmpty { throw FHIRFailure(412, resolved.unresolved) }
            plans = try resolved.entries.map { ($0, try BundleStep($0)) }
            try BundleStep.checkEachOnce(plans.map { ($0.entry.place, $0.step) })
            // FHIR's order: deletes, creates, updates, reads.
            for rank in BundleStep.writeRanks {
                for (index, plan) in plans.enumerated() where plan.step.rank == rank {
                    do {
                        outcomes[index] = try perform(
                            plan.step, plan.entry, resolved.aliases, in: transaction)
                    } catch { throw FHIRFailure(of: error).within(plan.entry.place) }
                }
            }
        }
        return try plans.enumerated().map { index, plan in
            try result(plan.step, plan.entry, outcomes[index])
        }
    }

    /// One entry of a batch, in a write of its own.
    func perform(
        _ entry: BundleEntry, aliases: [String: String], author: String
    ) throws -> BundleResult {
        let step = try BundleStep(entry)
        var outcome: WriteOutcome?
        do {
            if BundleStep.writeRanks.contains(step.rank) {
                outcome = try write(author: author) { transaction in
                    try perform(step, entry, aliases, in: transaction)
                }
            }
            return try result(step, entry, outcome)
        } catch { throw FHIRFailure(of: error).within(entry.place) }
    }

    private func perform(
        _ step: BundleStep, _ entry: BundleEntry, _ aliases: [String: String],
        in transaction: LocalTransaction
    ) throws -> WriteOutcome? {
        switch step {
        case .put(let type, let json):
            // Found by ifNoneExist: nothing is to be created.
            if entry.existing != nil { return .unchanged }
            try checkCondition(entry, type)
            let incoming = try mapped(json, clinic: id, aliases: aliases)
            let existing = try resources.load(type, incoming.id.description)
            try check(entry.request?.ifMatch, existing)
            return try resources.write(
                incoming, over: existing, isFresh: false, in: transaction)
        case .delete(let type, let id):
            guard let existing = try resources.load(type, id), !existing.isDeleted else {
                return nil
            }
            try check(entry.request?.ifMatch, existing)
            try resources.delete(existing, in: transaction)
            return nil
        case .read, .search: return nil
        }
    }

    private func checkCondition(_ entry: BundleEntry, _ type: String) throws {
        guard let query = entry.request?.ifNoneExist else { return }
        guard let condition = ConditionalReference(type: type, query: query) else {
            throw FHIRIssue(
                .notSupported, "ifNoneExist takes identifier=SYSTEM|VALUE",
                at: "request.ifNoneExist"
            )
        }
        let found = try resources.find(type, system: condition.system, value: condition.value)
        if found.count > 1 { throw FHIRFailure.severalMatches }
    }

    private func result(
        _ step: BundleStep, _ entry: BundleEntry, _ outcome: WriteOutcome?
    ) throws -> BundleResult {
        switch step {
        case .put(let type, let json):
            let id = entry.existing?.description ?? json["id"]?.text ?? ""
            return .done(
                WrittenResource(resource: try stored(type, id), outcome: outcome ?? .unchanged))
        case .delete: return .deleted
        case .read(let type, let id):
            guard let resource = try read({ try $0.load(type, id) }) else {
                return .failed(FHIRFailure.notFound(type, id))
            }
            return resource.isDeleted ? .failed(FHIRFailure.deleted(type)) : .read(resource)
        case .search(let url): return .search(url: url)
        }
    }
}

/// What an entry of a Bundle asks for, checked as far as it says itself.
enum BundleStep: Sendable {
    case put(type: String, JSON)
    case delete(type: String, id: String)
    case read(type: String, id: String)
    case search(url: String)

    init(_ entry: BundleEntry) throws {
        guard let request = entry.request else {
            throw FHIRIssue(.required, "An entry says what to do, in ‘request’", at: entry.place)
        }
        let target = ReferenceTarget(request.url)
        switch request.method {
        case "POST": self = .put(type: request.url, try BundleStep.resource(entry, request.url))
        case "PUT":
            guard let target else {
                throw FHIRIssue(
                    .notSupported, "A PUT names the resource as TYPE/ID",
                    at: "\(entry.place).request")
            }
            let json = try BundleStep.resource(entry, target.type)
            guard json["id"]?.text == target.id else {
                throw FHIRIssue(
                    .value, "The resource's id must be the one in the request's url",
                    at: "\(entry.place).resource.id")
            }
            self = .put(type: target.type, json)
        case "DELETE", "GET":
            if let target {
                self =
                    request.method == "GET"
                    ? .read(type: target.type, id: target.id)
                    : .delete(type: target.type, id: target.id)
            } else if request.method == "GET" {
                self = .search(url: request.url)
            } else {
                throw FHIRIssue(
                    .notSupported, "A DELETE names the resource as TYPE/ID",
                    at: "\(entry.place).request")
            }
        default:
            throw FHIRIssue(
                .notSupported, "A request's method is POST, PUT, DELETE or GET",
                at: "\(entry.place).request.method")
        }
    }

    private static func resource(_ entry: BundleEntry, _ type: String) throws -> JSON {
        guard let resource = entry.resource, resource["resourceType"]?.text == type else {
            throw FHIRIssue(
                .structure, "The entry's resource must be of the type that its request names",
                at: "\(entry.place).resource")
        }
        guard ResourceType.all.contains(type) else {
            throw FHIRIssue(
                .notSupported, "FHIR R4 has no resource type of this name",
                at: "\(entry.place).resource.resourceType")
        }
        return resource
    }

    var rank: Int {
        switch self {
        case .delete: 0
        case .put: 1
        case .read, .search: 2
        }
    }

    static let writeRanks = 0...1

    /// The resource that is written.
    private var target: String? {
        switch self {
        case .put(let type, let json): "\(type)/\(json["id"]?.text ?? "")"
        case .delete(let type, let id): "\(type)/\(id)"
        case .read, .search: nil
        }
    }

    /// - Throws: where a resource is written twice, which has no order in a transaction.
    static func checkEachOnce(_ steps: [(place: String, step: BundleStep)]) throws {
        var seen: Set<String> = []
        for (place, step) in steps {
            guard let target = step.target else { continue }
            guard seen.insert(target).inserted else {
                throw FHIRIssue(
                    .duplicate, "A transaction writes a resource once; send the second write alone",
                    at: place)
            }
        }
    }
}

extension FHIRFailure {
    /// The same, with its places seen from around.
    func within(_ place: String) -> FHIRFailure {
        guard !place.isEmpty else { return self }
        var failure = self
        for index in issues.indices {
            let inner = issues[index].expression
            if inner.hasPrefix(place) { continue }
            // `Patient.name` of an entry is `Bundle.entry[0].resource.name`.
            let isOfResource = inner.first?.isUppercase == true
            let path = isOfResource ? "resource" + inner.drop { $0 != "." } : inner
            failure.issues[index].expression = inner.isEmpty ? place : "\(place).\(path)"
        }
        return failure
    }
}
