import Causality
import Hub
import Sync

/// The hub's machine.
final class HubMachine {
    var store: HubStore
    var clock: MachineClock
    var version: ProductVersion
    var identity: [UInt8]
    /// Pulls that wait for news.
    var waiting: [Wait] = []
    var backup: Backup?
    var backups = 0
    /// Frames that were lost when it was put back, and when it got them again.
    var regained: [Stamp: UInt64] = [:]
    /// Whether its disk answers with errors now and then.
    var isFailing = false
    var chance: Chance

    struct Wait {
        var call: Call
        var feeds: Set<FeedName>
        var since: UInt64
    }

    /// A copy of its database, and what the checkers knew then.
    struct Backup {
        var name: String
        var ranks: [Stamp: HLC]
    }

    init(store: HubStore, clock: MachineClock, version: ProductVersion, chance: Chance) {
        self.store = store
        self.clock = clock
        self.version = version
        identity = HubMachine.firstIdentity
        self.chance = chance
    }

    static let firstIdentity: [UInt8] = Array("hub".utf8)
    static let file = "hub"
}
