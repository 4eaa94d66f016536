import NIOCore

/// A direction of the link. Clients connect to the proxy, so what they send goes up.
package enum LinkDirection: Sendable, CaseIterable { case up, down }

/// How bad a link is. It may be changed while it is in use.
package struct LinkConditions: Sendable, Equatable {
    /// What becomes of a new connection.
    package enum NewConnections: Sendable, Equatable {
        case carried
        /// Closed as soon as it is made.
        case dropped
        /// Answered by a captive portal: whatever comes first, a TLS ClientHello included, gets a
        /// page of HTML over plain HTTP, and the connection is closed.
        case answeredByPortal
    }

    /// The time of a round trip; each direction takes half. A new connection costs one before its
    /// first byte, as TCP's handshake does.
    package var roundTrip: TimeAmount
    /// Bytes a second that all connections together can send; nil for no limit.
    package var upBytesPerSecond: Int?
    /// Bytes a second that all connections together can receive; nil for no limit.
    package var downBytesPerSecond: Int?
    package var newConnections: NewConnections
    /// Whether nothing passes. What is on its way waits, and goes on when the link is back, as
    /// TCP would send it again.
    package var isBlackHole: Bool

    package init(
        roundTrip: TimeAmount = .zero, upBytesPerSecond: Int? = nil,
        downBytesPerSecond: Int? = nil, newConnections: NewConnections = .carried,
        isBlackHole: Bool = false
    ) {
        precondition(roundTrip >= .zero)
        precondition((upBytesPerSecond ?? 1) > 0 && (downBytesPerSecond ?? 1) > 0)
        self.roundTrip = roundTrip
        self.upBytesPerSecond = upBytesPerSecond
        self.downBytesPerSecond = downBytesPerSecond
        self.newConnections = newConnections
        self.isBlackHole = isBlackHole
    }

    /// A link that only counts.
    package static let perfect = LinkConditions()
    /// GPRS at the edge of its cell: 600 ms, 30 kbit/s each way.
    package static let secondGeneration = LinkConditions(
        roundTrip: .milliseconds(600), upBytesPerSecond: 3750, downBytesPerSecond: 3750)

    func bytesPerSecond(_ direction: LinkDirection) -> Int? {
        direction == .up ? upBytesPerSecond : downBytesPerSecond
    }

    /// How long the bytes keep that direction busy.
    func transmission(of bytes: Int, _ direction: LinkDirection) -> TimeAmount {
        guard let rate = bytesPerSecond(direction) else { return .zero }
        return .nanoseconds(Int64(Double(bytes) / Double(rate) * 1e9))
    }

    /// The least time in which the link can carry the bytes, in seconds: the directions work at
    /// the same time, so the slower one counts, and some round trips are added.
    package func limit(up: Int, down: Int, roundTrips: Double = 2) -> Double {
        let busy = max(transmission(of: up, .up), transmission(of: down, .down))
        return (Double(busy.nanoseconds) + roundTrips * Double(roundTrip.nanoseconds)) / 1e9
    }
}

/// What a link has carried.
package struct LinkCounts: Sendable, Equatable {
    /// Bytes sent over the link towards the server, TLS included and TCP's headers not.
    package var up = 0
    package var down = 0
    /// Connections that clients made, carried or not.
    package var connections = 0
    /// Connections cut by ``BadLink/cut(after:_:each:)``.
    package var cuts = 0

    package init() {}

    package subscript(direction: LinkDirection) -> Int {
        get { direction == .up ? up : down }
        set { if direction == .up { up = newValue } else { down = newValue } }
    }
}

/// A plan to cut connections at an exact byte.
struct CutPlan: Sendable, Equatable {
    enum Counting: Sendable, Equatable {
        /// All bytes of the direction from now on; one cut, and the plan is done.
        case link
        /// The bytes of each connection that is made from now on.
        case eachConnection
    }
    var direction: LinkDirection
    /// Bytes that still pass.
    var bytes: Int
    var counting: Counting
}
