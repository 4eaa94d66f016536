import ArgumentParser
import ClinicServer
import ControlServer
import Logging
import ServiceLifecycle
import Settings
import Sync
import Trust
import UnixSignals

extension Clinicd {
    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run the daemon, in the foreground, until SIGTERM or SIGINT.")

        @OptionGroup var options: ConfigurationOption
        @Flag(help: "Say what would be done and what is wrong, and exit.") var check = false

        /// How long requests that are under way may take to end.
        private static let stopTimeout = Duration.seconds(10)

        func run() async throws {
            OwnProcess.harden()
            let settings = try options.load()
            if check { return try report(settings) }
            settings.log.bootstrap()
            let logger = Logger(label: "clinicd")
            for warning in settings.report.warnings { logger.warning("\(warning)") }
            let daemon = try open(settings, logger)
            do {
                try await serve(daemon, settings, logger)
            } catch {
                await daemon.close()
                throw failure("\(error)")
            }
            await daemon.close()
            logger.info("Stopped")
        }

        private func open(_ settings: ClinicSettings, _ logger: Logger) throws -> ClinicDaemon {
            do {
                let daemon = try ClinicDaemon(
                    ClinicDaemon.Configuration(
                        folder: ClinicFolder(path: settings.dataDirectory),
                        hubURL: settings.hubAddress,
                        limits: ClinicSession.Limits(
                            longPoll: UInt64(settings.sync.longPoll.components.seconds),
                            idle: UInt64(settings.sync.idle.components.seconds) * 1000,
                            bytes: settings.sync.maximumBytes),
                        socket: settings.socket, version: Clinicd.version,
                        lowDisk: settings.lowDisk),
                    logger: logger)
                if daemon.node == nil { logger.warning("\(ClinicDaemon.notEnrolledNotice)") }
                return daemon
            } catch { throw failure("\(error)") }
        }

        private func serve(
            _ daemon: ClinicDaemon, _ settings: ClinicSettings, _ logger: Logger
        ) async throws {
            let commands = ControlCommands(daemon)
            let control = ControlService(
                path: settings.socket, logger: logger,
                answering: { await commands.answer($0) })
            var configuration = ServiceGroupConfiguration(
                services: [
                    control, FHIRService(daemon, listen: settings.listen), SyncService(daemon),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
            configuration.maximumGracefulShutdownDuration = Run.stopTimeout
            try await ServiceGroup(configuration: configuration).run()
        }

        private func report(_ settings: ClinicSettings) throws {
            Console.print(settings.report.describe())
            do {
                let folder = try ClinicFolder(path: settings.dataDirectory)
                if let enrolment = try folder.enrolment() {
                    let hub = settings.hubAddress ?? enrolment.hubURL
                    Console.print(
                        "Would run the clinic ‘\(enrolment.name)’ and exchange with \(hub).")
                } else {
                    Console.print("Would run without a hub: \(ClinicDaemon.notEnrolledNotice).")
                }
            } catch { throw failure("\(error)") }
        }

        private func failure(_ text: String) -> ExitCode {
            Console.error("clinicd: \(text)")
            return ExitCode(1)
        }
    }

    struct Enrol: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Join a district, with a code made on its hub.",
            discussion: """
                Needs no running daemon; one that runs takes notice. If the answer was lost, run it \
                again with the same code.
                """)

        @OptionGroup var options: ConfigurationOption
        @Option(
            help: ArgumentHelp("What syncctl clinic add printed on the hub.", valueName: "code"))
        var code: String

        func run() async throws {
            OwnProcess.harden()
            let settings = try options.load()
            do {
                let enroller = try Enroller(
                    folder: ClinicFolder(path: settings.dataDirectory), code: code,
                    hubURL: settings.hubAddress)
                let enrolment = try await enroller.run()
                Console.print("Enrolled as ‘\(enrolment.name)’ at \(enrolment.hubURL).")
                if await Enroller.tellDaemon(socket: settings.socket) {
                    Console.print("The running daemon exchanges with it now.")
                }
            } catch {
                Console.error("clinicd: \(error)")
                throw ExitCode(1)
            }
        }
    }
}
