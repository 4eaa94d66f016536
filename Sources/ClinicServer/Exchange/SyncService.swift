import Causality
import HTTPSClient
import Logging
import Records
import Replica
import ServiceLifecycle
import Sync
import Synchronization
import Trust

/// Exchanges with the hub in the background: a push and a pull that never wait for each other,
/// each over a connection of its own; the search index, and repairs, beside them.
package struct SyncService: Service, CustomStringConvertible {
    private let daemon: ClinicDaemon
    private let logger: Logger

    package init(_ daemon: ClinicDaemon) {
        self.daemon = daemon
        logger = daemon.logger
    }

    /// Runs until graceful shutdown. A request that is under way is given up then: what it would
    /// have brought comes again.
    package func run() async throws {
        await cancelWhenGracefulShutdown { await exchange() }
    }

    private func exchange() async {
        guard let node = await daemon.enrolledNode() else { return }
        let url = daemon.hubURL(node.enrolment)
        let link: HubLink
        do {
            link = try HubLink(
                node: node, url: url, folder: daemon.configuration.folder.credentials,
                metrics: daemon.metrics)
        } catch {
            logger.error("The clinic's credentials can't be used", metadata: ["error": "\(error)"])
            return await Bell().wait()
        }
        daemon.connect(link)
        await retryLetters(node)
        logger.info(
            "Exchanging", metadata: ["clinic": "\(node.enrolment.name)", "hub": "\(url)"])
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await loop(.push, node, link) }
            group.addTask { await loop(.pull, node, link) }
            group.addTask { await keepIndex(node) }
            group.addTask { await repair(node, link) }
        }
    }

    package var description: String { "exchange" }

    /// After an upgrade, what was parked can be read.
    private func retryLetters(_ node: ClinicNode) async {
        do { _ = try await node.retryLetters() } catch {
            logger.warning("What is parked can't be tried again", metadata: ["error": "\(error)"])
        }
    }

    // MARK: One channel

    private func loop(
        _ channel: ClinicSession.Channel, _ node: ClinicNode, _ link: HubLink
    ) async {
        let bell = channel == .push ? node.pushBell : node.pullBell
        while !Task.isCancelled {
            do {
                switch try await node.next(channel) {
                case .wait(let milliseconds):
                    await bell.wait(for: milliseconds.map { .milliseconds($0) })
                case .send(let request): await send(request, channel, node, link)
                }
            } catch is ClinicNode.Closed {
                return
            } catch {
                logger.error(
                    "The exchange can't be prepared", metadata: ["error": "\(error)"])
                await bell.wait(for: SyncService.pauseAfterStorageFailure)
            }
        }
    }

    private static let pauseAfterStorageFailure = Duration.seconds(10)

    private func send(
        _ request: ClinicSession.Request, _ channel: ClinicSession.Channel, _ node: ClinicNode,
        _ link: HubLink
    ) async {
        let client = channel == .push ? link.push : link.pull
        await renewIfDue(node, link, on: client)
        do throws(ExchangeFailure) {
            let bytes =
                request.wait > 0
                ? try await daemon.longPoll { () async throws(ExchangeFailure) -> [UInt8] in
                    try await link.exchange(request.bytes, wait: request.wait, on: client)
                }
                : try await link.exchange(request.bytes, wait: 0, on: client)
            do { try await node.received(bytes, for: request, on: channel) } catch {
                throw .unusable("\(error)")
            }
        } catch {
            let wasConnected = await node.isConnected
            await node.failed(request, on: channel, because: error)
            if error.wasCancelled { return }
            // Once a link, not once a try: a link may be down for months.
            let level: Logger.Level = wasConnected ? .warning : .debug
            logger.log(
                level: level, "The exchange failed",
                metadata: ["channel": "\(channel)", "reason": "\(error)"])
            if case .refused(let problem) = error, problem.code == .certificateExpired {
                await renew(link, on: client)
            }
        }
    }

    private func renewIfDue(_ node: ClinicNode, _ link: HubLink, on client: HTTPSConnection) async {
        if link.isRenewalDue(now: node.clock.seconds) { await renew(link, on: client) }
    }

    private func renew(_ link: HubLink, on client: HTTPSConnection) async {
        do {
            try await link.renew(on: client)
            logger.info("The clinic's certificate was renewed")
        } catch {
            logger.warning(
                "The clinic's certificate could not be renewed", metadata: ["reason": "\(error)"])
        }
    }

    // MARK: Beside the channels

    /// Brings the search index up to date after each change, so that a search finds little to do.
    private func keepIndex(_ node: ClinicNode) async {
        while !Task.isCancelled {
            do {
                while try await node.refreshIndex(), !Task.isCancelled { await Task.yield() }
            } catch {
                logger.warning("The search index is behind", metadata: ["error": "\(error)"])
            }
            await node.indexBell.wait()
        }
    }

    /// Verifies when a digest was found to differ, at most every ten minutes.
    private func repair(_ node: ClinicNode, _ link: HubLink) async {
        while !Task.isCancelled {
            await node.repairBell.wait()
            guard !Task.isCancelled, await node.hasUnequal else { continue }
            logger.warning("What is held here differs from the hub's; it is compared and repaired")
            let result = await Verification(node, link, daemon).run()
            logger.warning(
                "The comparison has ended",
                metadata: [
                    "equal": "\(result.equal.map { "\($0)" } ?? "unknown")",
                    "differing": "\(result.differing.count)",
                    "reason": "\(result.reason ?? "")",
                ])
            await Bell().wait(for: SyncService.pauseBetweenRepairs)
        }
    }

    private static let pauseBetweenRepairs = Duration.seconds(600)
}
