import ArgumentParser

struct LettersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "letters", abstract: "See and retry what could not be applied.",
        subcommands: [LettersListCommand.self, LettersRetryCommand.self])
}

struct LettersListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List parked and refused change sets with their reasons.",
        discussion: "JSON: [{id, kind, origin, sequence, lane, reason, since}].")

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let answer = try await connection.ask("letters-list")
        connection.show(answer, as: [Letter].self, describe: Letter.table)
    }
}

struct LettersRetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Try again what is parked or refused, and say what becomes of each.",
        discussion: """
            What is parked is applied once this version can read it. What the hub refused can only \
            be tried again there, where it is looked at anew; a clinic says so of each, with what \
            to do. Ends with 1 while any is left.
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let answer = try await connection.ask("letters-retry", timeout: .seconds(600))
        let result = connection.show(answer, as: LettersRetried.self, describe: \.description)
        let left = (result?.parked ?? 0) + (result?.refused ?? 0)
        try (left > 0 ? Outcome.warning : .well).finish()
    }
}

/// A change set that could not be applied, here or at the hub.
struct Letter: Decodable {
    let id: JSONValue?
    /// `parked` until an upgrade, or `refused`.
    let kind: String?
    let origin: JSONValue?
    let sequence: Int?
    let lane: String?
    let reason: String?
    let since: String?

    static func table(_ letters: [Letter]) -> String {
        var table = Table(
            .left("LETTER"), .left("KIND"), .left("ORIGIN"), .right("SEQUENCE"), .left("LANE"),
            .left("SINCE"), .left("REASON"))
        for letter in letters {
            table.add(
                letter.id?.brief ?? "–", letter.kind.cell, letter.origin?.brief ?? "–",
                letter.sequence.cell, letter.lane.cell, letter.since.cell, letter.reason.cell)
        }
        return table.text(orIfEmpty: "Nothing is parked or refused.")
    }
}

/// What came of trying again.
struct LettersRetried: Decodable {
    struct Tried: Decodable {
        let id: JSONValue?
        /// `applied`, `loading`, `released`, `parked` or `refused`.
        let outcome: String?
        let reason: String?
        let advice: String?
    }

    let retried: Int?
    let applied: Int?
    let parked: Int?
    let refused: Int?
    let letters: [Tried]?

    var description: String {
        if retried == 0 { return "There is nothing to try again." }
        let sum =
            "Tried \(retried.cell) again: \(applied.cell) went through, \(parked.cell) are still "
            + "parked, \(refused.cell) refused."
        let lines = (letters ?? []).map { letter in
            "letter \(letter.id?.brief ?? "–"), \(letter.outcome.cell): \(letter.reason.cell)\n"
                + "  \(letter.advice.cell)."
        }
        return ([sum] + lines).joined(separator: "\n")
    }
}
