import Sync

/// A request on its way to the hub, and what is to be made of its answer.
final class Call {
    enum Channel: Int, CustomStringConvertible {
        case push = 0
        case pull = 1
        /// Beside the session: an adversary's.
        case aside = 2
        /// Carried by hand: nobody waits for it.
        case courier = 3

        var description: String {
            switch self {
            case .push: "push"
            case .pull: "pull"
            case .aside: "aside"
            case .courier: "courier"
            }
        }
    }

    let number: Int
    let machine: ClinicMachine
    let boot: Int
    let sentAt: UInt64
    let channel: Channel
    let message: Message
    /// When the hub made its last answer.
    var answeredAt: UInt64 = 0
    /// Whether its fate is known at the clinic.
    var isOver = false

    /// What is asked, by a session or beside it.
    struct Message {
        var kind: ClinicSession.Request.Kind
        var bytes: [UInt8]
        /// Seconds that the hub may be silent.
        var wait: UInt64 = 0
        /// The session's own request; `nil` where no session made it.
        var request: ClinicSession.Request?

        init(_ request: ClinicSession.Request) {
            kind = request.kind
            bytes = request.bytes
            wait = request.wait
            self.request = request
        }

        init(_ sent: SentExchange) { (kind, bytes) = (.exchange(sent), sent.bytes) }
        init(_ chunk: ChunkRequest) { (kind, bytes) = (.chunk(chunk), chunk.encoded()) }
        init(_ probe: ProbeRequest) { (kind, bytes) = (.probe(probe), probe.encoded()) }
    }

    init(
        number: Int, at time: UInt64, machine: ClinicMachine, channel: Channel, message: Message
    ) {
        sentAt = time
        self.number = number
        self.machine = machine
        boot = machine.boot
        self.channel = channel
        self.message = message
    }

    /// Whether the machine still waits for it: it has not been restarted since.
    var isAwaited: Bool { !isOver && !machine.isGone && boot == machine.boot }

    var what: String {
        switch message.kind {
        case .exchange(let sent):
            let frames = sent.request.frames.count
            return sent.request.pulls.isEmpty
                ? "push of \(frames)" : frames == 0 ? "pull" : "pull with \(frames)"
        case .chunk: return "chunk"
        case .probe: return "probe"
        }
    }
}
