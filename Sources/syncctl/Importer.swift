import Foundation
import HTTPSClient

/// Sends files to the daemon, one request a file, or a batch of lines a request.
struct Importer {
    /// A whole FHIR document is in memory once here and once in the daemon.
    static let maximumFileBytes = 64 * 1024 * 1024
    /// The daemon's disk may be slow, and a document large.
    private static let timeout = Duration.seconds(600)
    /// Statuses that say that this input is at fault, and the next may be well.
    private static let inputFaults = [400, 413, 415, 422]

    let client: ControlClient
    let isJSON: Bool
    let files: [ImportFile]
    private(set) var result = ImportResult()
    private var bytesDone = 0
    private let bytesTotal: Int
    private let progress = ProgressLine()

    init(client: ControlClient, isJSON: Bool, files: [ImportFile]) {
        self.client = client
        self.isJSON = isJSON
        self.files = files
        bytesTotal = max(1, files.map(\.bytes).reduce(0, +))
    }

    /// Imports all files.
    /// - Returns: what stopped it before the end, or `nil`.
    mutating func run() async -> CommandFailure? {
        defer { progress.clear() }
        for file in files {
            draw()
            let bytesBefore = bytesDone
            do {
                try await (file.hasLines ? sendLines(of: file) : sendWhole(file))
            } catch let failure as CommandFailure {
                return CommandFailure(
                    outcome: failure.outcome,
                    message: "\(failure.message); \(result.files.grouped) of "
                        + "\(files.count.grouped) files were done, the next was \(file.path)",
                    remedy: failure.remedy.isEmpty
                        ? "run the same import again: what is in is left alone"
                        : "\(failure.remedy), then run the same import again: what is in is left "
                            + "alone",
                    isJSON: isJSON)
            } catch {
                refuse(file, "it can't be read: check that it is a file and that you may read it")
            }
            result.files += 1
            bytesDone = bytesBefore + file.bytes
        }
        draw()
        return nil
    }

    private mutating func sendWhole(_ file: ImportFile) async throws {
        let handle = try FileHandle(forReadingFrom: URL(filePath: file.path))
        defer { try? handle.close() }
        let bytes = try handle.read(upToCount: Self.maximumFileBytes + 1) ?? Data()
        guard bytes.count <= Self.maximumFileBytes else {
            refuse(
                file,
                "it is larger than \(Self.maximumFileBytes.grouped) bytes: split it, or make it "
                    + "NDJSON")
            return
        }
        try await send(Array(bytes), of: file, type: "application/fhir+json", firstLine: nil)
    }

    private mutating func sendLines(of file: ImportFile) async throws {
        let handle = try FileHandle(forReadingFrom: URL(filePath: file.path))
        defer { try? handle.close() }
        var batches = LineBatches(file: handle)
        do {
            while let batch = try batches.next() {
                try await send(
                    batch.bytes, of: file, type: "application/fhir+ndjson",
                    firstLine: batch.firstLine)
                bytesDone += batch.bytes.count
                draw()
            }
        } catch LineBatches.Failure.lineTooLong(let line) {
            refuse(
                file,
                "line \(line) is longer than \(LineBatches.maximumLineBytes.grouped) bytes; it and "
                    + "what follows were not read")
        }
    }

    private mutating func send(
        _ bytes: [UInt8], of file: ImportFile, type: String, firstLine: Int?
    ) async throws {
        var headers = [("Content-Type", type), ("X-File-Name", Self.headerText(file.path))]
        if let firstLine { headers.append(("X-First-Line", "\(firstLine)")) }
        let response = try await client.send("import", bytes, headers, Self.timeout)
        if Self.inputFaults.contains(response.status) {
            let refusal = client.refusal(response)
            let place = firstLine.map { "from line \($0) on: " } ?? ""
            refuse(file, place + refusal.message)
            return
        }
        guard response.status < 400 else { throw client.refusal(response) }
        let answer = try Answer(bytes: response.body).decode(ImportAnswer.self, isJSON: isJSON)
        result.add(answer, file: file.path)
    }

    private mutating func refuse(_ file: ImportFile, _ reason: String) {
        result.refused.append(
            ImportResult.Refused(file: file.path, resource: "", reason: reason))
    }

    private func draw() {
        progress.show(
            fraction: Double(bytesDone) / Double(bytesTotal),
            "\(result.files.grouped) of \(files.count.grouped) files, "
                + "\(result.resources.grouped) resources, \(result.refused.count.grouped) refused")
    }

    /// A path as a header's value: percent-encoded where it isn't plain ASCII.
    private static func headerText(_ path: String) -> String {
        path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? "file"
    }
}
