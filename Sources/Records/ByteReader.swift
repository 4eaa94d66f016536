import Causality

/// Why bytes that came from outside could not be read. It carries no part of them.
package enum Malformed: Error, Equatable, Sendable {
    /// The bytes end before what they announce.
    case truncated
    /// Something is longer or more than its bound.
    case tooLarge(what: StaticName, limit: Int)
    /// A number, order or tag that the format does not allow.
    case invalid(StaticName)
    /// A later format than this version reads: kept, and read after the upgrade.
    case unknownVersion(Int)

    /// A name from the source, so that no health data can reach an error.
    package struct StaticName: Equatable, Sendable, ExpressibleByStringLiteral,
        CustomStringConvertible
    {
        // Made for each bound that is checked, so it must cost nothing until it is shown.
        private let text: StaticString

        package init(stringLiteral value: StaticString) { text = value }

        package var description: String { text.description }

        package static func == (a: StaticName, b: StaticName) -> Bool {
            a.description == b.description
        }
    }
}

/// Reads what ``ByteWriter`` wrote, from bytes that may be hostile: every length is checked
/// against what is left before it is used, and only the shortest form of a number is taken.
package struct ByteReader {
    package let bytes: UnsafeRawBufferPointer
    package var at: Int
    package let end: Int

    package init(_ bytes: UnsafeRawBufferPointer) { self.init(bytes, 0..<bytes.count) }

    package init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        self.bytes = bytes
        at = range.lowerBound
        end = range.upperBound
    }

    package var remaining: Int { end - at }
    package var isAtEnd: Bool { at == end }

    package mutating func byte() throws(Malformed) -> UInt8 {
        guard at < end else { throw .truncated }
        defer { at += 1 }
        return bytes[at]
    }

    @inline(__always)
    package mutating func varint() throws(Malformed) -> UInt64 {
        guard at < end else { throw .truncated }
        let first = bytes[at]
        at += 1
        return first < 0x80 ? UInt64(first) : try longVarint(first)
    }

    private mutating func longVarint(_ first: UInt8) throws(Malformed) -> UInt64 {
        var value = UInt64(first & 0x7F)
        var shift: UInt64 = 7
        while true {
            guard at < end else { throw .truncated }
            let next = bytes[at]
            at += 1
            if shift == 63, next > 1 { throw .invalid("number above 64 bits") }
            value |= UInt64(next & 0x7F) << shift
            if next < 0x80 {
                if next == 0 { throw .invalid("number not in its shortest form") }
                return value
            }
            shift += 7
            if shift > 63 { throw .invalid("number above 64 bits") }
        }
    }

    /// A count of things of which each takes at least `size` bytes of what is left.
    package mutating func count(_ what: Malformed.StaticName, atMost limit: Int, each size: Int = 1)
        throws(Malformed) -> Int
    {
        let value = try varint()
        guard value <= UInt64(limit) else { throw .tooLarge(what: what, limit: limit) }
        guard Int(value) * size <= remaining else { throw .truncated }
        return Int(value)
    }

    package mutating func zigzag() throws(Malformed) -> Int64 {
        ByteReader.unzigzagged(try varint())
    }

    static func unzigzagged(_ value: UInt64) -> Int64 {
        Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    package mutating func fixed64() throws(Malformed) -> UInt64 {
        guard remaining >= 8 else { throw .truncated }
        defer { at += 8 }
        return bytes.bigEndianWord(at)
    }

    /// The range of the next `count` bytes.
    package mutating func range(_ count: Int) throws(Malformed) -> Range<Int> {
        guard count >= 0, count <= remaining else { throw .truncated }
        defer { at += count }
        return at..<at + count
    }

    package mutating func raw(_ count: Int) throws(Malformed) -> [UInt8] {
        [UInt8](bytes[try range(count)])
    }

    package mutating func counted(_ what: Malformed.StaticName, atMost limit: Int) throws(Malformed)
        -> [UInt8]
    {
        try raw(try count(what, atMost: limit))
    }

    package mutating func text(_ what: Malformed.StaticName, atMost limit: Int) throws(Malformed)
        -> String
    {
        let range = try range(try count(what, atMost: limit))
        guard let text = String(validating: bytes[range], as: UTF8.self) else {
            throw .invalid("text that is not UTF-8")
        }
        return text
    }

    package mutating func id() throws(Malformed) -> RecordID {
        let tag = try count("record id", atMost: Limits.idBytes + 1, each: 0)
        if tag == 0 { return .uuid(high: try fixed64(), low: try fixed64()) }
        let range = try range(tag - 1)
        guard let text = String(validating: bytes[range], as: UTF8.self) else {
            throw .invalid("text that is not UTF-8")
        }
        let id = RecordID(text)
        guard case .text = id else { throw .invalid("UUID in text form") }
        return id
    }

    package mutating func compartment() throws(Malformed) -> Compartment {
        guard let kind = Compartment.Kind(rawValue: try byte()) else {
            throw .invalid("compartment kind")
        }
        return Compartment(kind, try id())
    }

    package mutating func origin() throws(Malformed) -> Origin {
        let node = NodeID(rawValue: try fixed64())
        let incarnation = Incarnation(rawValue: try fixed64())
        guard let lane = Lane(rawValue: try byte()) else { throw .invalid("lane") }
        return Origin(node: node, incarnation: incarnation, lane: lane)
    }

    package func finish() throws(Malformed) {
        guard at == end else { throw .invalid("bytes after the end") }
    }
}

extension UnsafeRawBufferPointer {
    /// The eight bytes at `at` as a number.
    @inline(__always)
    func bigEndianWord(_ at: Int) -> UInt64 {
        UInt64(bigEndian: loadUnaligned(fromByteOffset: at, as: UInt64.self))
    }
}

/// Bounds on everything that comes from outside. Each is answered by an error that names it.
package enum Limits {
    /// Bytes of a record id. FHIR allows 64; what was imported with more is kept.
    package static let idBytes = 255
    /// Bytes of one change set.
    package static let changeSetBytes = 16 << 20
    /// Bytes of one frame: all that one transaction wrote in one lane.
    package static let frameBytes = 64 << 20
    /// Bytes of a frame that is written here. Every hub takes a request with one such frame, however
    /// badly it compresses, so that none waits for ever.
    package static let writtenFrameBytes = 4 << 20
    /// Bytes of a request beside its frames: heads and cursors, and what a frame grows by when it is
    /// issued again under other names.
    package static let requestOverheadBytes = 2 << 20
    /// Change sets of one frame.
    package static let changeSetsPerFrame = 100_000
    /// The highest number of an entity: each that this version does not know gets a table.
    package static let entityNumber = 255
    /// Records in one change set.
    package static let recordsPerChangeSet = 1_000_000
    /// Bytes of one value.
    package static let valueBytes = 8 << 20
    /// Stamps that one write may replace.
    package static let replacedStamps = 100_000
    /// Bytes of an author or a purpose.
    package static let headerTextBytes = 512
    /// Bytes that a later version may put behind a frame's header.
    package static let headerAdditionBytes = 4096
    /// Bytes of one message of the exchange, before and after compression.
    package static let messageBytes = 80 << 20
}
