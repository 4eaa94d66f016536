import Foundation
import Testing

@Suite("`simulate` as a person and a script use it")
struct CommandTests {
    struct Result {
        var status: Int32
        var output: String
        var errors: String
        var lastLine: String { output.split(separator: "\n").last.map(String.init) ?? "" }
    }

    private func simulate(
        _ arguments: [String], _ environment: [String: String] = [:]
    ) throws -> Result {
        let process = Process()
        process.executableURL = PlantedProgram.file
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
            .filter { !$0.value.isEmpty }
        let (output, errors) = (Pipe(), Pipe())
        (process.standardOutput, process.standardError) = (output, errors)
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        let complaint = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Result(
            status: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
            errors: String(decoding: complaint, as: UTF8.self))
    }

    @Test(
        "Wrong usage ends with 64 and says what is allowed",
        arguments: [
            (["--seeds", "9..3"], "A..B"), (["--seeds", "a"], "A..B"),
            (["--seeds", "1..2", "--seed", "1"], "--seeds, --seed, --fresh and --replay"),
            (["--trace"], "--seed N"), (["--seed", "1", "--planted", "no-such"], "there are"),
            (["--seed", "1", "--clinics", "0"], "from 1 to"),
            (["--seed", "1", "--days", "0"], "from 1 to"),
            (["--seed", "1", "--without", "fire"], "there are loss"),
            (["--replay", "x"], "begins with its seed"),
            (["--seed", "1", "--json", "--trace"], "exclude each other"),
            (["--report", "x"], "--seeds A..B"), (["--fresh", "0", "--report", "x"], "above 0"),
            (["--seeds", "1..2", "--report", ""], "name of a folder"),
            (["--scale", "ten"], "CLINICS"), (["--scale", "0"], "CLINICS"),
            (["--scale", "10", "--clinics", "3"], "--days, --seed and --json alone"),
            (["--scale", "10", "--days", "5000"], "from 1 to"),
        ] as [([String], String)])
    func wrongUsage(arguments: [String], part: String) throws {
        let result = try simulate(arguments)
        #expect(result.status == 64)
        #expect(result.errors.contains(part), "\(result.errors)")
    }

    @Test("The last line says that no seed failed, and so does the exit status")
    func clean() throws {
        let result = try simulate(["--seeds", "1..4", "--days", "1"])
        #expect(result.status == 0)
        #expect(result.lastLine == "4 seeds, none failed")
    }

    @Test("A report goes into a folder that it makes, and no file is in its way")
    func report() throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "report-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "of/today").path
        let result = try simulate(["--seeds", "1..2", "--days", "1", "--report", path])
        #expect(result.status == 0, "\(result.errors)")
        let page = try String(contentsOfFile: path + "/index.html", encoding: .utf8)
        #expect(page.contains("seeds 1..2") && page.hasSuffix("</html>\n"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["index.html"])
        for (place, part) in [
            (path + "/index.html", "is a file. Name a folder"),
            (path + "/index.html/below", "nothing can be written into"),
        ] {
            let refused = try simulate(["--seeds", "1..2", "--report", place])
            #expect(refused.status == 73 && refused.errors.contains(part), "\(refused.errors)")
            #expect(refused.output.isEmpty, "nothing is run in vain")
        }
    }

    @Test("Traces, figures and light days are the same with each order of dictionaries")
    func hashing() throws {
        for arguments in [
            ["--seeds", "1..8"], ["--seeds", "100..101", "--light", "--clinics", "3"],
        ] {
            let fixed = try simulate(
                arguments + ["--json", "--jobs", "2"], ["SWIFT_DETERMINISTIC_HASHING": "1"])
            #expect(fixed.status == 0)
            let drawn = try simulate(
                arguments + ["--json", "--jobs", "1"], ["SWIFT_DETERMINISTIC_HASHING": ""])
            func runs(_ result: Result) throws -> NSArray {
                let json = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
                return try #require((json as? [String: Any])?["runs"] as? NSArray)
            }
            #expect(try runs(fixed) == runs(drawn))
        }
    }

    @Test("A replay is the same byte for byte, whatever the order of dictionaries")
    func replay() throws {
        let some = try simulate(["--replay", "7"], ["SWIFT_DETERMINISTIC_HASHING": "1"])
        #expect(some.output.contains("trace hash"))
        for _ in 0..<2 {
            let again = try simulate(["--replay", "7"], ["SWIFT_DETERMINISTIC_HASHING": ""])
            #expect(again.output == some.output)
        }
    }

    @Test("JSON names the seeds, and the list of planted faults has no header")
    func json() throws {
        let result = try simulate(["--seeds", "1..2", "--json"])
        let json = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
        let document = try #require(json as? [String: Any])
        #expect(document["ran"] as? Int == 2)
        #expect((document["failed"] as? [Any])?.isEmpty == true)
        #expect(try simulate(["--list-planted"]).status == 0)
    }
}
