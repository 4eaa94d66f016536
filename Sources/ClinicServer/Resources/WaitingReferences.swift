import FHIR
import Records
import Replica
import Sync

/// Imported resources with conditional references that named nothing known at the time:
/// `Practitioner?identifier=…`. They are resolved once an import has brought what they name, so
/// that the order of an import's files doesn't matter.
struct WaitingReferences {
    static let table = """
        CREATE TABLE IF NOT EXISTS _search_waiting (
            target TEXT, type TEXT, id TEXT, PRIMARY KEY (target, type, id)) WITHOUT ROWID
        """

    private let store: Store

    init(_ store: Store) { self.store = store }

    /// Notes that a resource waits for resources of some types.
    func add(_ name: (type: String, id: String), for targets: Set<String>) throws {
        for target in targets.sorted() {
            try store.run(
                "INSERT OR IGNORE INTO _search_waiting VALUES (?, ?, ?)",
                [.text(target), .text(name.type), .text(name.id)])
        }
    }

    func remove(_ name: (type: String, id: String)) throws {
        try store.run(
            "DELETE FROM _search_waiting WHERE type = ? AND id = ?",
            [.text(name.type), .text(name.id)])
    }

    /// Resources that wait for others of some types, after one of them.
    func names(
        waitingFor targets: Set<String>, after last: (type: String, id: String), limit: Int
    ) throws -> [(type: String, id: String)] {
        // Types are letters only.
        let list = targets.sorted().map { "'\($0)'" }.joined(separator: ", ")
        return try store.rows(
            """
            SELECT DISTINCT type, id FROM _search_waiting \
            WHERE target IN (\(list)) AND (type, id) > (?, ?) ORDER BY type, id LIMIT ?
            """, [.text(last.type), .text(last.id), .integer(Int64(limit))]
        ) { (type: $0.text(0), id: $0.text(1)) }
    }

    /// The types that conditional references in a document name.
    static func targets(in json: JSON) -> Set<String> {
        var targets: Set<String> = []
        collect(json, &targets)
        return targets
    }

    private static func collect(_ json: JSON, _ targets: inout Set<String>) {
        for element in json.elements { collect(element, &targets) }
        for member in json.members {
            if member.key == "reference", let text = member.value.text,
                let target = ConditionalReference(text)
            {
                targets.insert(target.type)
            } else {
                collect(member.value, &targets)
            }
        }
    }
}

extension ClinicNode {
    /// Resolves what waited for resources of some types, some at a time.
    ///
    /// - Parameter last: the last one of the call before.
    /// - Returns: the last one that was looked at; `nil` when there are no more.
    func resolveWaiting(
        for targets: Set<String>, after last: (type: String, id: String)
    ) throws -> (type: String, id: String)? {
        let waiting = WaitingReferences(clinic.replica.store)
        return try write(author: "", purpose: "import") { transaction in
            let names = try waiting.names(
                waitingFor: targets, after: last, limit: ClinicNode.waitingAtOnce)
            guard let end = names.last else { return nil }
            let found = try names.compactMap { try resources.load($0.type, $0.id) }
            let bundle = try ResourceBundle(ClinicNode.transaction(of: found.map(\.json)))
            let resolved = try resolved(bundle, resources, makeID: ResolvedBundle.contentID)
            for (resource, entry) in zip(found, resolved.entries) {
                guard let json = entry.resource, !resource.isDeleted else { continue }
                _ = try resources.write(
                    mapped(json, clinic: id), over: resource, isFresh: false, in: transaction)
                let rest = WaitingReferences.targets(in: json)
                try waiting.remove((resource.type, resource.id))
                try waiting.add((resource.type, resource.id), for: rest)
            }
            return end
        }
    }

    private static let waitingAtOnce = 200

    private static func transaction(of resources: [JSON]) -> JSON {
        let entries = resources.map { json -> JSON in
            [
                "resource": json,
                "request": ["method": "POST", "url": json["resourceType"] ?? .null],
            ]
        }
        return ["resourceType": "Bundle", "type": "transaction", "entry": .array(entries)]
    }
}
