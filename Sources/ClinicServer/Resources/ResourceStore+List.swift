import FHIR
import Hospital
import Records
import Replica

/// Some resources of a type, in the order of their ids.
struct ResourcePage: Sendable {
    var resources: [StoredResource] = []
    /// Where the next page begins; `nil` at the end.
    var next: String?
    var total: Int?
}

/// Where a page of a list begins: a source of the type's records, and the id after which.
struct PagePlace: Sendable, Equatable {
    var source = 0
    var after: RecordID?

    init() {}

    init(source: Int, after: RecordID) {
        self.source = source
        self.after = after
    }

    /// - Parameter text: `SOURCE.ID`, as ``text`` makes it.
    init?(_ text: String) {
        guard let dot = text.firstIndex(of: "."), let source = Int(text[..<dot]),
            (0..<PagePlace.mostSources).contains(source)
        else { return nil }
        self.source = source
        let id = text[text.index(after: dot)...]
        after = id.isEmpty ? nil : RecordID(String(id))
    }

    var text: String { "\(source).\(after?.description ?? "")" }
    private static let mostSources = 4
}

extension ResourceStore {
    /// The resources of a type from a place on. The ids order them, so that what comes or goes in
    /// between shifts no page.
    func list(_ type: String, from place: PagePlace, limit: Int) throws -> ResourcePage {
        var page = ResourcePage()
        // In the order in which `recordKeys` looks.
        let own = HospitalSchema.type(fhir: type)?.entity.number
        let sources = (own.map { [$0] } ?? []) + OtherResource.entities
        var place = place
        while place.source < sources.count {
            let entity = sources[place.source]
            let room = limit - page.resources.count
            let ids = try ids(
                type, entity, isWhole: entity != own, after: place.after, limit: room + 1)
            for id in ids.prefix(room) {
                place.after = id
                let name = OtherResource.name(of: RecordKey(entity: entity, id: id))
                guard let resource = try load(type, name?.id ?? id.description),
                    !resource.isDeleted, resource.key.entity == entity
                else { continue }
                page.resources.append(resource)
            }
            if ids.count > room {
                page.next = place.text
                return page
            }
            place = PagePlace()
            place.source = (sources.firstIndex(of: entity) ?? 0) + 1
        }
        return page
    }

    private func ids(
        _ type: String, _ entity: UInt16, isWhole: Bool, after: RecordID?, limit: Int
    ) throws -> [RecordID] {
        guard let table = replica.schema[entity]?.name else { return [] }
        let start: Store.Binding =
            after.map { .id($0) } ?? .text(isWhole ? "\(type)/" : "")
        // “0” follows “/”, so it bounds the ids that begin with the type.
        let bound = isWhole ? " AND id < ?3" : ""
        var bindings: [Store.Binding] = [start, .integer(Int64(limit))]
        if isWhole { bindings.append(.text("\(type)0")) }
        return try replica.store.rows(
            """
            SELECT DISTINCT id FROM "\(table)" \
            WHERE id > ?1\(bound) AND _hidden IS NULL ORDER BY id LIMIT ?2
            """, bindings
        ) { $0.id(0) }
    }
}
