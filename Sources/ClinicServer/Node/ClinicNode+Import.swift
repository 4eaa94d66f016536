import FHIR
import Records
import Replica
import Sync

extension ClinicNode {
    /// A Bundle to be imported: its resources have the same ids at each import.
    func resolveImport(_ bundle: ResourceBundle) throws -> ResolvedBundle {
        try read { store in
            try resolved(bundle, store, makeID: ResolvedBundle.contentID)
        }
    }

    /// Imports resources, each named once, in one write. One that is refused doesn't keep the
    /// others.
    func importBatch(_ batch: [ImportBatchItem]) throws -> [ImportOutcome] {
        do {
            return try importTogether(batch, isFresh: true)
        } catch WriteRefusal.exists {
            return try importTogether(batch, isFresh: false)
        } catch is WriteRefusal where batch.count > 1 {
            // One of them ends a whole transaction: each has its own, then.
            return try batch.map { item in
                do {
                    return try importTogether([item], isFresh: false)[0]
                } catch let refusal as WriteRefusal {
                    return .refused(resource: item.resource.name, reason: refusal.advice)
                }
            }
        } catch let refusal as WriteRefusal {
            return [.refused(resource: batch[0].resource.name, reason: refusal.advice)]
        }
    }

    private func importTogether(
        _ batch: [ImportBatchItem], isFresh: Bool
    ) throws -> [ImportOutcome] {
        try write(author: "", purpose: "import") { transaction in
            try batch.map { item in
                do {
                    let outcome = try take(
                        item.resource, waitsFor: item.waitsFor, isFresh: isFresh,
                        in: transaction)
                    return .written(outcome, type: item.resource.type)
                } catch let refusal as ImportRefusal {
                    return .refused(resource: refusal.resource, reason: refusal.reason)
                }
            }
        }
    }

    private func take(
        _ resource: MappedResource, waitsFor targets: Set<String>, isFresh: Bool,
        in transaction: LocalTransaction
    ) throws -> WriteOutcome {
        let existing = try resources.load(resource.type, resource.id.description)
        if existing?.isDeleted == true {
            throw ImportRefusal(
                resource: resource.name,
                reason: "it was deleted since; to bring it back, PUT it to /fhir/R4")
        }
        do {
            let outcome = try resources.write(
                resource, over: existing, isFresh: isFresh, in: transaction)
            try WaitingReferences(clinic.replica.store).add(
                (resource.type, resource.id.description), for: targets)
            return outcome
        } catch let issue as FHIRIssue {
            throw ImportRefusal(resource: resource.name, reason: "\(issue)")
        }
    }

    /// Imports a transaction Bundle in one write, whole or not at all.
    ///
    /// - Throws: `ImportRefusal` that names the resource at fault.
    func importTransaction(_ bundle: ResourceBundle) throws -> [ImportOutcome] {
        do {
            return try importTransaction(bundle, isFresh: true)
        } catch WriteRefusal.exists {
            return try importTransaction(bundle, isFresh: false)
        }
    }

    private func importTransaction(
        _ bundle: ResourceBundle, isFresh: Bool
    ) throws -> [ImportOutcome] {
        try write(author: "", purpose: "import") { transaction in
            let resolved = try resolved(bundle, resources, makeID: ResolvedBundle.contentID)
            let waiting = Set(resolved.unresolved.map(\.expression))
            var seen: Set<String> = []
            var outcomes: [ImportOutcome] = []
            for entry in resolved.entries {
                guard let json = entry.resource else {
                    throw ImportRefusal(
                        resource: entry.place, reason: "an entry to import has a resource")
                }
                if entry.existing != nil {
                    outcomes.append(.written(.unchanged, type: ""))
                    continue
                }
                let resource = try incoming(json, resolved.aliases)
                guard seen.insert(resource.name).inserted else {
                    throw ImportRefusal(
                        resource: resource.name, reason: "the transaction has it twice")
                }
                let targets =
                    waiting.contains(entry.place) ? WaitingReferences.targets(in: json) : []
                let outcome = try take(
                    resource, waitsFor: targets, isFresh: isFresh, in: transaction)
                outcomes.append(.written(outcome, type: resource.type))
            }
            return outcomes
        }
    }

    private func incoming(_ json: JSON, _ aliases: [String: String]) throws -> MappedResource {
        let type = json["resourceType"]?.text ?? ""
        let name = "\(type)/\(json["id"]?.text ?? "")"
        guard ResourceType.all.contains(type) else {
            throw ImportRefusal(resource: name, reason: "FHIR R4 has no resource type of this name")
        }
        do throws(FHIRIssue) { return try mapped(json, clinic: id, aliases: aliases) } catch {
            throw ImportRefusal(resource: name, reason: "\(error)")
        }
    }
}

extension MappedResource {
    var name: String { "\(type)/\(id)" }
}
