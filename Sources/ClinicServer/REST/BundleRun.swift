import FHIR
import Records
import Replica

/// Does what a transaction or a batch asks for (FHIR R4, section 3.1.0.11).
struct BundleRun: Sendable {
    let node: ClinicNode
    let base: String
    let author: String

    func perform(_ bundle: ResourceBundle) async throws -> JSON {
        let entries =
            bundle.kind == .transaction
            ? try await node.transaction(bundle, author: author)
            : try await batch(bundle)
        var answers: [TransactionResponse.Entry] = []
        for entry in entries {
            switch entry {
            case .done(let written): answers.append(answer(written))
            case .deleted: answers.append(TransactionResponse.Entry(status: "204 No Content"))
            case .read(let resource): answers.append(found(resource))
            case .search(let url):
                do { answers.append(try await search(url)) } catch {
                    answers.append(BundleRun.answer(FHIRFailure(of: error)))
                }
            case .failed(let failure): answers.append(BundleRun.answer(failure))
            }
        }
        return TransactionResponse.json(answers, to: bundle.kind)
    }

    private func batch(_ bundle: ResourceBundle) async throws -> [BundleResult] {
        let resolved = try await node.resolve(bundle)
        var results: [BundleResult] = []
        // One at a time, each with a write of its own, so that others come between.
        for entry in resolved.entries {
            do {
                results.append(
                    try await node.perform(entry, aliases: resolved.aliases, author: author))
            } catch { results.append(.failed(FHIRFailure(of: error))) }
        }
        return results
    }

    private func answer(_ written: WrittenResource) -> TransactionResponse.Entry {
        let isNew: Bool = if case .created = written.outcome { true } else { false }
        let resource = written.resource
        return TransactionResponse.Entry(
            status: isNew ? "201 Created" : "200 OK",
            location: "\(base)/\(resource.name)/_history/\(resource.version)",
            etag: resource.etag)
    }

    private func found(_ resource: StoredResource) -> TransactionResponse.Entry {
        TransactionResponse.Entry(
            status: "200 OK", etag: resource.etag, resource: resource.json)
    }

    private func search(_ url: String) async throws -> TransactionResponse.Entry {
        let request = FHIRRequest(searching: url, base: base)
        guard let type = request.path.first, ResourceType.all.contains(type) else {
            throw FHIRFailure(404, .notSupported, "FHIR R4 has no resource type of this name")
        }
        let set = try await Search(request, type).run(on: node)
        return TransactionResponse.Entry(status: "200 OK", resource: set)
    }

    private static func answer(_ failure: FHIRFailure) -> TransactionResponse.Entry {
        TransactionResponse.Entry(
            status: failure.statusText,
            outcome: failure.issues[0])
    }
}

/// What came of one entry of a Bundle.
enum BundleResult: Sendable {
    case done(WrittenResource)
    case deleted
    case read(StoredResource)
    /// To be run once the writes are done.
    case search(url: String)
    case failed(FHIRFailure)
}
