import ArgumentParser
import Foundation

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take FHIR JSON or NDJSON in, files or whole folders.",
        discussion: """
            In folders, files that end in .json, .ndjson or .jsonl are taken, in order of their \
            paths. It may be stopped and run again at any time: what is in already is recognised \
            and left alone. What is refused is listed, and ends the command with status 1.

            JSON: {files, resources, created, updated, unchanged, refused: [{file, resource, \
            reason}]}.
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "Files or folders.", completion: .file()) var path: [String]

    func validate() throws {
        for path in path where !FileManager.default.fileExists(atPath: path) {
            throw ValidationError("There is no file or folder \(path).")
        }
    }

    func run() async throws {
        let files = try ImportFile.find(path)
        var importer = Importer(
            client: try connection.connect(), isJSON: connection.json, files: files)
        let interruption = await importer.run()
        let result = importer.result
        if connection.json {
            StandardOutput.write(
                JSONText.encode(InterruptibleImport(result: result, failure: interruption)))
        } else if interruption == nil || result.files > 0 {
            StandardOutput.write(result.description)
        }
        if var interruption {
            // The JSON above has it already.
            interruption.isJSON = false
            throw interruption
        }
        try (result.refused.isEmpty ? Outcome.well : .warning).finish()
    }
}

/// What an import did, as `--json` prints it.
struct ImportResult: Codable, Equatable {
    struct Refused: Codable, Equatable {
        let file: String
        let resource: String
        let reason: String
    }

    var files = 0
    var resources = 0
    var created = 0
    var updated = 0
    var unchanged = 0
    var refused: [Refused] = []

    var description: String {
        var table = Table(.left("FILE"), .left("RESOURCE"), .left("REASON"))
        for item in refused {
            table.add(item.file, item.resource.isEmpty ? "–" : item.resource, item.reason)
        }
        let counts =
            "\(files.grouped) file\(files == 1 ? "" : "s"), "
            + "\(resources.grouped) resource\(resources == 1 ? "" : "s"): "
            + "\(created.grouped) created, \(updated.grouped) updated, "
            + "\(unchanged.grouped) unchanged, \(refused.count.grouped) refused"
        return refused.isEmpty ? counts : "\(table.text(orIfEmpty: ""))\n\n\(counts)"
    }

    /// Adds what the daemon did with one request's resources, all of them out of `file`.
    mutating func add(_ answer: ImportAnswer, file: String) {
        resources += answer.resources ?? 0
        created += answer.created ?? 0
        updated += answer.updated ?? 0
        unchanged += answer.unchanged ?? 0
        refused += (answer.refused ?? []).map {
            Refused(file: file, resource: $0.resource ?? "", reason: $0.reason ?? "no reason given")
        }
    }
}

/// The daemon's answer to one request.
struct ImportAnswer: Decodable {
    struct Refused: Decodable {
        let resource: String?
        let reason: String?
    }

    let resources: Int?
    let created: Int?
    let updated: Int?
    let unchanged: Int?
    let refused: [Refused]?
}

/// An import's result, with `error` beside it where it did not come to its end.
private struct InterruptibleImport: Encodable {
    let result: ImportResult
    let failure: CommandFailure?

    private enum Name: String, CodingKey { case error }

    func encode(to encoder: any Encoder) throws {
        try result.encode(to: encoder)
        guard let failure else { return }
        var container = encoder.container(keyedBy: Name.self)
        try container.encode(
            FailureAnswer.Failure(message: failure.message, remedy: failure.remedy), forKey: .error)
    }
}
