import ArgumentParser

struct ReviewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "review", abstract: "See and settle what a person must look at.",
        subcommands: [ReviewListCommand.self, ReviewSettleCommand.self])
}

struct ReviewListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List what a person must look at.",
        discussion: "JSON: [{id, kind, record, unit, values: [{value, stamp, author}], since}].")

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let answer = try await connection.ask("review-list")
        connection.show(answer, as: [ReviewItem].self, describe: ReviewItem.table)
    }
}

struct ReviewSettleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settle", abstract: "Settle an item with one of its values, or with another.",
        discussion: """
            It is a new write, by a person, that replaces all the values; they stay in the \
            history. A record that was deleted and edited at once is settled with --delete or \
            --keep.
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: ArgumentHelp("The item's id, as review list shows it.", valueName: "item"))
    var item: String

    @Option(help: ArgumentHelp("Take the value with this number, from 1.", valueName: "n"))
    var take: Int?

    @Option(help: ArgumentHelp("Write this value: JSON as in record show.", valueName: "json"))
    var value: String?

    @Flag(help: "Delete the record, which was deleted and edited at once: as --take 1.")
    var delete = false

    @Flag(help: "Keep the record, which was deleted and edited at once: as --take 2.")
    var keep = false

    func validate() throws {
        let given = [take != nil, value != nil, delete, keep].count { $0 }
        guard given == 1 else {
            throw ValidationError("Give one of --take N, --value JSON, --delete and --keep.")
        }
        if let take, take < 1 { throw ValidationError("--take counts from 1.") }
        if let value, JSONText(parsing: value) == nil {
            throw ValidationError("--value takes JSON; a text needs its double quotes: '\"O+\"'.")
        }
    }

    /// The number of the value to take.
    private var chosen: Int? { delete ? 1 : keep ? 2 : take }

    func run() async throws {
        let answer = try await connection.ask(
            "review-settle",
            .object([
                ("id", .string(item)), ("take", chosen.map { .number($0) }),
                ("value", value.flatMap { JSONText(parsing: $0) }),
            ]))
        connection.show(answer, as: JSONValue.self) { _ in "Settled." }
    }
}

/// What a person must look at.
struct ReviewItem: Decodable {
    let id: String
    let kind: String?
    let record: String?
    let unit: String?
    let values: [JSONValue]?
    let since: String?

    static func table(_ items: [ReviewItem]) -> String {
        var table = Table(
            .left("ITEM"), .left("KIND"), .left("RECORD"), .left("UNIT"), .left("VALUES"),
            .left("SINCE"))
        for item in items {
            let values = (item.values ?? []).enumerated().map { "\($0 + 1): \(shown($1))" }
            table.add(
                item.id, item.kind.cell, item.record.cell, item.unit.cell,
                values.joined(separator: "   "), item.since.cell)
        }
        return table.text(orIfEmpty: "Nothing waits for a person.")
    }

    /// The value alone, where it comes with its stamp and author.
    private static func shown(_ value: JSONValue) -> String {
        guard case .object(let members) = value, let inner = members["value"],
            members["stamp"] != nil
        else {
            if case .object(let members) = value, let inner = members["value"] {
                return inner.brief
            }
            return value.brief
        }
        guard case .string(let author)? = members["author"] else { return inner.brief }
        return "\(inner.brief) (\(author))"
    }
}
