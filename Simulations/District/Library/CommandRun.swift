import FHIR
import Foundation

/// What a command that has ended left behind.
package struct CommandRun: Sendable {
    package let command: String
    package let status: Int32
    package let output: String
    package let errors: String

    /// Runs a program to its end.
    /// - Throws: ``DistrictFailure`` where it can't be started or takes longer than `limit`.
    package static func run(
        _ path: String, _ arguments: [String], in folder: String,
        environment: [String: String] = [:], within limit: Duration = .seconds(300)
    ) async throws -> CommandRun {
        let files = FileManager.default
        let name = "\(folder)/run-\(UInt64.random(in: .min ... .max))"
        let (output, errors) = (name + ".out", name + ".err")
        defer {
            try? files.removeItem(atPath: output)
            try? files.removeItem(atPath: errors)
        }
        let program = try RunningProgram(
            path, arguments, output: output, errors: errors, environment: environment)
        let command = "\((path as NSString).lastPathComponent) \(arguments.joined(separator: " "))"
        guard let status = await program.waitUntilEnd(within: limit) else {
            throw DistrictFailure.command(command, status: -1, output: "took longer than \(limit)")
        }
        return CommandRun(
            command: command, status: status, output: text(output), errors: text(errors))
    }

    private static func text(_ path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }

    /// Standard output as JSON.
    package func json() throws -> JSON {
        do { return try JSON(parsing: output) } catch {
            throw DistrictFailure.command(
                command, status: status, output: "its output is no JSON: \(output)\(errors)")
        }
    }

    /// - Throws: ``DistrictFailure/command(_:status:output:)`` unless it ended with one of these.
    @discardableResult
    package func expecting(_ statuses: Int32...) throws -> CommandRun {
        guard statuses.contains(status) else {
            throw DistrictFailure.command(command, status: status, output: output + errors)
        }
        return self
    }
}
