import ControlServer
import FHIR
import Foundation
import Records
import Replica
import Sync

/// An import of one file, or of some lines of one: idempotent, so that it can be stopped and run
/// again.
struct Import: Sendable {
    private let node: ClinicNode
    private let command: ControlService.Command
    private var result = ImportCounts()

    /// Resources in one write: few enough that nobody waits, enough that the disk is not what
    /// decides.
    private static let resourcesAtOnce = 200

    init(_ node: ClinicNode, _ command: ControlService.Command) {
        self.node = node
        self.command = command
    }

    mutating func run() async throws -> JSON {
        try await takeAll()
        // What was imported before may have waited for what this has brought.
        var last: (type: String, id: String)? = result.newTypes.isEmpty ? nil : ("", "")
        while let after = last {
            last = try await node.resolveWaiting(for: result.newTypes, after: after)
            try Task.checkCancellation()
        }
        return result.json
    }

    private mutating func takeAll() async throws {
        let type = command.headers["content-type"]?.prefix { $0 != ";" }.lowercased() ?? ""
        if type.hasSuffix("ndjson") {
            try await takeLines()
        } else {
            let bundle = try ResourceBundle(JSON(parsing: command.body))
            try await take(bundle)
        }
    }

    // MARK: Documents

    private mutating func take(_ bundle: ResourceBundle) async throws {
        if bundle.kind == .transaction {
            result.resources += bundle.entries.count
            return try await takeTransaction(bundle)
        }
        let resolved = try await node.resolveImport(bundle)
        var items: [ImportItem] = []
        let waiting = Set(resolved.unresolved.map(\.expression))
        for entry in resolved.entries {
            guard let json = entry.resource else { continue }
            items.append(
                item(
                    json, existing: entry.existing, aliases: resolved.aliases,
                    isWaiting: waiting.contains(entry.place)))
        }
        try await take(items)
    }

    /// - Throws: what isn't the input's fault, such as a full disk: it would befall all that
    ///   follows too.
    private mutating func takeTransaction(_ bundle: ResourceBundle) async throws {
        do {
            let outcomes = try await node.importTransaction(bundle)
            for outcome in outcomes { result.add(outcome) }
        } catch let refusal as ImportRefusal {
            result.refuse(refusal.resource, refusal.reason + Import.wholeBundle)
        } catch {
            let refusal = ControlRefusal(of: error)
            guard refusal.status < 500 else { throw error }
            result.refuse("Bundle", refusal.message + Import.wholeBundle)
        }
    }

    private static let wholeBundle = " (a transaction is taken whole or not at all)"

    private mutating func takeLines() async throws {
        let first = command.headers["x-first-line"].flatMap { Int($0) } ?? 1
        var items: [ImportItem] = []
        var documents: [(Int, Result<JSON, JSONError>)] = []
        command.body.withUnsafeBufferPointer { bytes in
            for (number, range) in NDJSON.lines(bytes) {
                let line = UnsafeBufferPointer(rebasing: bytes[range])
                documents.append(
                    (first + number - 1, Result { () throws(JSONError) in try JSON(parsing: line) })
                )
            }
        }
        for (line, document) in documents {
            switch document {
            case .failure(let error): items.append(.refused("line \(line)", "\(error)"))
            case .success(let json) where json["resourceType"]?.text == "Bundle":
                try await take(ResourceBundle(json))
            case .success(let json):
                items.append(item(json))
            }
        }
        try await take(items)
    }

    // MARK: Resources

    private func item(
        _ json: JSON, existing: RecordID? = nil, aliases: [String: String] = [:],
        isWaiting: Bool = false
    ) -> ImportItem {
        let type = json["resourceType"]?.text ?? ""
        let name = "\(type)/\(json["id"]?.text ?? "")"
        if existing != nil { return .unchanged }
        guard ResourceType.all.contains(type) else {
            return .refused(name, "FHIR R4 has no resource type of this name")
        }
        var json = json
        if json["id"] == nil {
            json.set("id", .string(ResolvedBundle.contentID(of: json).description))
        }
        do throws(FHIRIssue) {
            let resource = try mapped(json, clinic: node.id, aliases: aliases)
            return .resource(
                resource, waitsFor: isWaiting ? WaitingReferences.targets(in: json) : [])
        } catch {
            return .refused(name, "\(error)")
        }
    }

    private mutating func take(_ items: [ImportItem]) async throws {
        result.resources += items.count
        var batch: [ImportBatchItem] = []
        var names: Set<String> = []
        for item in items {
            switch item {
            case .refused(let name, let reason): result.refuse(name, reason)
            case .unchanged: result.unchanged += 1
            case .resource(let resource, let targets):
                // One write tells two versions of a resource apart only if the first is there.
                let isNew = names.insert("\(resource.type)/\(resource.id)").inserted
                if !isNew || batch.count >= Import.resourcesAtOnce {
                    try await flush(&batch)
                    names = ["\(resource.type)/\(resource.id)"]
                }
                batch.append(ImportBatchItem(resource: resource, waitsFor: targets))
            }
        }
        try await flush(&batch)
    }

    private mutating func flush(_ batch: inout [ImportBatchItem]) async throws {
        guard !batch.isEmpty else { return }
        for outcome in try await node.importBatch(batch) { result.add(outcome) }
        batch = []
        try Task.checkCancellation()
    }
}

/// A resource on its way in.
enum ImportItem: Sendable {
    /// With the types that its unresolved conditional references name.
    case resource(MappedResource, waitsFor: Set<String>)
    /// Its condition names one that is here.
    case unchanged
    case refused(String, String)
}

/// A resource that is to be written with others.
struct ImportBatchItem: Sendable {
    var resource: MappedResource
    var waitsFor: Set<String>
}

/// What came of one resource.
enum ImportOutcome: Sendable {
    case written(WriteOutcome, type: String)
    case refused(resource: String, reason: String)
}

/// Why a transaction was not taken, and because of which resource.
struct ImportRefusal: Error, Sendable {
    var resource: String
    var reason: String
}

/// What an import did.
struct ImportCounts: Sendable {
    var resources = 0
    var created = 0
    var updated = 0
    var unchanged = 0
    /// Of the resources that were created.
    private(set) var newTypes: Set<String> = []
    private var refused: [(resource: String, reason: String)] = []

    mutating func refuse(_ resource: String, _ reason: String) {
        refused.append((resource, reason))
    }

    mutating func add(_ outcome: ImportOutcome) {
        switch outcome {
        case .written(.created, let type):
            created += 1
            newTypes.insert(type)
        case .written(.updated, _): updated += 1
        case .written(.unchanged, _): unchanged += 1
        case .refused(let resource, let reason): refuse(resource, reason)
        }
    }

    var json: JSON {
        [
            "resources": .number(resources), "created": .number(created),
            "updated": .number(updated), "unchanged": .number(unchanged),
            "refused": .array(
                refused.map { ["resource": .string($0.resource), "reason": .string($0.reason)] }),
        ]
    }
}
