import Causality

/// Appends the binary forms that records, change sets, frames and messages are made of.
///
/// Integers are LEB128 varints, least significant group first, in their shortest form; fixed
/// integers are big-endian, so that their bytes sort as they do.
package struct ByteWriter: Sendable {
    package var bytes: [UInt8] = []

    package init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    package mutating func byte(_ value: UInt8) { bytes.append(value) }

    package mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// The bytes that a number takes.
    static func varintSize(_ value: UInt64) -> Int {
        max(1, (70 - value.leadingZeroBitCount) / 7)
    }

    package mutating func varint(_ value: Int) { varint(UInt64(value)) }

    /// A signed number as an unsigned one with small magnitudes first: 0, -1, 1, -2, …
    package mutating func zigzag(_ value: Int64) { varint(ByteWriter.zigzagged(value)) }

    static func zigzagged(_ value: Int64) -> UInt64 {
        UInt64(bitPattern: (value << 1) ^ (value >> 63))
    }

    package mutating func fixed64(_ value: UInt64) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    package mutating func raw(_ value: UnsafeRawBufferPointer) { bytes.append(contentsOf: value) }
    package mutating func raw(_ value: [UInt8]) { bytes.append(contentsOf: value) }
    package mutating func raw(_ value: ArraySlice<UInt8>) { bytes.append(contentsOf: value) }

    /// A length and that many bytes.
    package mutating func counted(_ value: [UInt8]) {
        varint(value.count)
        raw(value)
    }

    package mutating func counted(_ value: String) {
        var value = value
        value.withUTF8 {
            varint($0.count)
            raw(UnsafeRawBufferPointer($0))
        }
    }

    package mutating func id(_ id: RecordID) {
        switch id {
        case .uuid(let high, let low):
            varint(0)
            fixed64(high)
            fixed64(low)
        case .text(let text):
            varint(text.utf8.count + 1)
            var text = text
            text.withUTF8 { raw(UnsafeRawBufferPointer($0)) }
        }
    }

    package mutating func compartment(_ compartment: Compartment) {
        byte(compartment.kind.rawValue)
        id(compartment.id)
    }

    package mutating func origin(_ origin: Origin) {
        fixed64(origin.node.rawValue)
        fixed64(origin.incarnation.rawValue)
        byte(origin.lane.rawValue)
    }
}
