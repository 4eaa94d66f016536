import ArgumentParser

struct RecordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record", abstract: "Look at one record.",
        subcommands: [RecordShowCommand.self, RecordHistoryCommand.self])
}

struct RecordShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a record's units, who wrote them, and what stands beside them.")

    @OptionGroup var connection: ConnectionOptions
    @Argument(help: Reference.help) var reference: Reference

    func run() async throws {
        let answer = try await connection.ask(
            "record-show", .object([("reference", .string(reference.text))]))
        connection.show(answer, as: RecordView.self, describe: \.description)
    }
}

struct RecordHistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Show who wrote each unit when, what it replaced, and what lost.")

    @OptionGroup var connection: ConnectionOptions
    @Argument(help: Reference.help) var reference: Reference

    func run() async throws {
        let answer = try await connection.ask(
            "record-history", .object([("reference", .string(reference.text))]))
        connection.show(answer, as: RecordHistory.self, describe: \.description)
    }
}

/// A record as it is now.
struct RecordView: Decodable {
    struct Version: Decodable {
        let value: JSONValue?
        let stamp: JSONValue?
        let author: String?
    }

    struct Unit: Decodable {
        let value: JSONValue?
        let stamp: JSONValue?
        let author: String?
        let siblings: [Version]?
    }

    let type: String
    let id: String
    let units: [String: Unit]

    var description: String {
        var table = Table(.left("UNIT"), .left("VALUE"), .left("AUTHOR"), .left("STAMP"))
        for (name, unit) in units.sorted(by: { $0.key < $1.key }) {
            table.add(name, brief(unit.value), unit.author.cell, brief(unit.stamp))
            for sibling in unit.siblings ?? [] where sibling.stamp != unit.stamp {
                table.add(
                    "  beside it", brief(sibling.value), sibling.author.cell, brief(sibling.stamp))
            }
        }
        return "\(type)/\(id)\n" + table.text(orIfEmpty: "It has no units.")
    }

    private func brief(_ value: JSONValue?) -> String { value?.brief ?? "–" }
}

/// All that was ever written to a record, oldest first.
struct RecordHistory: Decodable {
    struct Entry: Decodable {
        let unit: String?
        let value: JSONValue?
        let stamp: JSONValue?
        let author: String?
        let at: String?
        let replaced: [JSONValue]?
        /// `shows`, `beside` (kept, but another shows) or `replaced`.
        let state: String?
    }

    let entries: [Entry]

    private enum Name: String, CodingKey { case entries }

    /// A list, or an object with the list as `entries`.
    init(from decoder: any Decoder) throws {
        if let list = try? decoder.singleValueContainer().decode([Entry].self) {
            entries = list
        } else {
            entries = try decoder.container(keyedBy: Name.self).decode(
                [Entry].self, forKey: .entries)
        }
    }

    var description: String {
        var table = Table(
            .left("WHEN"), .left("UNIT"), .left("VALUE"), .left("AUTHOR"), .left("STATE"),
            .left("STAMP"), .left("REPLACED"))
        for entry in entries {
            let replaced = (entry.replaced ?? []).map(\.brief).joined(separator: ", ")
            table.add(
                entry.at.cell, entry.unit.cell, entry.value?.brief ?? "–", entry.author.cell,
                entry.state.cell, entry.stamp?.brief ?? "–", replaced.isEmpty ? "–" : replaced)
        }
        return table.text(orIfEmpty: "Nothing was ever written to it here.")
    }
}
