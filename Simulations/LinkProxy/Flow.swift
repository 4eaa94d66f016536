import NIOCore

/// What travels in one direction of a connection.
enum Parcel {
    case bytes(ByteBuffer)
    /// The sender has no more to say.
    case end
    /// The connection breaks here.
    case cut

    var count: Int {
        guard case .bytes(let buffer) = self else { return 0 }
        return buffer.readableBytes
    }
}

/// One direction of one connection: what waits to be sent, and what is on its way.
final class Flow {
    let direction: LinkDirection
    private let engine: LinkEngine
    private unowned let connection: LinkConnection
    /// Where bytes come from and go to.
    var source: (any Channel)?
    var sink: (any Channel)? {
        didSet { if sink != nil { deliverDue() } }
    }
    /// Whether the pipe has it among those to be served.
    var hasTurn = false

    private var waiting = CircularBuffer<Parcel>()
    private var waitingBytes = 0
    private var onTheWay = CircularBuffer<(arrives: NIODeadline, parcel: Parcel)>()
    private var bytesOnTheWay = 0
    private var hasTimer = false
    /// Bytes that may still pass before this connection is cut.
    private var bytesBeforeCut: Int?
    /// Whether the source has ended, or the connection is cut: nothing more is taken in.
    private var hasEnded = false
    private var isDiscarded = false
    /// Whether the handshake is over. What comes before waits: a channel reads up to its end by
    /// itself, when its peer has closed it.
    private var isOpen = false

    /// Bytes that may wait for the link before nothing more is read, as a router's queue; at
    /// least a tenth of a second.
    private static let queueBytes = 64 << 10
    /// Bytes that may be on their way: more than any link that is imitated can hold.
    private static let flightBytes = 64 << 20

    init(_ direction: LinkDirection, of connection: LinkConnection, engine: LinkEngine) {
        self.direction = direction
        self.connection = connection
        self.engine = engine
        if let cut = engine.cut, cut.counting == .eachConnection, cut.direction == direction {
            bytesBeforeCut = cut.bytes
        }
    }

    var hasParcels: Bool { !waiting.isEmpty }

    // MARK: in

    /// From now on bytes may leave.
    func open() {
        isOpen = true
        if hasParcels { engine.pipe(direction).offer(self) }
        readIfRoom()
    }

    func received(_ buffer: ByteBuffer) {
        guard !hasEnded, buffer.readableBytes > 0 else { return }
        waiting.append(.bytes(buffer))
        waitingBytes += buffer.readableBytes
        if isOpen { engine.pipe(direction).offer(self) }
    }

    func ended() {
        guard !hasEnded else { return }
        hasEnded = true
        waiting.append(.end)
        if isOpen { engine.pipe(direction).offer(self) }
    }

    /// Asks the source for more, if there is room for it on the way and where it goes.
    func readIfRoom() {
        guard isOpen, !hasEnded, !isDiscarded, let source, bytesOnTheWay < Flow.flightBytes else {
            return
        }
        let perTenth = (engine.conditions.bytesPerSecond(direction) ?? 10 << 20) / 10
        guard waitingBytes < max(Flow.queueBytes, perTenth), sink?.isWritable ?? true else {
            return
        }
        source.read()
    }

    // MARK: over the link

    /// Takes what is sent next; nil if nothing is.
    func nextParcel(atMost limit: Int) -> Parcel? {
        guard !isDiscarded, let first = waiting.popFirst() else { return nil }
        guard case .bytes(var buffer) = first else { return first }
        var count = min(limit, buffer.readableBytes)
        if let left = bytesBeforeCut ?? engine.bytesBeforeCut(direction) {
            count = min(count, left)
        }
        guard count > 0, let packet = buffer.readSlice(length: count) else {
            return cutHere()
        }
        if buffer.readableBytes > 0 { waiting.prepend(.bytes(buffer)) }
        waitingBytes -= count
        if let left = bytesBeforeCut { bytesBeforeCut = left - count }
        if isAtCut(after: count) { waiting.prepend(cutHere()) }
        readIfRoom()
        return .bytes(packet)
    }

    /// Whether the cut comes right behind the bytes that are being taken.
    private func isAtCut(after count: Int) -> Bool {
        if let bytesBeforeCut { return bytesBeforeCut == 0 }
        return engine.bytesBeforeCut(direction) == count
    }

    /// Gives up what waits: the connection breaks at this byte.
    private func cutHere() -> Parcel {
        hasEnded = true
        waiting.removeAll()
        waitingBytes = 0
        bytesBeforeCut = nil
        engine.haveCut()
        return .cut
    }

    func launch(_ parcel: Parcel, arriving time: NIODeadline) {
        // A link that has just become faster doesn't let bytes overtake each other.
        let arrives = max(time, onTheWay.last?.arrives ?? time)
        onTheWay.append((arrives, parcel))
        bytesOnTheWay += parcel.count
        setTimer()
    }

    private func setTimer() {
        guard !hasTimer, let first = onTheWay.first else { return }
        hasTimer = true
        engine.loop.assumeIsolated().scheduleTask(deadline: first.arrives) {
            self.hasTimer = false
            self.deliverDue()
        }
    }

    // MARK: out

    /// Hands over what has arrived by now; keeps it while the link is dead.
    func deliverDue() {
        guard let sink, !engine.conditions.isBlackHole else { return }
        let now = NIODeadline.now()
        while let first = onTheWay.first, first.arrives <= now, !isDiscarded {
            onTheWay.removeFirst()
            bytesOnTheWay -= first.parcel.count
            switch first.parcel {
            case .bytes(let buffer): sink.writeAndFlush(buffer, promise: nil)
            case .end: connection.delivered(endOf: direction)
            case .cut: connection.breakOff(after: sink)
            }
        }
        setTimer()
        readIfRoom()
    }

    /// Nobody is there to take it any more.
    func discard() {
        isDiscarded = true
        waiting.removeAll()
        onTheWay.removeAll()
        (waitingBytes, bytesOnTheWay) = (0, 0)
    }
}
