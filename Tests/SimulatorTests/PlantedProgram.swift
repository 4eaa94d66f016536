import Foundation

/// The program `simulate` that can plant faults, as `make build` makes it.
enum PlantedProgram {
    static let repository = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    static let file = repository.appending(path: ".build/planted/release/simulate")

    struct Missing: Error, CustomStringConvertible {
        var description: String { "\(file.path) is missing: run ‘make build’ first" }
    }

    /// - Returns: what it printed, and its exit status.
    static func run(_ arguments: [String]) throws -> (output: Data, status: Int32) {
        guard FileManager.default.isExecutableFile(atPath: file.path) else { throw Missing() }
        let process = Process()
        let pipe = Pipe()
        process.executableURL = file
        process.arguments = arguments
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (output, process.terminationStatus)
    }
}
