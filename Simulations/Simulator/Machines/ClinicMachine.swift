import Causality
import Hub
import Records
import Replica
import Sync

/// A clinic's machine: its database, its session with the hub, its clocks and its link.
final class ClinicMachine {
    let name: String
    let node: NodeID
    let options: Options.ClinicOptions
    var clinic: Clinic
    var session: ClinicSession
    var clock: MachineClock
    var version: ProductVersion
    var identity: [UInt8]
    var link: Link
    /// Counts its boots: what was under way before one never comes back.
    var boot = 0
    /// Whether it was taken out of service.
    var isGone = false
    /// Whether its log is behind what the hub may have, under the same name.
    var isRolledBack = false
    /// The calls under way, by channel, and one beside them that an adversary makes.
    var calls: [Call?] = [nil, nil, nil]
    /// Counts plans to look at a channel: only the last one stands.
    var wakes = [0, 0]
    /// Copies of its database by name, the latest last.
    var copies: [String] = []
    /// The own frames that the ledger knows of, by origin.
    var known: [Origin: UInt64] = [:]
    /// Whether its disk has no room left.
    var isFull = false
    /// Whether its disk answers with errors now and then.
    var isFailing = false
    /// Whether something failed since it was opened that may be on the disk all the same: then it
    /// is there after the next loss of power.
    var isDoubtful = false
    /// Units whose siblings somebody saw on a form that is still open.
    var forms: [Place: [Stamp]] = [:]
    /// Whether what differs from the hub is being compared and loaded anew.
    var isRepairing = false
    var exchanges = 0
    /// When the last pull that was answered had been sent, and what it left at the hub.
    var pulledAt: UInt64 = 0
    var behind: UInt64 = 0
    var events = 0
    var people: Chance
    var wire: Chance
    /// For incarnations, salts and waits of the product itself.
    var chance: Chance

    init(
        name: String, node: NodeID, options: Options.ClinicOptions, clinic: Clinic,
        clock: MachineClock, version: ProductVersion, identity: [UInt8], seed: UInt64
    ) {
        self.name = name
        self.node = node
        self.options = options
        self.clinic = clinic
        self.clock = clock
        self.version = version
        self.identity = identity
        session = ClinicMachine.session(options)
        link = Link(options: options.link)
        people = Chance(seed: seed, "people of \(name)")
        wire = Chance(seed: seed, "wire of \(name)")
        chance = Chance(seed: seed, "chance of \(name)")
    }

    static func session(_ options: Options.ClinicOptions) -> ClinicSession {
        ClinicSession(
            limits: ClinicSession.Limits(
                longPoll: options.longPoll, idle: options.idle, bytes: options.bytes))
    }

    var replica: NodeStore { clinic.replica }

    /// Whether frames of an origin have left their places, to be issued again under another name.
    func wasCut(_ origin: Origin) -> Bool { origin.incarnation != clinic.incarnation }
}

/// Whether a machine's link is up, and until when.
struct Link {
    var options: LinkOptions
    var isUp = true
    /// When that changes next.
    var until = UInt64.max
    /// Whether all that goes wrong with it has stopped.
    var isMended = false
}
