// The benchmarks: what the product takes beside plain SQLite, the session extension and the link
// itself, measured in one run. Figures are medians; ratios are of CPU time.

import Foundation
import Workload

@main
enum Bench {
    private static let parts = [
        "engine", "bytes", "growth", "durable", "exchange", "join", "apply", "link", "light",
    ]

    private static var help: String {
        """
        Measures what ClinicSync takes beside plain SQLite, the session extension and the link, as
        a table.

        Usage: bench [--json FILE] [--only PART,…]

          --json FILE    write the measurements there as well: a list of
                         {id, what, ours, plain, ratio, unit, budget}
          --only PART,…  measure these parts alone:
                         \(parts.joined(separator: " "))

        Exit status: 0 measured, whatever came of the budgets; 64 wrong usage.
        """
    }

    static func main() async throws {
        var arguments = CommandLine.arguments.dropFirst()
        if arguments.first == "--role" {
            return try await play(Array(arguments.dropFirst()))
        }
        var json: String?
        var chosen = parts
        while let argument = arguments.popFirst() {
            if ["-h", "--help"].contains(argument) { return print(help) }
            switch (argument, arguments.popFirst()) {
            case ("--json", let file?): json = file
            case ("--only", let list?):
                chosen = list.split(separator: ",").map(String.init)
                if let unknown = chosen.first(where: { !parts.contains($0) }) {
                    fail("there is no part \(unknown); there are \(parts.joined(separator: ", "))")
                }
            default: fail("\(argument) is not what it takes.\n\n\(help)")
            }
        }
        var table = BenchTable()
        for part in chosen {
            FileHandle.standardError.write(Data("measuring \(part) …\n".utf8))
            try await run(part, &table)
        }
        print(table.text)
        if let json { try table.write(to: json) }
    }

    private static func run(_ part: String, _ table: inout BenchTable) async throws {
        switch part {
        case "engine": try EngineBench.run(&table)
        case "bytes": try MessageBench.bytes(&table)
        case "growth": try MessageBench.growth(&table)
        case "durable": try ProcessBench.durableWrites(&table)
        case "exchange": try ProcessBench.exchange(&table)
        case "join": try await ProcessBench.join(&table)
        case "apply": try ProcessBench.apply(&table)
        case "light": try LightBench.run(&table)
        default: try await ProcessBench.badLink(&table)
        }
    }

    /// A process that another run of this program has started.
    private static func play(_ role: [String]) async throws {
        if role.count == 2, role[0] == "hub" { return try await BenchHub.serve(folder: role[1]) }
        guard role.count == 5, role[0] == "clinic", let port = Int(role[3]),
            let records = Int64(role[4])
        else { fail("roles are for this program's own use") }
        try await BenchClinic.run(
            folder: role[1], name: role[2], port: port, goal: BenchClinic.Goal(records: records))
    }

    private static func fail(_ message: String) -> Never {
        FileHandle.standardError.write(Data("bench: \(message)\n".utf8))
        exit(64)
    }
}
