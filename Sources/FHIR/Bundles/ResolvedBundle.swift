import Records

/// A Bundle whose resources have their ids and, in a transaction or batch, point at one another by
/// them (FHIR R4, section 3.1.0.11.2, *Transaction Processing Rules*).
package struct ResolvedBundle: Sendable {
    package var kind: ResourceBundle.Kind
    package var entries: [BundleEntry]
    /// `TYPE/ID` of each `fullUrl`, for ``mapped(_:clinic:aliases:)``.
    package var aliases: [String: String] = [:]
    /// Conditional references that name nothing that is known. They are left as they were.
    package var unresolved: [FHIRIssue] = []

    /// Finds a resource by its type, identifier system (`nil`: any) and identifier value.
    package typealias Lookup = (_ type: String, _ system: String?, _ value: String) -> RecordID?

    /// - Parameters:
    ///   - makeID: an id for a resource that has none and is not named by a URN. For an import,
    ///     ``contentID(of:)``, so that it can be repeated; for a request, a random one.
    ///   - lookup: what the replica holds.
    package init(_ bundle: ResourceBundle, makeID: (JSON) -> RecordID, lookup: @escaping Lookup) {
        kind = bundle.kind
        entries = bundle.entries
        for i in entries.indices { entries[i] = named(entries[i], makeID, lookup) }
        guard kind.isRequest else { return }
        let inside = identifiers()
        for i in entries.indices {
            guard let resource = entries[i].resource else { continue }
            var rewriter = ReferenceRewriter(aliases: aliases) { target in
                lookup(target.type, target.system, target.value)
                    ?? inside[target].flatMap { $0.count == 1 ? $0[0] : nil }
            }
            entries[i].resource = rewriter.rewritten(resource)
            unresolved += rewriter.unresolved.map { reference in
                FHIRIssue(
                    .notFound,
                    "no resource is known that \(reference.type)?identifier=… could mean; import "
                        + "it first, or refer to it by id",
                    at: entries[i].place)
            }
        }
    }

    /// The same for the same content.
    package static func contentID(of resource: JSON) -> RecordID {
        Records.contentID([Array("resource".utf8), resource.canonicalBytes])
    }

    /// The entry with its resource's id, which its URL now stands for.
    private mutating func named(
        _ entry: BundleEntry, _ makeID: (JSON) -> RecordID, _ lookup: Lookup
    ) -> BundleEntry {
        var entry = entry
        guard var resource = entry.resource, let type = resource["resourceType"]?.text else {
            return entry
        }
        var id = resource["id"]?.text
        if resource["id"] == nil {
            id = requestedID(entry, type) ?? urnID(entry) ?? makeID(resource).description
            resource.set("id", .string(id ?? ""))
            entry.resource = resource
        }
        if let query = entry.request?.ifNoneExist,
            let target = ConditionalReference(type: type, query: query)
        {
            entry.existing = lookup(target.type, target.system, target.value)
        }
        if let url = entry.fullURL, let id {
            aliases[url] = "\(type)/\(entry.existing?.description ?? id)"
        }
        return entry
    }

    /// The id that a PUT names.
    private func requestedID(_ entry: BundleEntry, _ type: String) -> String? {
        guard let request = entry.request, request.method == "PUT",
            let target = ReferenceTarget(request.url), target.type == type
        else { return nil }
        return target.id
    }

    private func urnID(_ entry: BundleEntry) -> String? {
        let stem = "urn:uuid:"
        guard let url = entry.fullURL, url.hasPrefix(stem) else { return nil }
        let id = url.dropFirst(stem.count)
        return ResourceName.isID(id) ? String(id) : nil
    }

    /// The bundle's own resources by their identifiers, with and without system.
    private func identifiers() -> [ConditionalReference: [RecordID]] {
        var found: [ConditionalReference: [RecordID]] = [:]
        for entry in entries {
            guard let resource = entry.resource, let type = resource["resourceType"]?.text,
                let id = resource["id"]?.text
            else { continue }
            for identifier in resource["identifier"]?.elements ?? [] {
                guard let value = identifier["value"]?.text else { continue }
                var key = ConditionalReference(type: type, value: value)
                found[key, default: []].append(entry.existing ?? RecordID(id))
                key.system = identifier["system"]?.text ?? ""
                found[key, default: []].append(entry.existing ?? RecordID(id))
            }
        }
        return found
    }
}
