import FHIR
import HubServer
import Logging
import ServiceLifecycle
import Settings
import Trust

/// What the hub does by itself: backups, its own certificate's renewal, keeping its time.
struct HubUpkeep: Service {
    let node: HubNode
    let server: HubService
    let credentials: CredentialFolder

    /// How often it is looked whether a backup is due. What makes one due is the time that has gone
    /// by, by a clock that may jump, so no event tells.
    private static let tick = Duration.seconds(5)
    private static let ticksPerMinute = 12
    private static let ticksPerDay = 24 * 60 * ticksPerMinute

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var ticks = 0
            // What a stop has interrupted.
            await node.lookAnew()
            while !Task.isCancelled {
                do { try await Task.sleep(for: HubUpkeep.tick) } catch { return }
                ticks += 1
                await look(ticks)
            }
        }
    }

    /// What fails is tried again the next time; status and log say so.
    private func look(_ ticks: Int) async {
        // Its failure is logged, and shown in status, by the node.
        try? await node.backUpIfDue()
        if ticks % HubUpkeep.ticksPerMinute == 0 {
            do { try await node.keepUp() } catch {
                node.logger.error("Upkeep failed", metadata: ["why": "\(error)"])
            }
        }
        if ticks % HubUpkeep.ticksPerDay == 0 {
            do {
                let moment = Moment.date(node.view.trustedTime())
                try server.replaceCredentials(
                    credentials.serverCredentials(
                        of: node.authority, hosts: node.settings.hosts, now: moment))
            } catch {
                node.logger.error(
                    "The hub's certificate was not renewed", metadata: ["why": "\(error)"])
            }
        }
    }
}
