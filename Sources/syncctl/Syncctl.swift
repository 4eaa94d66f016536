import ArgumentParser
import Foundation

/// The command line as a whole.
struct Syncctl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "syncctl",
        abstract: "Shows and steers the ClinicSync daemon of this machine.",
        discussion: """
            It speaks to clinicd or hubd over a Unix socket, which it finds through --socket, \
            --config, the environment (CLINICSYNC_SOCKET, CLINICSYNC_DATA_DIRECTORY), or the first \
            of ./clinicd.yaml, ./hubd.yaml, /etc/clinicsync/clinicd.yaml and \
            /etc/clinicsync/hubd.yaml.

            Exit status: 0 well, 1 warning, 2 critical or refused, 3 unknown or unreachable, 64 \
            wrong usage.
            """,
        version: "0.1.0",
        groupedSubcommands: [
            CommandGroup(
                name: "Clinic and hub",
                subcommands: [
                    StatusCommand.self, RecordCommand.self, ReviewCommand.self,
                    LettersCommand.self, VerifyCommand.self,
                ]),
            CommandGroup(
                name: "Clinic",
                subcommands: [
                    SyncCommand.self, ImportCommand.self, HoldCommand.self, ReleaseCommand.self,
                ]),
            CommandGroup(
                name: "Hub",
                subcommands: [ClinicCommand.self, ClockCommand.self, BackupCommand.self]),
        ])
}

extension Syncctl {
    /// Runs the command that the arguments name. Does not come back where it fails.
    static func runToEnd() async {
        do {
            let command = try parseAsRoot()
            try await run(command)
        } catch let failure as CommandFailure {
            failure.tell()
            Foundation.exit(failure.outcome.rawValue)
        } catch {
            // Wrong usage ends with 64 (`EX_USAGE` of sysexits.h), help and completion with 0.
            exit(withError: error)
        }
    }

    private static func run(_ command: any ParsableCommand) async throws {
        if var asking = command as? any AsyncParsableCommand {
            try await asking.run()
        } else {
            var command = command
            try command.run()
        }
    }
}
