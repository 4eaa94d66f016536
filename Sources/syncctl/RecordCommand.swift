import ArgumentParser

struct RecordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record", abstract: "Look at one record.",
        subcommands: [RecordShowCommand.self, RecordHistoryCommand.self])
}

struct RecordShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a record's units, who wrote them, and what stands beside them.",
        discussion: """
            JSON: {type, id, deleted, units: {name: {value, stamp, author, siblings: [{value, \
            stamp, author}]}}}. A value is FHIR JSON of the unit's elements; siblings are all \
            values that nobody has replaced, the shown one included.
            """)

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
        abstract: "Show who wrote each unit when, what it replaced, and what lost.",
        discussion: """
            JSON: {type, id, entries: [{unit, value, stamp, author, at, replaced, state}]}; a state \
            is shows, beside (kept, but another shows) or replaced.
            """)

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
    let deleted: Bool?
    let units: [String: Unit]

    var description: String {
        var table = Table(.left("UNIT"), .left("AUTHOR"), .left("STAMP"), .left("VALUE"))
        for (name, unit) in units.sorted(by: { $0.key < $1.key }) where !isPlumbing(name) {
            table.add(name, unit.author.cell, short(unit.stamp), brief(unit.value))
            for sibling in unit.siblings ?? [] where sibling.stamp != unit.stamp {
                table.add(
                    "  beside it", sibling.author.cell, short(sibling.stamp), brief(sibling.value))
            }
        }
        let fate = deleted == true ? ", deleted" : ""
        return "\(type)/\(id)\(fate)\n" + table.text(orIfEmpty: "It has no units.")
    }

    private func brief(_ value: JSONValue?) -> String { value?.brief ?? "–" }
}

/// Whether a unit only says in which list a record stands, and where: nothing that a person wrote.
private func isPlumbing(_ unit: String) -> Bool {
    unit.hasSuffix("].parent") || unit.hasSuffix("].orderKey")
}

/// A stamp's clock and the beginning of its node, which tell one from another on a screen.
private func short(_ stamp: JSONValue?) -> String {
    guard case .string(let text)? = stamp, let at = text.firstIndex(of: "@") else {
        return stamp?.brief ?? "–"
    }
    return String(text[...at] + text[text.index(after: at)...].prefix(4))
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
            .left("WHEN"), .left("UNIT"), .left("STATE"), .left("AUTHOR"), .left("STAMP"),
            .left("REPLACED"), .left("VALUE"))
        for entry in entries where !isPlumbing(entry.unit.cell) {
            let replaced = (entry.replaced ?? []).map { short($0) }.joined(separator: ", ")
            table.add(
                entry.at.cell, entry.unit.cell, entry.state.cell, entry.author.cell,
                short(entry.stamp), replaced.isEmpty ? "–" : replaced, entry.value?.brief ?? "–")
        }
        return table.text(orIfEmpty: "Nothing was ever written to it here.")
    }
}
