import Causality
import Records

/// Asks for sums over the content of a feed, values included: first of all its buckets, then of
/// the compartments in those that differ.
package struct SumsRequest: Sendable, Equatable {
    package var feed: FeedKind
    /// Empty: the sums of all buckets. Else the compartments of these.
    package var buckets: [UInt16]

    static let kind: UInt8 = 7
    /// Compartments are dealt into this many buckets by a hash of their names.
    package static let bucketCount = 4096

    package init(feed: FeedKind, buckets: [UInt16]) {
        self.feed = feed
        self.buckets = buckets
    }

    package func encoded() -> [UInt8] {
        var out = MessageWriter()
        out.plain.byte(SumsRequest.kind)
        out.plain.byte(feed.rawValue)
        out.plain.varint(buckets.count)
        for bucket in buckets { out.plain.varint(UInt64(bucket)) }
        return out.sealed()
    }

    init(_ reader: inout MessageReader) throws(Malformed) {
        feed = try reader.plain.feed()
        buckets = []
        let count = try reader.plain.count("buckets", atMost: SumsRequest.bucketCount)
        for _ in 0..<count {
            let bucket = try reader.plain.varint()
            guard bucket < UInt64(SumsRequest.bucketCount) else { throw .invalid("bucket") }
            buckets.append(UInt16(bucket))
        }
    }

    /// The bucket that a compartment falls into.
    package static func bucket(_ compartment: Compartment) -> UInt16 {
        var out = ByteWriter(capacity: 32)
        out.compartment(compartment)
        guard case .uuid(let high, _) = contentID([out.bytes]) else { return 0 }
        return UInt16(truncatingIfNeeded: high >> 52)
    }
}

package struct SumsAnswer: Sendable, Equatable {
    /// The end of the feed when the sums were taken: they mean something to a clinic that stands
    /// there.
    package var cursor: Cursor
    package var buckets: [UInt16: ContentSum]
    package var compartments: [Compartment: ContentSum]
    static let kind: UInt8 = 8

    package init(
        cursor: Cursor, buckets: [UInt16: ContentSum], compartments: [Compartment: ContentSum]
    ) {
        self.cursor = cursor
        self.buckets = buckets
        self.compartments = compartments
    }

    package func encoded() -> [UInt8] {
        var out = MessageWriter()
        out.plain.byte(SumsAnswer.kind)
        out.cursor(cursor)
        out.plain.varint(buckets.count)
        for (bucket, sum) in buckets.sorted(by: { $0.key < $1.key }) {
            out.plain.varint(UInt64(bucket))
            out.raw.raw(sum.bytes)
        }
        out.plain.varint(compartments.count)
        for (compartment, sum) in compartments.sorted(by: { $0.key < $1.key }) {
            out.plain.compartment(compartment)
            out.raw.raw(sum.bytes)
        }
        return out.sealed()
    }

    init(_ reader: inout MessageReader) throws(Malformed) {
        cursor = try reader.cursor()
        buckets = [:]
        let count = try reader.plain.count("buckets", atMost: SumsRequest.bucketCount)
        for _ in 0..<count {
            let bucket = UInt16(truncatingIfNeeded: try reader.plain.varint())
            buckets[bucket] = try ContentSum(reading: &reader.raw)
        }
        compartments = [:]
        for _ in 0..<(try reader.plain.count("compartments", atMost: 1 << 24, each: 2)) {
            let compartment = try reader.plain.compartment()
            compartments[compartment] = try ContentSum(reading: &reader.raw)
        }
    }
}

/// A request as the hub reads it.
package enum HubRequest: Sendable, Equatable {
    case exchange(ExchangeRequest)
    case chunk(ChunkRequest)
    case probe(ProbeRequest)
    case sums(SumsRequest)

    /// - Parameter clinic: who asks, as its certificate says.
    package init(_ bytes: [UInt8], from clinic: NodeID) throws(Malformed) {
        self = try MessageParts(sealed: bytes).read { (reader) throws(Malformed) in
            switch try reader.plain.byte() {
            case ExchangeRequest.kind: .exchange(try ExchangeRequest(&reader, from: clinic))
            case ChunkRequest.kind: .chunk(try ChunkRequest(&reader))
            case ProbeRequest.kind: .probe(try ProbeRequest(&reader))
            case SumsRequest.kind: .sums(try SumsRequest(&reader))
            case let kind: throw .unknownVersion(Int(kind))
            }
        }
    }
}
