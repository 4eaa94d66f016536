import Causality

/// What one transaction wrote in one lane: the entry of the log, held once, as the very bytes
/// that are stored, sent, forwarded and put on a stick.
///
/// ```
/// frame = version  form  header  then
///   whole (0):   salt  change sets (count; length, bytes each)
///   partial (1): change sets (count; 0 and its hash, or 1, its salt, length and bytes each)
/// ```
///
/// A later version puts what it adds behind the header (length, bytes), where it is hashed with it.
/// So every version finds the place of every frame in its chain, and its parts, and can keep and
/// forward what it can't read. What would not fit into that needs another kind of message.
///
/// The hash of a frame is SHA-256(hash of the previous frame, header, salted hash of each change
/// set). So who may not see one change set, or has purged it, still verifies the chain.
package struct Frame: Sendable, Hashable {
    package enum Part: Sendable, Hashable {
        /// The bytes of a change set, as a range of the frame's, and its salt.
        case present(Range<Int>, Salt)
        /// The salted hash of a change set that is withheld from this holder, or purged.
        case withheld(FrameHash)
    }

    /// Where a part lies in the frame's bytes: the bytes of a change set, or a hash.
    struct Place: Sendable {
        var start: UInt32
        var end: UInt32
        var isWithheld: Bool
        /// Where the part's own salt stands; 0 where it is derived from the frame's.
        var salt: UInt32 = 0

        var range: Range<Int> { Int(start)..<Int(end) }
    }

    package let bytes: [UInt8]
    package let version: UInt8
    package let header: FrameHeader
    /// The header, with what a later version has added behind it.
    private let headerRange: Range<Int>
    /// The salt of the whole frame, unless a part is withheld.
    package let salt: Salt?
    let places: ContiguousArray<Place>

    package static let version: UInt8 = 1

    init(
        bytes: [UInt8], header: FrameHeader, headerRange: Range<Int>, salt: Salt?,
        places: ContiguousArray<Place>
    ) {
        self.bytes = bytes
        version = bytes[0]
        self.header = header
        self.headerRange = headerRange
        self.salt = salt
        self.places = places
    }

    /// Makes the frame of a transaction from its encoded change sets.
    package init(header: FrameHeader, salt: Salt, changeSets: [[UInt8]]) {
        var builder = FrameBuilder(
            header: header, salt: salt, count: changeSets.count,
            capacity: changeSets.reduce(0) { $0 + $1.count + 3 })
        for set in changeSets { set.withUnsafeBytes { builder.add($0) } }
        self = builder.finish()
    }

    /// What the parts of a partial frame are made from.
    package enum Piece {
        case present([UInt8], Salt)
        case withheld(FrameHash)
    }

    /// Makes a frame of which some change sets are withheld.
    ///
    /// - Parameters:
    ///   - version: the frame's; a later one has `addition`.
    ///   - addition: what a later version has put behind the header: its length and its bytes.
    package init(
        header: FrameHeader, pieces: [Piece], version: UInt8 = Frame.version,
        addition: some Collection<UInt8> = []
    ) {
        var builder = FrameBuilder(
            header: header, salt: nil, count: pieces.count, capacity: 64, version: version,
            addition: Array(addition))
        for piece in pieces {
            switch piece {
            case .withheld(let hash): builder.add(withheld: hash)
            case .present(let set, let salt): set.withUnsafeBytes { builder.add($0, salt) }
            }
        }
        self = builder.finish()
    }

    /// Reads a frame that was stored or sent.
    ///
    /// - Throws: ``Malformed``. What a newer version wrote is read too, but for its change sets.
    package init(bytes: [UInt8]) throws(Malformed) {
        guard bytes.count <= Limits.frameBytes else {
            throw .tooLarge(what: "frame", limit: Limits.frameBytes)
        }
        let parsed: Result<Parsed, Malformed> = bytes.withUnsafeBytes { raw in
            Result { () throws(Malformed) in try Frame.parse(raw) }
        }
        let result = try parsed.get()
        self.init(
            bytes: bytes, header: result.header, headerRange: result.headerRange,
            salt: result.salt, places: result.places)
    }

    private typealias Parsed = (
        header: FrameHeader, headerRange: Range<Int>, salt: Salt?, places: ContiguousArray<Place>
    )

    private static func parse(_ raw: UnsafeRawBufferPointer) throws(Malformed) -> Parsed {
        var reader = ByteReader(raw)
        let version = try reader.byte()
        guard version >= Frame.version else { throw .invalid("version of a frame") }
        let form = try reader.byte()
        guard form <= 1 else { throw .invalid("form of a frame") }
        let start = reader.at
        let header = try FrameHeader(reading: &reader)
        if version > Frame.version {
            let length = try reader.count("addition", atMost: Limits.headerAdditionBytes)
            _ = try reader.range(length)
        }
        let headerRange = start..<reader.at
        let salt: Salt? =
            form == 0 ? try reader.salt() : nil
        let count = try reader.count("change sets", atMost: Limits.changeSetsPerFrame)
        guard count > 0 else { throw .invalid("empty frame") }
        var places: ContiguousArray<Place> = []
        places.reserveCapacity(count)
        for _ in 0..<count {
            var salt = 0
            if form == 1 {
                switch try reader.byte() {
                case 0:
                    places.append(Place(try reader.range(FrameHash.size), isWithheld: true))
                    continue
                case 1: salt = try reader.range(16).lowerBound
                default: throw .invalid("tag of a change set")
                }
            }
            let length = try reader.count("change set", atMost: Limits.changeSetBytes)
            places.append(Place(try reader.range(length), isWithheld: false, salt: salt))
        }
        try reader.finish()
        return (header, headerRange, salt, places)
    }

    /// Where a frame's origin begins: behind its version and its form.
    static let originStart = 2

    /// Where the frame's bytes say whose it is: origin and sequence.
    var originRange: Range<Int> {
        var number = ByteWriter(capacity: 32)
        number.origin(header.origin)
        number.varint(header.sequence)
        return Frame.originStart..<Frame.originStart + number.bytes.count
    }

    package var isWhole: Bool { salt != nil }

    /// How many change sets the frame has, here or withheld.
    package var partCount: Int { places.count }

    /// Whether this version reads every change set that is here, as far as their heads tell.
    package var isReadable: Bool {
        version == Frame.version
            && places.allSatisfy { place in
                place.isWithheld
                    || !place.range.isEmpty && bytes[place.range.lowerBound] == ChangeSet.version
            }
    }

    /// The parts, with the salt of each.
    package var parts: [Part] {
        bytes.withUnsafeBytes { raw in
            var salts = Salts(self)
            return places.map { place in
                let salt = salts.next(place, raw)
                return place.isWithheld
                    ? .withheld(FrameHash(raw, at: place.range.lowerBound))
                    : .present(place.range, salt)
            }
        }
    }

    /// Gives the salts of a frame's parts, one after another.
    private struct Salts {
        private let own: Salt?
        private var index = 0
        private var second = Salt(high: 0, low: 0)

        init(_ frame: borrowing Frame) { own = frame.salt }

        mutating func next(_ place: Place, _ raw: UnsafeRawBufferPointer) -> Salt {
            guard let own else {
                return place.isWithheld ? second : Salt(raw, at: Int(place.salt))
            }
            defer { index += 1 }
            guard index & 1 == 0 else { return second }
            let (first, second) = own.derivedPair(index / 2)
            self.second = second
            return first
        }
    }

    /// The frame's place in the hash chain of its origin, after the frame with hash `previous`.
    package func hash(after previous: FrameHash) -> FrameHash {
        bytes.withUnsafeBytes { raw in
            var hasher = Hash()
            hasher.add(previous)
            hasher.add(UnsafeRawBufferPointer(rebasing: raw[headerRange]))
            var salts = Salts(self)
            var parts = ByteWriter(capacity: FrameHash.size * places.count)
            for place in places {
                let salt = salts.next(place, raw)
                let part = UnsafeRawBufferPointer(rebasing: raw[place.range])
                if place.isWithheld { parts.raw(part) } else { parts.hash(salt.hash(of: part)) }
            }
            hasher.add(parts.bytes)
            return hasher.finish()
        }
    }

    /// Calls `body` with a reader for each change set that is here and that `takes` names, and its
    /// index.
    ///
    /// - Throws: ``Malformed``; `unknownVersion` when a newer version wrote the frame or one of them.
    package func forEachChangeSet(
        where takes: (Int) -> Bool = { _ in true },
        _ body: (Int, inout ChangeSetReader) throws -> Void
    ) throws {
        guard version == Frame.version else { throw Malformed.unknownVersion(Int(version)) }
        try bytes.withUnsafeBytes { raw in
            // One reader for all, so that its buffers are made once.
            var reader: ChangeSetReader?
            for (index, place) in places.enumerated() where !place.isWithheld && takes(index) {
                if reader == nil {
                    reader = try ChangeSetReader(raw, place.range, stamp: header.stamp)
                } else {
                    try reader!.begin(place.range)
                }
                try body(index, &reader!)
            }
        }
    }

    /// The frame with only those change sets that `keeps` names, the others withheld; the frame
    /// itself when all stay.
    package func withholding(except keeps: (Int) -> Bool) -> Frame {
        var changed = false
        let pieces = parts.enumerated().map { index, part -> Piece in
            switch part {
            case .withheld(let hash): return .withheld(hash)
            case .present(let range, let salt):
                if keeps(index) { return .present([UInt8](bytes[range]), salt) }
                changed = true
                return .withheld(
                    bytes.withUnsafeBytes { raw in
                        salt.hash(of: UnsafeRawBufferPointer(rebasing: raw[range]))
                    })
            }
        }
        return changed ? copy(of: pieces) : self
    }

    private func copy(of pieces: [Piece]) -> Frame {
        var header = ByteWriter()
        self.header.write(to: &header)
        return Frame(
            header: self.header, pieces: pieces, version: version,
            addition: bytes[headerRange].dropFirst(header.bytes.count))
    }

    /// The frame with what either copy of it has. The copies must have the same hash.
    package func joined(with other: Frame) -> Frame {
        if isWhole { return self }
        if other.isWhole { return other }
        let pieces = zip(parts, other.parts).map { mine, theirs -> Piece in
            if case .present(let range, let salt) = mine {
                return .present([UInt8](bytes[range]), salt)
            }
            if case .present(let range, let salt) = theirs {
                return .present([UInt8](other.bytes[range]), salt)
            }
            guard case .withheld(let hash) = mine else {
                preconditionFailure("a part is one of two")
            }
            return .withheld(hash)
        }
        // With all parts here it stays partial in form: the frame's own salt is not known, so
        // each part keeps its derived one.
        return copy(of: pieces)
    }

    package static func == (a: Frame, b: Frame) -> Bool { a.bytes == b.bytes }
    package func hash(into hasher: inout Hasher) { hasher.combine(header) }
}

extension Frame.Place {
    init(_ range: Range<Int>, isWithheld: Bool, salt: Int = 0) {
        // A frame has less than 2^32 bytes, by its limit.
        self.init(
            start: UInt32(range.lowerBound), end: UInt32(range.upperBound), isWithheld: isWithheld,
            salt: UInt32(salt))
    }
}
