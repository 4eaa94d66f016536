import ArgumentParser
import ClinicServer
import ControlServer
import Foundation
import Logging
import ServiceLifecycle
import Settings
import Sync
import Trust

/// The daemon of one clinic.
@main
struct Clinicd: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "clinicd",
        abstract: "The daemon of one clinic: its records, FHIR on loopback, and the exchange.",
        discussion: """
            clinicd --config FILE runs it; clinicd --config FILE --check says what it would do and \
            what is wrong.

            The first start makes what is missing in dataDirectory. A clinic that isn't enrolled \
            yet runs, and says so in syncctl status.

            Each setting is also an environment variable, such as CLINICSYNC_DATA_DIRECTORY for \
            dataDirectory; it wins over the file.

            Exit status: 0 stopped as asked, 1 failed, 64 wrong usage, 78 wrong configuration.
            """,
        version: version, subcommands: [Run.self, Enrol.self], defaultSubcommand: Run.self)
}

/// What both commands take.
struct ConfigurationOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The configuration, YAML; without it, the environment and defaults alone.",
            valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    /// - Throws: exit status 78 (`EX_CONFIG` of sysexits.h), once all that is wrong was printed.
    func load() throws -> ClinicSettings {
        do throws(SettingsError) {
            return try ClinicSettings.load(
                file: config, environment: ProcessInfo.processInfo.environment,
                workingDirectory: FileManager.default.currentDirectoryPath)
        } catch {
            Console.error("\(error)")
            throw ExitCode(78)
        }
    }
}

/// This process.
enum OwnProcess {
    /// What it writes is its user's alone, and a peer that hangs up is no reason to end.
    static func harden() {
        umask(0o077)
        signal(SIGPIPE, SIG_IGN)
    }
}

/// Lines for the person who started the program.
enum Console {
    static func error(_ text: String) { FileHandle.standardError.write(Data("\(text)\n".utf8)) }
    static func print(_ text: String) { FileHandle.standardOutput.write(Data("\(text)\n".utf8)) }
}

extension ClinicSettings {
    var hubAddress: String? {
        hubURL.map { url in
            let text = url.absoluteString
            return text.hasSuffix("/") ? String(text.dropLast()) : text
        }
    }
}
