import ArgumentParser
import Foundation
import HubDaemon
import ServiceLifecycle
import Settings
import UnixSignals

/// The command line of the hub's daemon.
@main
struct Hubd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hubd",
        abstract: "The hub of a district: it has all that the clinics have written.",
        discussion: """
            Makes what is missing at its first start: the data directory, the certificate \
            authority, the database. Runs in the foreground until SIGTERM or SIGINT. Clinics are \
            let in with: syncctl clinic add NAME.

            Each setting is also an environment variable, such as CLINICSYNC_DATA_DIRECTORY for \
            dataDirectory; it wins over the file.

            Exit status: 0 stopped as asked, 1 failed, 64 wrong usage, 78 wrong configuration.
            """,
        version: "0.1.0")

    /// The longest that requests in flight and kept connections hold up a stop.
    private static let longestStop = Duration.seconds(5)
    /// `EX_CONFIG` of sysexits.h.
    private static let wrongConfiguration: Int32 = 78

    @Option(
        help: ArgumentHelp("The configuration, as in config/hubd.yaml.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    @Flag(help: "Say what would be done and what is wrong, and exit.")
    var check = false

    func run() async throws {
        // What the daemon writes is its user's alone, and a peer that hangs up is no reason to end.
        umask(0o077)
        signal(SIGPIPE, SIG_IGN)
        let settings = try load()
        if check {
            Hubd.say(settings.report.describe())
            Hubd.say("")
            for line in HubAssembly.plan(settings) { Hubd.say("hubd \(line)") }
            return
        }
        settings.log.bootstrap()
        do {
            try await serve(settings)
        } catch {
            FileHandle.standardError.write(Data("hubd: \(error)\n".utf8))
            throw ExitCode.failure
        }
    }

    private func load() throws -> HubSettings {
        do throws(SettingsError) {
            return try HubSettings.load(
                file: config, environment: ProcessInfo.processInfo.environment,
                workingDirectory: FileManager.default.currentDirectoryPath)
        } catch {
            FileHandle.standardError.write(Data("\(error.description)\n".utf8))
            throw ExitCode(Hubd.wrongConfiguration)
        }
    }

    private func serve(_ settings: HubSettings) async throws {
        let hub = try HubAssembly(settings) { Hubd.say($0) }
        var configuration = ServiceGroupConfiguration(
            services: hub.services, gracefulShutdownSignals: [.sigterm, .sigint],
            logger: hub.logger)
        configuration.maximumGracefulShutdownDuration = Hubd.longestStop
        let group = ServiceGroup(configuration: configuration)
        let result: Result<Void, any Error>
        do { result = .success(try await group.run()) } catch { result = .failure(error) }
        try await hub.close()
        try result.get()
    }

    /// Writes a line that is read at once, also through a pipe.
    private static func say(_ line: String) {
        FileHandle.standardOutput.write(Data("\(line)\n".utf8))
    }
}
