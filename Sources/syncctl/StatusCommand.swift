import ArgumentParser

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what is written, acknowledged, pending and wrong.",
        discussion: """
            The exit status follows the state: 0 well, 1 warning, 2 critical, 3 unknown or \
            unreachable.

            JSON of a clinic: {role, clinic, node, incarnation, written, acknowledged, backedUp, \
            pending: {care, administration, bulk}, pendingBytes, refused, parked, received, \
            reviewItems, lastExchange, loading, digest: {ours, hub, equal}, clock: {offsetSeconds, \
            trusted}, state, reasons, addresses, hub, version}.

            JSON of the hub: {role, epoch, changeSets, backedUp, records, refused, parked, clinics: \
            [{name, id, scope, organization, lastSeen, acknowledged, pendingForIt, digestEqual, \
            clockOffsetSeconds, revoked, enrolled}], addresses, rootKeyHash, lastBackup, clock, \
            state, reasons}.
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let answer = try await connection.ask("status")
        let state = connection.show(answer, as: DaemonStatus.self, describe: \.description)
        try Outcome(state: state?.state).finish()
    }
}

/// The status of a daemon of either role.
struct DaemonStatus: Decodable {
    private enum Name: String, CodingKey { case role, state }

    let state: String?
    let description: String

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Name.self)
        state = try container.decodeIfPresent(String.self, forKey: .state)
        if try container.decodeIfPresent(String.self, forKey: .role) == "hub" {
            description = try HubStatus(from: decoder).description
        } else {
            description = try ClinicStatus(from: decoder).description
        }
    }

    /// The reasons for a state, a line each, below the rest.
    static func reasons(_ reasons: [String]?) -> String {
        (reasons ?? []).map { "\n  ! \($0)" }.joined()
    }
}
