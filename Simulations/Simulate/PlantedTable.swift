import ArgumentParser
import Foundation
import Simulator

/// Every fault that can be planted, with the seeds that it takes to be found: as a table in
/// Markdown, or as JSON.
struct PlantedTable {
    var range: ClosedRange<UInt64>
    var jobs: Int
    var json: Bool

    func run() throws {
        if !json {
            tell("| fault | what it does | seeds | found by |")
            tell("|---|---|---|---|")
        }
        var search = PlantedSearch(range, jobs: jobs)
        var rows: [Row] = []
        for bug in PlantedBug.all {
            let row = Row(search.find(bug))
            if !json { tell("| `\(row.fault)` | \(row.does) | \(row.count) | \(row.finder) |") }
            rows.append(row)
        }
        let missed = rows.filter { $0.seeds == nil }.map(\.fault)
        if json { try print(PlantedTable.json(rows)) } else { tell(rows, missed) }
        if !missed.isEmpty { throw ExitCode(1) }
    }

    /// Writes a line at once: the next one may take minutes.
    private func tell(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }

    private func tell(_ rows: [Row], _ missed: [String]) {
        tell("")
        tell(
            missed.isEmpty
                ? "\(rows.count) faults, all found"
                : "\(rows.count) faults, missed: \(missed.joined(separator: " "))")
    }

    private static func json(_ rows: [Row]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(rows), as: UTF8.self)
    }

    private struct Row: Encodable {
        var fault: String
        var does: String
        /// `nil` when no seed found it.
        var seeds: Int?
        var promise: String?
        var failure: String?

        init(_ found: PlantedSearch.Found) {
            fault = found.bug.name
            does = found.bug.summary
            seeds = found.failure == nil ? nil : found.seeds
            promise = found.failure?.promise.rawValue
            failure = found.failure?.text
        }

        var count: String { seeds.map { "\($0)" } ?? "not found" }
        var finder: String { promise ?? "" }
    }
}
