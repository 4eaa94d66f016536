import Causality
import Records
import Sync

/// Compares all that is held here with the hub, values included; loads anew what differs, and
/// names it. Checks the log as well.
struct Verification: Sendable {
    struct Result: Sendable {
        /// `nil` when the two could not be compared.
        var equal: Bool?
        var records = 0
        /// `TYPE/ID`, in order.
        var differing: [String] = []
        var isRepaired = false
        /// Frames of the log that are not what was hashed: `NODE/INCARNATION/LANE SEQUENCE`.
        var damaged: [String] = []
        var reason: String?
    }

    private let node: ClinicNode
    private let link: HubLink
    private let daemon: ClinicDaemon

    init(_ node: ClinicNode, _ link: HubLink, _ daemon: ClinicDaemon) {
        self.node = node
        self.link = link
        self.daemon = daemon
    }

    /// How often two moments may differ before it is given up, and how long quiet may take.
    private static let tries = 5
    private static let quietTimeout = Duration.seconds(600)

    private enum Failure: Error {
        case notQuiet
        case noCommonMoment
        /// In the words of the last failed request.
        case noExchange(String)
    }

    func run() async -> Result {
        var result = Result()
        do {
            result.damaged = try await damagedFrames()
            await node.verified(damaged: result.damaged.count)
            result.records = try await node.reader.countResources()
            try await untilQuiet()
            var names: Set<String> = []
            for feed in await node.comparedFeeds { names.formUnion(try await compare(feed)) }
            result.differing = names.sorted()
            result.isRepaired = !names.isEmpty
            result.equal = names.isEmpty && result.damaged.isEmpty
            result.records = try await node.reader.countResources()
            result.reason = Verification.reason(result)
        } catch {
            // What is wrong with the log alone is known all the same.
            if !result.damaged.isEmpty { result.equal = false }
            result.reason = Verification.reason(of: error)
        }
        return result
    }

    private static func reason(_ result: Result) -> String? {
        if !result.damaged.isEmpty {
            return "\(result.damaged.count) frames of this clinic's log are damaged: restore the "
                + "data directory from a backup made before that, or keep it for inquiry"
        }
        return result.differing.isEmpty
            ? nil
            : "what differed was loaded anew from the hub; verify again to see that it is equal"
    }

    private static func reason(of error: any Error) -> String {
        switch error {
        case Failure.notQuiet:
            "the exchange with the hub did not come to an end in time: run sync --wait first"
        case Failure.noCommonMoment:
            "the two kept changing while they were compared: try again when less is written"
        case Failure.noExchange(let why): why
        case let failure as ExchangeFailure: failure.description
        case is CancellationError: "the daemon is stopping"
        default: "\(error)"
        }
    }

    // MARK: Comparing

    /// - Returns: the resources that differed.
    private func compare(_ feed: FeedKind) async throws -> Set<String> {
        for _ in 0..<Verification.tries {
            let bytes = try await ask(feed, [])
            guard let buckets = try await node.reader.differing(bytes, feed) else {
                try await untilQuiet()
                continue
            }
            if buckets.isEmpty {
                try await node.correctSum(feed)
                return []
            }
            let sums = try await ask(feed, buckets)
            guard let before = try await node.reader.differing(sums, feed, buckets) else {
                try await untilQuiet()
                continue
            }
            try await node.loadAnew(before.compartments, feed)
            try await untilQuiet()
            try await node.correctSum(feed)
            let after = try await node.reader.recordSums(before.compartments)
            // An exchange on equal terms, so that the standing digests say it too.
            try await untilQuiet()
            return before.differing(from: after)
        }
        throw Failure.noCommonMoment
    }

    private func ask(_ feed: FeedKind, _ buckets: [UInt16]) async throws -> [UInt8] {
        try await link.exchange(await node.sumsRequest(feed, buckets), wait: 0, on: link.aside)
    }

    /// Exchanges until nothing is pending, nothing waits at the hub and nothing is loading.
    private func untilQuiet() async throws {
        let changes = node.progress.listen()
        let before = await node.exchangeState
        await node.hurry()
        daemon.endLongPoll()
        let isOver = try await withThrowingTaskGroup(of: Bool.self) { group in
            // The exchange announces each change; this only bounds the wait for it.
            group.addTask {
                try await Task.sleep(for: Verification.quietTimeout)
                return false
            }
            group.addTask {
                for await _ in changes {
                    let state = await node.exchangeState
                    if let refusal = state.refusal { throw ExchangeFailure.refused(refusal) }
                    if state.failed > before.failed + Verification.mostFailures {
                        throw Failure.noExchange(state.failure ?? "the hub can't be reached")
                    }
                    if state.answered > before.answered, await node.isQuiet { return true }
                }
                throw CancellationError()
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
        guard isOver else { throw Failure.notQuiet }
    }

    /// The request that is given up counts as one.
    private static let mostFailures: UInt64 = 3

    // MARK: The log

    private static let mostNamed = 1000

    private func damagedFrames() async throws -> [String] {
        try await node.reader.damagedFrames().prefix(Verification.mostNamed).map {
            "\($0.origin.text) \($0.sequence)"
        }
    }
}
