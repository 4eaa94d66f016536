// `district`: a hub and three clinics as real processes, for people who want to see what
// ClinicSync does before they read how.
//
// It tells a story and checks it: what it says of the records it has read from the daemons, as
// any program could, and it ends with a failure if anything was lost or differs.

import ArgumentParser
import District
import Foundation

@main
struct DistrictCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "district",
        abstract: "A district of one hub and three clinics, on this machine alone.",
        subcommands: [Demo.self, Try.self], defaultSubcommand: Demo.self)
}

struct SeedOption: ParsableArguments {
    @Option(help: "Which patients are made: the same seed always makes the same ones.")
    var seed: UInt64 = 1
}

extension DistrictCommand {
    struct Demo: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Play the story of a district to its end, and check it.",
            discussion: "Exit status: 0 if nothing was lost and all are equal, 1 otherwise.")
        @OptionGroup var options: SeedOption

        func run() async throws {
            try await DistrictCommand.play { narrator in
                let story = try await Story(seed: options.seed, narrator: narrator)
                try await story.closing { try await story.tell() }
            }
        }
    }

    struct Try: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the same district, and keep it running until Ctrl-C.")
        @OptionGroup var options: SeedOption

        func run() async throws {
            try await DistrictCommand.play(isOverWhenInterrupted: true) { narrator in
                let story = try await Story(seed: options.seed, narrator: narrator)
                try await story.closing { try await story.keepRunning() }
            }
        }
    }

    /// Runs a body that Ctrl-C cancels, and says what went wrong with it.
    private static func play(
        isOverWhenInterrupted: Bool = false,
        _ body: @escaping @Sendable (Narrator) async throws -> Void
    ) async throws {
        let narrator = Narrator()
        let task = Task { try await body(narrator) }
        let interruption = Interruption { task.cancel() }
        defer { interruption.end() }
        do { try await task.value } catch is CancellationError {
            narrator.say("")
            narrator.say("Stopped. All processes have ended and their folder is removed.")
            if !isOverWhenInterrupted { throw ExitCode(130) }
        } catch {
            narrator.fail("\(error)")
            throw ExitCode.failure
        }
    }
}

/// Calls back on SIGINT and SIGTERM, in place of the end that they would bring.
final class Interruption {
    private let sources: [any DispatchSourceSignal]

    init(_ action: @escaping @Sendable () -> Void) {
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler(handler: action)
            source.resume()
            return source
        }
    }

    func end() { for source in sources { source.cancel() } }
}
