import FHIR
import Hospital
import Records
import Replica
import Sync

/// A write of one resource, as it came out.
struct WrittenResource: Sendable {
    var resource: StoredResource
    var outcome: WriteOutcome
}

extension ClinicNode {
    /// Creates or updates a resource.
    ///
    /// - Parameter ifMatch: versions of which the resource must be one.
    /// - Throws: `FHIRFailure`, `FHIRIssue`, `WriteRefusal`, `StorageFailure`. Nothing is written.
    func put(_ json: JSON, author: String, ifMatch: String? = nil) throws -> WrittenResource {
        let incoming = try mapped(json, clinic: id)
        let (type, id) = (incoming.type, incoming.id.description)
        let outcome = try write(author: author) { transaction in
            let existing = try resources.load(type, id)
            try check(ifMatch, existing)
            return try resources.write(
                incoming, over: existing, isFresh: false, in: transaction)
        }
        return WrittenResource(resource: try stored(type, id), outcome: outcome)
    }

    /// Deletes a resource. One that is deleted already stays so.
    func delete(_ type: String, _ id: String, author: String, ifMatch: String? = nil) throws {
        try write(author: author) { transaction in
            guard let existing = try resources.load(type, id) else {
                throw FHIRFailure.notFound(type, id)
            }
            guard !existing.isDeleted else { return }
            try check(ifMatch, existing)
            try resources.delete(existing, in: transaction)
        }
    }

    func check(_ ifMatch: String?, _ existing: StoredResource?) throws {
        guard let ifMatch else { return }
        guard let existing, !existing.isDeleted else { throw FHIRFailure.noVersion }
        guard VersionCondition(ifMatch).matches(existing.version) else {
            throw FHIRFailure.versionConflict
        }
    }

    /// A resource that was just written.
    func stored(_ type: String, _ id: String) throws -> StoredResource {
        guard let resource = try read({ try $0.load(type, id) }) else {
            throw FHIRFailure.notFound(type, id)
        }
        return resource
    }

    /// The resource that a condition names.
    ///
    /// - Throws: `FHIRFailure` with 412 when there are several.
    func existing(_ condition: ConditionalReference) throws -> StoredResource? {
        try read { store in
            let ids = try store.find(
                condition.type, system: condition.system, value: condition.value)
            guard ids.count < 2 else { throw FHIRFailure.severalMatches }
            return try ids.first.flatMap { try store.load(condition.type, $0.description) }
        }
    }
}

extension FHIRFailure {
    static let severalMatches = FHIRFailure(
        412, .multipleMatches,
        "More than one resource has this identifier; say which one is meant by its id")
}
