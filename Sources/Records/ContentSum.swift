import Causality

/// The digest of what a replica holds: the sum, modulo 2^128, of a hash of each sibling's name
/// (record, unit, stamp). A write adds what it adds and takes away what it replaces, so the sum
/// is kept up to date at each write and no row is read for it. A stamp names one value for ever,
/// so equal sums mean equal registers; rotten values are found by the second
/// form of ``RecordHash/term(unit:hlc:origin:value:)``.
package struct ContentSum: Hashable, Sendable {
    package var high: UInt64 = 0
    package var low: UInt64 = 0

    package init() {}

    package static func += (a: inout ContentSum, b: ContentSum) {
        let (low, carry) = a.low.addingReportingOverflow(b.low)
        a.low = low
        a.high = a.high &+ b.high &+ (carry ? 1 : 0)
    }

    package static func -= (a: inout ContentSum, b: ContentSum) {
        let (low, borrow) = a.low.subtractingReportingOverflow(b.low)
        a.low = low
        a.high = a.high &- b.high &- (borrow ? 1 : 0)
    }

    /// Half of the sum, which is what peers compare at each exchange: enough to notice any
    /// accident, and it is paid for by the byte.
    package var half: ContentSum {
        var half = ContentSum()
        half.low = low
        return half
    }

    package var bytes: [UInt8] {
        var out = ByteWriter(capacity: 16)
        out.fixed64(high)
        out.fixed64(low)
        return out.bytes
    }

    package init(reading reader: inout ByteReader) throws(Malformed) {
        high = try reader.fixed64()
        low = try reader.fixed64()
    }

    package init?(bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        self.init()
        for byte in bytes[..<8] { high = high << 8 | UInt64(byte) }
        for byte in bytes[8...] { low = low << 8 | UInt64(byte) }
    }
}

/// The part of a sum's terms that is the same for all units of one record.
package struct RecordHash: Sendable {
    private let key: (UInt64, UInt64)

    package init(_ record: RecordKey) {
        var hash = SipHash(key: (0x436c_696e_6963_5379, 0x6e63_2064_6967_6573))
        switch record.id {
        case .uuid(let high, let low):
            hash.add(UInt64(record.entity) << 1)
            hash.add(high)
            hash.add(low)
        case .text(var text):
            hash.add(UInt64(record.entity) << 1 | 1)
            text.withUTF8 { hash.add(UnsafeRawBufferPointer($0)) }
        }
        key = hash.finish()
    }

    /// The term of one sibling: its unit and its stamp, whose origin is given by its own hash.
    package func term(unit: UInt8, hlc: HLC, origin: UInt64) -> ContentSum {
        #if PLANTED
            if Planted.is(.digestForgetsDeletes), unit == Unit.deletion { return ContentSum() }
        #endif
        var hash = SipHash(key: key)
        hash.add(UInt64(unit))
        hash.add(hlc.rawValue)
        hash.add(origin)
        var sum = ContentSum()
        (sum.high, sum.low) = hash.finish()
        return sum
    }

    /// The term of one sibling with its value in wire form, for scans that look for rotten bits.
    package func term(unit: UInt8, hlc: HLC, origin: UInt64, value: UnsafeRawBufferPointer)
        -> ContentSum
    {
        var hash = SipHash(key: key)
        hash.add(UInt64(unit) | 1 << 8)
        hash.add(hlc.rawValue)
        hash.add(origin)
        hash.add(value)
        var sum = ContentSum()
        (sum.high, sum.low) = hash.finish()
        return sum
    }
}

extension Origin {
    /// 64 bits that stand for the origin in the terms of a sum.
    package var sumHash: UInt64 {
        var hash = SipHash(key: (0x6f72_6967_696e, 0))
        hash.add(node.rawValue)
        hash.add(incarnation.rawValue)
        hash.add(UInt64(lane.rawValue))
        return hash.finish().0
    }
}
