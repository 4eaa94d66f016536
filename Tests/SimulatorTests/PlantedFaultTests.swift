import Foundation
import Simulator
import Testing

/// The simulator must notice every fault that its own build can put into the product.
@Suite("Planted faults", .serialized)
struct PlantedFaultTests {
    private struct Row: Decodable {
        var fault: String
        var seeds: Int?
        var promise: String?
    }

    private struct Report: Decodable {
        struct Run: Decodable {
            var seed: UInt64
            var trace: String
        }
        var runs: [Run]
    }

    private static let fewest = 25

    @Test("Each is found within 40 seeds", .timeLimit(.minutes(20)))
    func eachIsFound() throws {
        let (output, _) = try PlantedProgram.run(
            ["--planted-table", "--json", "--seeds", "1..40"])
        let rows = try JSONDecoder().decode([Row].self, from: output)
        #expect(rows.count >= PlantedFaultTests.fewest)
        #expect(rows.filter { $0.seeds == nil }.map(\.fault) == [])
    }

    @Test("The table in ARCHITECTURE.md names each, and says what it does")
    func areDocumented() throws {
        let (output, status) = try PlantedProgram.run(["--list-planted"])
        #expect(status == 0)
        let document = try String(
            contentsOf: PlantedProgram.repository.appending(path: "ARCHITECTURE.md"),
            encoding: .utf8)
        let lines = String(decoding: output, as: UTF8.self).split(separator: "\n")
        #expect(lines.count >= PlantedFaultTests.fewest)
        for line in lines {
            let name = line.prefix { $0 != " " }
            let summary = line.dropFirst(name.count).drop { $0 == " " }
            #expect(document.contains("| `\(name)` | \(summary) |"), "\(name) is not in the table")
        }
    }

    @Test("With none planted the program does what the product does, to the byte")
    func noneIsPlanted() throws {
        let seeds: ClosedRange<UInt64> = 1...12
        let (output, _) = try PlantedProgram.run(
            ["--seeds", "\(seeds.lowerBound)..\(seeds.upperBound)", "--json"])
        let report = try JSONDecoder().decode(Report.self, from: output)
        #expect(report.runs.map(\.seed) == Array(seeds))
        for run in report.runs {
            let own = Simulation.run(seed: run.seed)
            #expect(run.trace == String(own.traceHash, radix: 16), "seed \(run.seed)")
        }
    }

    @Test("A build without them says how to get one")
    func thisBuildHasNone() {
        #expect(PlantedBug.all.isEmpty)
    }
}
