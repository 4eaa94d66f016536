import ArgumentParser

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check every value and the log; name and mend what differs.",
        discussion: """
            At a clinic it compares all values with the hub's, and loads anew what differs. At the \
            hub it replays a copy of the log, and puts rows that differ from it right. A damaged \
            log is named, and nothing is mended from it.

            Exit status: 0 equal, 2 different or damaged, 3 when the two could not be compared.

            JSON: {equal, records, differing: [TYPE/ID], reason}; of a clinic also repaired and \
            damaged, of the hub repairedCompartments, damagedFrames and damagedFeeds.
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        // Reads every row once: minutes on a large replica and a slow disk.
        let answer = try await connection.ask("verify", timeout: .seconds(3_600))
        let result = connection.show(answer, as: VerifyResult.self, describe: \.description)
        try (result?.outcome ?? .unknown).finish()
    }
}

/// What came of the comparison.
struct VerifyResult: Decodable {
    /// `nil` where the two sides could not be compared.
    let equal: Bool?
    let records: Int?
    /// Records by type and id.
    let differing: [String]?
    /// Parts of this side's log or feeds whose bytes are not what they were.
    let damaged: [String]?
    let damagedFrames: [String]?
    let damagedFeeds: [String]?
    let reason: String?

    var outcome: Outcome {
        switch equal {
        case true: .well
        case false: .critical
        default: .unknown
        }
    }

    var description: String {
        let why = reason.map { ": \($0)" } ?? ""
        let differing = differing ?? []
        let broken = (damaged ?? []) + (damagedFrames ?? []) + (damagedFeeds ?? [])
        let names =
            differing.map { "\n  \($0)" }.joined()
            + broken.map { "\n  damaged: \($0)" }.joined()
        switch equal {
        case true: return "Equal: \(records.cell) records\(why)"
        case false:
            return "DIFFERENT: \(differing.count.grouped) of \(records.cell) records\(why)\(names)"
        default: return "Could not be compared\(why)\(names)"
        }
    }
}
