import ArgumentParser

struct ClockCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clock", abstract: "Answer for the hub's wall clock.",
        subcommands: [ClockConfirmCommand.self])
}

struct ClockConfirmCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "confirm",
        abstract: "Accept the hub's wall clock after it has jumped.",
        discussion: """
            The hub tells its clinics no time from a clock that jumped until a person has checked \
            it. Check it first: date.
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let answer = try await connection.ask("clock-confirm")
        connection.show(answer, as: JSONValue.self) { _ in "The hub's clock is confirmed." }
    }
}

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Make a backup of the hub now.",
        discussion: "What is in it counts as backed up at the clinics, which then may purge.")

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let answer = try await connection.ask("backup", timeout: .seconds(3_600))
        connection.show(answer, as: BackupResult.self, describe: \.description)
    }
}

/// A backup that was made.
struct BackupResult: Decodable {
    let path: String
    let bytes: Int?
    let at: String?

    var description: String {
        let size = bytes.map { " (\($0.grouped) bytes)" } ?? ""
        return "Backed up to \(path)\(size)"
    }
}
