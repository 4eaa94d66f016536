import ArgumentParser

struct HoldCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold", abstract: "Ask the hub for a patient's whole record, from now on.")

    @OptionGroup var connection: ConnectionOptions
    @Argument(help: Reference.help) var reference: Reference

    func run() async throws {
        let answer = try await connection.ask(
            "hold", .object([("reference", .string(reference.text))]))
        connection.show(answer, as: JSONValue.self) { _ in
            "\(reference.text) will be held here: its record comes with the next exchanges."
        }
    }
}

struct ReleaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Hold a patient's record no longer.",
        discussion: "It is removed here once all of it is backed up at the hub.")

    @OptionGroup var connection: ConnectionOptions
    @Argument(help: Reference.help) var reference: Reference

    func run() async throws {
        let answer = try await connection.ask(
            "release", .object([("reference", .string(reference.text))]))
        connection.show(answer, as: JSONValue.self) { _ in
            "\(reference.text) is released: it is removed here once all of it is backed up."
        }
    }
}
