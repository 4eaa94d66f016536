import Causality
import Records

/// A numbered list of what the hub holds ready for a clinic.
package enum FeedKind: UInt8, CaseIterable, Sendable, Comparable {
    /// The clinic's own: what it holds alone, its own frames, and its scope.
    case own = 0
    /// Shared reference data, one feed for all.
    case reference = 1
    /// Every patient of the district, one feed for the clinics of that scope.
    case district = 2

    package static func < (a: FeedKind, b: FeedKind) -> Bool { a.rawValue < b.rawValue }
}

/// A place in a feed: how many entries lie before it, and the feed's running hash up to there,
/// which takes in a random number a commit. Two lives of one hub never make the same.
package struct Cursor: Hashable, Sendable {
    package var position: UInt64
    /// The first 64 bits of the running hash; 0 at position 0.
    package var hash: UInt64

    package init(position: UInt64, hash: UInt64) {
        self.position = position
        self.hash = hash
    }

    package static let start = Cursor(position: 0, hash: 0)
}

/// What stands at one place of a feed.
package enum FeedItem: Sendable, Equatable {
    /// Entries of the clinic's own that it has already.
    case passed(count: UInt64)
    /// One of the clinic's own that it has, whose stamp the hub has ranked.
    case passedRanked(Stamp, rank: HLC)
    /// A frame with the change sets that this holder may see; the hash before it where the frame
    /// before it was not in this feed; and its rank, if the hub ranked it.
    case frame(Frame, previous: FrameHash?, rank: HLC?)
    /// The clinic holds the compartment from here on. When the hub knew nothing of it before,
    /// nothing has to be loaded.
    case grow(Compartment, isFresh: Bool)
    /// The clinic holds the compartment no longer.
    case shrink(Compartment)
    /// One of the clinic's own, which the hub had put aside, is in the record after all.
    case retaken(Origin, sequence: UInt64)

    /// How many positions of the feed the item takes.
    package var length: UInt64 {
        if case .passed(let count) = self { count } else { 1 }
    }
}

/// What a clinic loads as state: one compartment, or all that a shared feed carries.
package enum Span: Hashable, Sendable {
    case compartment(Compartment)
    case all(FeedKind)
}

extension ByteWriter {
    mutating func span(_ span: Span) {
        switch span {
        case .all(let feed):
            byte(feed.rawValue)
        case .compartment(let compartment):
            byte(0xFF)
            self.compartment(compartment)
        }
    }
}

extension ByteReader {
    mutating func feed() throws(Malformed) -> FeedKind {
        guard let kind = FeedKind(rawValue: try byte()) else { throw .invalid("feed") }
        return kind
    }

    mutating func span() throws(Malformed) -> Span {
        let tag = try byte()
        if tag == 0xFF { return .compartment(try compartment()) }
        guard let kind = FeedKind(rawValue: tag) else { throw .invalid("span") }
        return .all(kind)
    }
}

extension MessageWriter {
    mutating func cursor(_ cursor: Cursor) {
        plain.varint(cursor.position)
        raw.fixed64(cursor.hash)
    }
}

extension MessageReader {
    mutating func cursor() throws(Malformed) -> Cursor {
        let position = try plain.varint()
        guard position < 1 << 62 else { throw .invalid("position of a cursor") }
        return Cursor(position: position, hash: try raw.fixed64())
    }
}
