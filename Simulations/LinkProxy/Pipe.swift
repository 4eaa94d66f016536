import NIOCore

/// One direction of the link: what all connections share. Packets leave one after the other, each
/// for as long as the bandwidth says, and arrive later by half a round trip; many can be on
/// their way at once. Connections take turns, packet by packet.
///
/// It lives on the link's event loop, as all classes of this target but ``BadLink`` do.
final class Pipe {
    let direction: LinkDirection
    private let engine: LinkEngine
    /// Connections that have something to send, in the order of their turns.
    private var turns = CircularBuffer<Flow>()
    /// When the last packet has left.
    private var busyUntil = NIODeadline.now()
    private var hasTimer = false

    /// Bytes of a packet: what fits one of Ethernet's, or what leaves in a millisecond where that
    /// is more, so that a fast link costs little.
    private var packetBytes: Int {
        guard let rate = engine.conditions.bytesPerSecond(direction) else { return 64 << 10 }
        return max(1400, min(rate / 1000, 64 << 10))
    }
    /// How far ahead of the clock packets may be sent off, so that a fast link needs no timer for
    /// each. They still arrive no sooner than they should.
    private static let ahead = TimeAmount.milliseconds(1)

    init(_ direction: LinkDirection, of engine: LinkEngine) {
        self.direction = direction
        self.engine = engine
    }

    /// A connection has something to send.
    func offer(_ flow: Flow) {
        if !flow.hasTurn {
            flow.hasTurn = true
            turns.append(flow)
        }
        send()
    }

    /// The link works again.
    func resume() { send() }

    /// Sends what can leave by now.
    /// - Parameter continuing: whether packets have waited since the last one left: then the next
    ///   follows it at once, so that a late timer doesn't slow the link down.
    private func send(continuing: Bool = false) {
        guard !hasTimer else { return }
        let now = NIODeadline.now()
        if !continuing { busyUntil = max(busyUntil, now) }
        while !engine.conditions.isBlackHole, !turns.isEmpty {
            guard busyUntil <= now + Pipe.ahead else { return setTimer() }
            let flow = turns.removeFirst()
            flow.hasTurn = false
            guard let parcel = flow.nextParcel(atMost: packetBytes) else { continue }
            busyUntil = busyUntil + engine.conditions.transmission(of: parcel.count, direction)
            engine.carried(parcel.count, direction)
            flow.launch(parcel, arriving: busyUntil + engine.conditions.roundTrip / 2)
            if flow.hasParcels {
                flow.hasTurn = true
                turns.append(flow)
            }
        }
    }

    private func setTimer() {
        hasTimer = true
        engine.loop.assumeIsolated().scheduleTask(deadline: busyUntil) {
            self.hasTimer = false
            self.send(continuing: true)
        }
    }
}

extension TimeAmount {
    fileprivate static func / (time: TimeAmount, divisor: Int64) -> TimeAmount {
        .nanoseconds(time.nanoseconds / divisor)
    }
}
