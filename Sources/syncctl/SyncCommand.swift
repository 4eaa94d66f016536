import ArgumentParser

struct SyncCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract: "Exchange with the hub now.",
        discussion: """
            With --wait it goes on until nothing is pending, and ends with status 1 if something \
            still is when the time is up.

            JSON: {exchanged, finished, pending: {care, administration, bulk}, sent, received, \
            reason}.
            """)

    /// A day: beyond that, `status` is the way to wait.
    private static let maximumWaitSeconds = 86_400
    private static let refresh = Duration.milliseconds(500)

    @OptionGroup var connection: ConnectionOptions

    @Option(help: ArgumentHelp("Wait until nothing is pending.", valueName: "seconds"))
    var wait: Int?

    func validate() throws {
        if let wait, !(1...Self.maximumWaitSeconds).contains(wait) {
            throw ValidationError("--wait takes seconds from 1 to \(Self.maximumWaitSeconds).")
        }
    }

    func run() async throws {
        let client = try connection.connect()
        let watch = wait != nil && Terminal.showsErrors ? watching(client) : nil
        let answer: Answer
        do {
            // An exchange over a bad link may take minutes beyond the time that it was given.
            answer = try await client.post(
                "sync", .object([("wait", wait.map { .number($0) })]),
                timeout: .seconds((wait ?? 0) + 600))
        } catch {
            watch?.cancel()
            await watch?.value
            throw error
        }
        watch?.cancel()
        await watch?.value
        let result = connection.show(answer, as: SyncResult.self, describe: \.description)
        try (result?.outcome(waited: wait != nil) ?? .unknown).finish()
    }

    /// Draws what is pending, until cancelled, and then leaves a clean line. It asks over a
    /// connection of its own: the other one waits for the exchange.
    private func watching(_ client: ControlClient) -> Task<Void, Never> {
        let watcher = client.another
        return Task {
            let progress = ProgressLine()
            var most = 1
            while !Task.isCancelled {
                let answer = try? await watcher.post(
                    "status", .object([]), timeout: .seconds(5))
                let status = try? answer?.decode(ClinicStatus.self, isJSON: false)
                if let pending = status?.pending?.total {
                    most = max(most, pending)
                    progress.show(
                        fraction: 1 - Double(pending) / Double(most), "\(pending.grouped) pending")
                }
                // The daemon is another process, and is asked: it tells nobody by itself.
                try? await Task.sleep(for: SyncCommand.refresh)
            }
            progress.clear()
        }
    }
}

/// What came of an exchange.
struct SyncResult: Decodable {
    /// Whether the hub took part.
    let exchanged: Bool?
    /// Whether nothing is pending.
    let finished: Bool?
    let pending: ClinicStatus.Pending?
    let sent: Int?
    let received: Int?
    /// Why it didn't come about, or not to its end.
    let reason: String?

    private var isFinished: Bool { finished ?? pending.map { $0.total == 0 } ?? false }

    func outcome(waited: Bool) -> Outcome {
        if exchanged == false { return .warning }
        return waited && !isFinished ? .warning : .well
    }

    var description: String {
        let counts =
            "sent \(sent.cell), received \(received.cell), "
            + "pending \((pending?.total).cell)"
        let why = reason.map { ": \($0)" } ?? ""
        if exchanged == false { return "No exchange came about\(why) (\(counts))" }
        return isFinished ? "All is exchanged: \(counts)" : "Exchanged: \(counts)\(why)"
    }
}
