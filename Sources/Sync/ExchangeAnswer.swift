import Causality
import Records

/// Why the hub did not take a change set into the record. The frame is kept on both sides.
package enum RefusalReason: UInt8, Sendable, CaseIterable, CustomStringConvertible {
    case malformed = 1
    /// Another clinic's own affairs.
    case wrongScope = 2
    /// Written under the name of another node.
    case wrongOrigin = 3

    package var description: String {
        switch self {
        case .malformed: "a change set that this hub can't read: keep the letter, and report it"
        case .wrongScope: "it writes into another clinic's own affairs"
        case .wrongOrigin: "it is written under another node's name"
        }
    }
}

/// What the hub answers to an exchange: what it has of the clinic's logs, and what is new.
package struct ExchangeAnswer: Sendable, Equatable {
    /// What the hub has of one of the clinic's logs, where it differs from what the clinic said.
    package struct Held: Sendable, Equatable {
        /// Index into the request's heads.
        package var index: Int
        package var sequence: UInt64
        /// The first 64 bits of the hash at `sequence`.
        package var hash: UInt64
        /// Whether the hub's log is at least as long as the clinic's and agrees with its head.
        package var agreesAtHead: Bool
        package var backedUp: UInt64

        package init(
            index: Int, sequence: UInt64, hash: UInt64, agreesAtHead: Bool, backedUp: UInt64
        ) {
            self.index = index
            self.sequence = sequence
            self.hash = hash
            self.agreesAtHead = agreesAtHead
            self.backedUp = backedUp
        }
    }

    package struct Refusal: Sendable, Equatable {
        package var index: Int
        package var sequence: UInt64
        package var reason: RefusalReason

        package init(index: Int, sequence: UInt64, reason: RefusalReason) {
            self.index = index
            self.sequence = sequence
            self.reason = reason
        }
    }

    package struct Slice: Sendable, Equatable {
        package var feed: FeedKind
        /// Where the slice begins: the newest of the clinic's cursors that fits; `nil` when none of
        /// those that it sent does, and it should send older ones.
        package var from: Cursor?
        package var to: Cursor
        /// Entries that the feed has beyond `to`.
        package var behind: UInt64
        package var items: [FeedItem]
        /// Half of the sum of the feed's content at `to`, when the clinic may compare it there.
        package var sum: ContentSum?
        /// What the clinic holds at `from`, when that is not its newest cursor.
        package var holds: [Compartment]?
        /// Whether the cursor of what is being loaded does not fit: it is to be loaded anew.
        package var mustReload: Bool
        /// In the own feed's: whether the clinic may read the district's feed and hasn't asked for it.
        package var offersDistrict = false

        package init(feed: FeedKind, from: Cursor?, to: Cursor) {
            self.feed = feed
            self.from = from
            self.to = to
            (behind, items, sum, holds, mustReload) = (0, [], nil, nil, false)
        }
    }

    /// The hub's time, in milliseconds since 1970; 0 when it does not believe its own clock.
    package var time: UInt64
    package var epoch: UInt64
    package var held: [Held]
    package var refusals: [Refusal]
    package var slices: [Slice]

    static let kind: UInt8 = 2

    /// - Parameter request: what it answers; its epoch and its newest cursors are not repeated.
    package func encoded(to request: ExchangeRequest) -> [UInt8] {
        var out = MessageWriter()
        out.plain.byte(ExchangeAnswer.kind)
        let isNewEpoch = epoch != request.epoch
        out.plain.byte((isNewEpoch ? HeadTag.epoch : 0) | (time == 0 ? 0 : HeadTag.time))
        if isNewEpoch { out.raw.fixed64(epoch) }
        // Two clocks that are right differ by little.
        if time != 0 { out.plain.zigzag(Int64(bitPattern: time &- request.wall)) }
        out.plain.varint(held.count)
        for held in held {
            out.plain.varint(held.index << 1 | (held.agreesAtHead ? 1 : 0))
            out.plain.varint(held.sequence)
            out.raw.fixed64(held.hash)
            out.plain.varint(held.backedUp)
        }
        out.plain.varint(refusals.count)
        for refusal in refusals {
            out.plain.varint(refusal.index)
            out.plain.varint(refusal.sequence)
            out.plain.byte(refusal.reason.rawValue)
        }
        var frames: [Frame] = []
        out.plain.varint(slices.count)
        for slice in slices { write(slice, of: request, to: &out, &frames) }
        if !frames.isEmpty { FramePack.write(frames, to: &out) }
        return out.sealed()
    }

    private enum HeadTag {
        static let epoch: UInt8 = 1
        static let time: UInt8 = 2
    }

    /// One byte says which feed, and what follows.
    private enum SliceTag {
        static let feed: UInt8 = 3
        static let hasStart: UInt8 = 4
        static let hasSum: UInt8 = 8
        static let hasHolds: UInt8 = 16
        static let mustReload: UInt8 = 32
        static let stands: UInt8 = 64
        static let isNewest: UInt8 = 128
    }

    /// The number of items, and two bits below it.
    private enum SliceLength {
        static let hasMore: UInt64 = 1
        static let offersDistrict: UInt64 = 2
    }

    private func write(
        _ slice: Slice, of request: ExchangeRequest, to out: inout MessageWriter,
        _ frames: inout [Frame]
    ) {
        let isNewest = slice.from != nil && slice.from == request.newestCursor(slice.feed)
        let stands = slice.from == slice.to
        out.plain.byte(
            slice.feed.rawValue | (slice.from == nil ? 0 : SliceTag.hasStart)
                | (slice.sum == nil ? 0 : SliceTag.hasSum)
                | (slice.holds == nil ? 0 : SliceTag.hasHolds)
                | (slice.mustReload ? SliceTag.mustReload : 0) | (stands ? SliceTag.stands : 0)
                | (isNewest ? SliceTag.isNewest : 0))
        if let from = slice.from, !isNewest { out.cursor(from) }
        if !stands {
            out.plain.varint(slice.to.position - (slice.from?.position ?? 0))
            out.raw.fixed64(slice.to.hash)
        }
        out.plain.varint(
            UInt64(slice.items.count) << 2
                | (slice.offersDistrict ? SliceLength.offersDistrict : 0)
                | (slice.behind > 0 ? SliceLength.hasMore : 0))
        if slice.behind > 0 { out.plain.varint(slice.behind) }
        if let sum = slice.sum {
            out.raw.fixed64(sum.low)
        }
        if let holds = slice.holds {
            out.plain.varint(holds.count)
            for compartment in holds { out.plain.compartment(compartment) }
        }
        for item in slice.items {
            switch item {
            case .passed(let count):
                out.plain.byte(0)
                out.plain.varint(count)
            case .passedRanked(let stamp, let rank):
                out.plain.byte(1)
                out.plain.origin(stamp.origin)
                out.plain.fixed64(stamp.hlc.rawValue)
                out.plain.fixed64(rank.rawValue)
            case .frame(let frame, let previous, let rank):
                out.plain.byte(2 | (previous == nil ? 0 : 8) | (rank == nil ? 0 : 16))
                if let previous { out.raw.raw(previous.bytes) }
                if let rank { out.plain.fixed64(rank.rawValue) }
                frames.append(frame)
            case .grow(let compartment, let isFresh):
                out.plain.byte(isFresh ? 4 : 3)
                out.plain.compartment(compartment)
            case .shrink(let compartment):
                out.plain.byte(5)
                out.plain.compartment(compartment)
            case .retaken(let origin, let sequence):
                out.plain.byte(6)
                out.plain.origin(origin)
                out.plain.varint(sequence)
            }
        }
    }

    /// A frame's place, until the frames themselves have been read.
    private struct Place {
        var slice: Int
        var item: Int
        var previous: FrameHash?
        var rank: HLC?
    }

    init(_ reader: inout MessageReader, to request: ExchangeRequest) throws(Malformed) {
        let tag = try reader.plain.byte()
        guard tag & ~(HeadTag.epoch | HeadTag.time) == 0 else { throw .invalid("head") }
        epoch = tag & HeadTag.epoch != 0 ? try reader.raw.fixed64() : request.epoch
        time = 0
        if tag & HeadTag.time != 0 {
            time = request.wall &+ UInt64(bitPattern: try reader.plain.zigzag())
            guard time != 0 else { throw .invalid("time") }
        }
        held = []
        for _ in 0..<(try reader.plain.count("heads", atMost: 10_000, each: 3)) {
            let tag = try reader.plain.varint()
            guard tag < 1 << 20 else { throw .invalid("index of a head") }
            held.append(
                Held(
                    index: Int(tag >> 1), sequence: try reader.plain.varint(),
                    hash: try reader.raw.fixed64(), agreesAtHead: tag & 1 == 1,
                    backedUp: try reader.plain.varint()))
        }
        refusals = []
        for _ in 0..<(try reader.plain.count("refusals", atMost: 1 << 20, each: 3)) {
            let index = try reader.plain.varint()
            let sequence = try reader.plain.varint()
            guard index < 1 << 20, let reason = RefusalReason(rawValue: try reader.plain.byte())
            else { throw .invalid("refusal") }
            refusals.append(Refusal(index: Int(index), sequence: sequence, reason: reason))
        }
        slices = []
        var places: [Place] = []
        for index in 0..<(try reader.plain.count("feeds", atMost: FeedKind.allCases.count)) {
            slices.append(try ExchangeAnswer.slice(&reader, of: request, index, &places))
        }
        guard !places.isEmpty else { return }
        let frames = try FramePack.read(&reader)
        guard frames.count == places.count else { throw .invalid("number of frames") }
        for (place, frame) in zip(places, frames) {
            slices[place.slice].items[place.item] = .frame(
                frame, previous: place.previous, rank: place.rank)
        }
    }

    private static func slice(
        _ reader: inout MessageReader, of request: ExchangeRequest, _ index: Int,
        _ places: inout [Place]
    ) throws(Malformed) -> Slice {
        let tag = try reader.plain.byte()
        func has(_ flag: UInt8) -> Bool { tag & flag != 0 }
        guard let feed = FeedKind(rawValue: tag & SliceTag.feed) else { throw .invalid("feed") }
        var from: Cursor?
        if has(SliceTag.isNewest) {
            from = request.newestCursor(feed)
            guard has(SliceTag.hasStart), from != nil else { throw .invalid("flags of a slice") }
        } else if has(SliceTag.hasStart) {
            from = try reader.cursor()
        }
        let to = try end(&reader, from, stands: has(SliceTag.stands))
        let length = try reader.plain.varint()
        guard length >> 2 <= UInt64(FramePack.limit) else {
            throw .tooLarge(what: "entries", limit: FramePack.limit)
        }
        guard length & SliceLength.offersDistrict == 0 || feed == .own else {
            throw .invalid("flags of a slice")
        }
        let hasMore = length & SliceLength.hasMore != 0
        let behind = hasMore ? try reader.plain.varint() : 0
        guard behind < 1 << 61, hasMore == (behind > 0) else {
            throw .invalid("length of a feed")
        }
        var sum: ContentSum?
        if has(SliceTag.hasSum) {
            sum = ContentSum()
            sum!.low = try reader.raw.fixed64()
        }
        var holds: [Compartment]?
        if has(SliceTag.hasHolds) {
            var list: [Compartment] = []
            for _ in 0..<(try reader.plain.count("compartments", atMost: 1 << 24, each: 2)) {
                list.append(try reader.plain.compartment())
            }
            holds = list
        }
        var items: [FeedItem] = []
        for at in 0..<Int(length >> 2) {
            items.append(try item(&reader, index, at, &places))
        }
        var slice = Slice(feed: feed, from: from, to: to)
        (slice.behind, slice.items, slice.sum, slice.holds) = (behind, items, sum, holds)
        slice.mustReload = has(SliceTag.mustReload)
        slice.offersDistrict = length & SliceLength.offersDistrict != 0
        return slice
    }

    /// Reads where a slice ends, told from where it begins.
    private static func end(
        _ reader: inout MessageReader, _ from: Cursor?, stands: Bool
    ) throws(Malformed) -> Cursor {
        if stands {
            guard let from else { throw .invalid("flags of a slice") }
            return from
        }
        let (position, overflow) = (from?.position ?? 0).addingReportingOverflow(
            try reader.plain.varint())
        guard !overflow, position < 1 << 62 else { throw .invalid("position of a cursor") }
        let to = Cursor(position: position, hash: try reader.raw.fixed64())
        guard to != from else { throw .invalid("flags of a slice") }
        return to
    }

    private static func item(
        _ reader: inout MessageReader, _ slice: Int, _ at: Int, _ places: inout [Place]
    ) throws(Malformed) -> FeedItem {
        let tag = try reader.plain.byte()
        switch tag {
        case 0:
            let count = try reader.plain.varint()
            guard count < 1 << 40 else { throw .invalid("length of an entry") }
            return .passed(count: count)
        case 1:
            let origin = try reader.plain.origin()
            let hlc = HLC(rawValue: try reader.plain.fixed64())
            let rank = HLC(rawValue: try reader.plain.fixed64())
            return .passedRanked(Stamp(hlc: hlc, origin: origin), rank: rank)
        case 3, 4: return .grow(try reader.plain.compartment(), isFresh: tag == 4)
        case 5: return .shrink(try reader.plain.compartment())
        case 6:
            return .retaken(try reader.plain.origin(), sequence: try reader.plain.varint())
        default:
            guard tag & ~24 == 2 else { throw .invalid("tag of an entry") }
            let previous =
                tag & 8 == 8 ? FrameHash(bytes: try reader.raw.raw(32)) : nil
            let rank = tag & 16 == 16 ? HLC(rawValue: try reader.plain.fixed64()) : nil
            places.append(Place(slice: slice, item: at, previous: previous, rank: rank))
            // Stands here until the frames have been read.
            return .passed(count: 0)
        }
    }

    package init(
        time: UInt64, epoch: UInt64, held: [Held] = [], refusals: [Refusal] = [],
        slices: [Slice] = []
    ) {
        self.time = time
        self.epoch = epoch
        self.held = held
        self.refusals = refusals
        self.slices = slices
    }
}
