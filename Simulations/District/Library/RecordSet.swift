import FHIR
import Foundation

/// All resources of a clinic, as its FHIR service gives them.
package struct RecordSet: Sendable, Equatable {
    /// By `TYPE/ID`, each as canonical JSON.
    package private(set) var records: [String: String] = [:]

    private static let pageSize = 500

    package init() {}

    package var count: Int { records.count }
    package var names: [String] { records.keys.sorted() }
    package subscript(name: String) -> String? { records[name] }

    /// Reads every type, or those that are named, to the last page.
    package static func read(
        from clinic: Daemon, types named: [String]? = nil
    ) async throws -> RecordSet {
        let service = try LoopbackHTTP(address: await clinic.address())
        let types: [String]
        if let named { types = named } else { types = try await service.types() }
        var set = RecordSet()
        for type in types {
            var path: String? = "/fhir/R4/\(type)?_count=\(pageSize)"
            while let page = path {
                let bundle = try await service.get(page)
                for entry in bundle["entry"]?.elements ?? [] { try set.add(entry["resource"]) }
                path = try nextPage(of: bundle)
            }
        }
        return set
    }

    private mutating func add(_ resource: JSON?) throws {
        guard let resource, let type = resource["resourceType"]?.text,
            let id = resource["id"]?.text
        else { throw DistrictFailure.unexpected("A page has an entry without a resource.") }
        guard records.updateValue(resource.canonical, forKey: "\(type)/\(id)") == nil else {
            throw DistrictFailure.unexpected("\(type)/\(id) stands on two pages.")
        }
    }

    private static func nextPage(of bundle: JSON) throws -> String? {
        let link = bundle["link"]?.elements.first { $0["relation"]?.text == "next" }
        guard let url = link?["url"]?.text else { return nil }
        guard let start = url.firstRange(of: "/fhir/R4") else {
            throw DistrictFailure.unexpected("The next link \(url) leads elsewhere.")
        }
        return String(url[start.lowerBound...])
    }

    /// Names of resources that only one of the two has, or that aren't equal.
    package func differences(from other: RecordSet) -> [String] {
        Set(records.keys).union(other.records.keys)
            .filter { records[$0] != other.records[$0] }.sorted()
    }
}

extension LoopbackHTTP {
    static let json = [("Content-Type", "application/fhir+json")]

    /// The resource types that the service says it has.
    func types() async throws -> [String] {
        let metadata = try await get("/fhir/R4/metadata")
        let resources = metadata["rest"]?.elements.first?["resource"]?.elements ?? []
        return resources.compactMap { $0["type"]?.text }
    }

    /// - Throws: ``DistrictFailure/refused(_:status:)`` for any status but 200.
    package func get(_ path: String) async throws -> JSON {
        let answer = try await send("GET", path)
        guard answer.status == 200 else {
            throw DistrictFailure.refused("GET \(path)", status: answer.status)
        }
        return try answer.json()
    }

    /// Writes a resource under its own id, if it is still as it was read.
    ///
    /// - Parameter etag: of the version that was changed.
    package func put(_ resource: JSON, ifMatch etag: String? = nil) async throws -> Answer {
        let name = "\(resource["resourceType"]?.text ?? "")/\(resource["id"]?.text ?? "")"
        return try await send(
            "PUT", "/fhir/R4/\(name)",
            headers: LoopbackHTTP.json + (etag.map { [("If-Match", $0)] } ?? []),
            body: resource.compactBytes)
    }

    private static let tries = 20

    /// Reads a resource, changes it, and writes it, as a program at the clinic would: once more
    /// where it was changed in between.
    package func edit(_ name: String, _ change: (inout JSON) -> Void) async throws {
        var status = 0
        for _ in 0..<LoopbackHTTP.tries {
            let answer = try await send("GET", "/fhir/R4/\(name)")
            guard answer.status == 200 else {
                throw DistrictFailure.refused("GET \(name)", status: answer.status)
            }
            var resource = try answer.json()
            change(&resource)
            status = try await put(resource, ifMatch: answer.headers["etag"]).status
            if status == 200 { return }
            guard status == 412 else { break }
        }
        throw DistrictFailure.refused("PUT \(name)", status: status)
    }
}
