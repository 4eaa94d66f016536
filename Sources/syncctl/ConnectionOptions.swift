import ArgumentParser
import Foundation
import Settings

/// Options that every command takes.
struct ConnectionOptions: ParsableArguments {
    /// A Unix socket's address holds 108 bytes on Linux, the closing zero included (unix(7)).
    static let maximumSocketBytes = 107

    @Option(
        help: ArgumentHelp(
            "The daemon's configuration, clinicd.yaml or hubd.yaml.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    @Option(
        help: ArgumentHelp("The daemon's Unix socket.", valueName: "path"), completion: .file())
    var socket: String?

    @Flag(help: "Print the daemon's answer as JSON.")
    var json = false

    func validate() throws {
        if config != nil, socket != nil {
            throw ValidationError("Give --config or --socket, not both.")
        }
        if let socket, socket.utf8.count > Self.maximumSocketBytes {
            throw ValidationError(
                "The socket's path has \(socket.utf8.count) bytes, and a Unix socket's path may "
                    + "have \(Self.maximumSocketBytes).")
        }
    }

    /// A client for the daemon.
    /// - Throws: `CommandFailure` where no socket is to be found.
    func connect() throws -> ControlClient {
        ControlClient(socket: try socketPath(), isJSON: json)
    }

    /// One command without input, as most are.
    func ask(
        _ command: String, _ body: JSONText = .object([]), timeout: Duration = .seconds(60)
    ) async throws -> Answer {
        try await connect().post(command, body, timeout: timeout)
    }

    /// Prints an answer: as it came for a program, as `describe` words it for a person. An answer
    /// of a shape that this version doesn't know is printed as it came.
    /// - Returns: the answer read, or `nil` if it has another shape.
    @discardableResult
    func show<Shape: Decodable>(
        _ answer: Answer, as shape: Shape.Type, describe: (Shape) -> String
    ) -> Shape? {
        let known = try? JSONDecoder().decode(shape, from: Data(answer.bytes))
        if !json, let known {
            StandardOutput.write(describe(known))
        } else {
            StandardOutput.write(answer.bytes)
        }
        return known
    }

    private func socketPath() throws -> String {
        if let socket { return socket }
        let candidates: [String]
        do throws(SettingsError) {
            candidates = try ControlSocket.candidates(
                file: config, environment: ProcessInfo.processInfo.environment,
                workingDirectory: FileManager.default.currentDirectoryPath)
        } catch {
            throw failure(error.description, "")
        }
        guard let first = candidates.first else {
            throw failure(
                "no daemon was named, and there is no configuration in the usual places",
                "give --config FILE or --socket PATH")
        }
        return candidates.first { FileManager.default.fileExists(atPath: $0) } ?? first
    }

    private func failure(_ message: String, _ remedy: String) -> CommandFailure {
        CommandFailure(outcome: .unknown, message: message, remedy: remedy, isJSON: json)
    }
}
