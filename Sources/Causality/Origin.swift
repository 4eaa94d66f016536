/// An enrolled machine. The hub draws the number at random when it issues the enrolment code.
package struct NodeID: Hashable, Comparable, Sendable {
    package var rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }
    package static func < (a: NodeID, b: NodeID) -> Bool { a.rawValue < b.rawValue }
}

extension NodeID: CustomStringConvertible {
    /// Sixteen hexadecimal digits, as certificates and records name a node.
    package var description: String { hexadecimal(rawValue) }
}

/// Sixteen digits.
private func hexadecimal(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}

/// One unbroken life of a node's replica. Restoring or cloning a disk starts a new one, with a
/// new random number, so that no stamp is ever used for two values.
package struct Incarnation: Hashable, Comparable, Sendable {
    package var rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }
    package static func < (a: Incarnation, b: Incarnation) -> Bool { a.rawValue < b.rawValue }
}

/// A queue of the log with its own order, so that an urgent result never waits behind a scan.
/// Fixed per entity in the schema.
package enum Lane: UInt8, CaseIterable, Sendable, Comparable {
    case care = 0
    case administration = 1
    case bulk = 2
    package static func < (a: Lane, b: Lane) -> Bool { a.rawValue < b.rawValue }
}

/// Where stamps come from: node, incarnation and lane. Each origin's log is one hash chain.
package struct Origin: Hashable, Comparable, Sendable {
    package var node: NodeID
    package var incarnation: Incarnation
    package var lane: Lane

    package init(node: NodeID, incarnation: Incarnation, lane: Lane) {
        self.node = node
        self.incarnation = incarnation
        self.lane = lane
    }

    package static func < (a: Origin, b: Origin) -> Bool {
        (a.node, a.incarnation, a.lane) < (b.node, b.incarnation, b.lane)
    }

    /// Origins and stamps are looked up at every step of an exchange, so they are hashed by little:
    /// incarnations are drawn at random, and of nodes that chose one alike there are few.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(incarnation.rawValue ^ UInt64(lane.rawValue))
    }
}

extension Origin {
    /// `NODE/INCARNATION/LANE`, the first two in hexadecimal.
    package var text: String { "\(node)/\(hexadecimal(incarnation.rawValue))/\(lane)" }
}

/// The name of one transaction's writes in one lane: stamps are totally ordered and never repeat.
package struct Stamp: Hashable, Comparable, Sendable {
    package var hlc: HLC
    package var origin: Origin

    package init(hlc: HLC, origin: Origin) {
        self.hlc = hlc
        self.origin = origin
    }

    package static func < (a: Stamp, b: Stamp) -> Bool { (a.hlc, a.origin) < (b.hlc, b.origin) }
}

extension Stamp {
    /// The clock's reading in hexadecimal and the origin: what tells one write from all others.
    package var text: String { "\(hexadecimal(hlc.rawValue))@\(origin.text)" }
}
