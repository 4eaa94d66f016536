import Causality

/// A stamp as a row holds it: the clock reading, and the origin's number in this database.
struct LocalStamp: Hashable {
    var hlc: HLC
    var origin: Int32

    // Written out, because it is asked for each unit of each row: as numbers, it is inlined.
    static func == (a: LocalStamp, b: LocalStamp) -> Bool {
        a.hlc.rawValue == b.hlc.rawValue && a.origin == b.origin
    }
}

/// The stamps of what a row shows, as they stand in its `_stamps`: the stamp of most units once,
/// and what differs from it.
///
/// ```
/// _stamps   = flags  [base: HLC 8, origin 3]  mask of units (1 to 8 bytes)  exceptions
/// exception = unit 1 (0: an empty slot)  HLC 8  origin 3
/// flags     = bits 0 to 3 bytes of the mask (0: no unit is written)
///             bit 6 the record has been deleted (it has siblings in unit 0)
///             bit 7 siblings or remembered stamps stand in tables of their own
/// ```
///
/// The base is the stamp of most units, the lowest of equals, so one state has one form but for
/// empty slots. A new row has room for one exception: an update then does not grow it.
struct InlineStamps {
    static let hasMore: UInt8 = 0x80
    static let isDeleted: UInt8 = 0x40
    private static let exceptionSize = 12

    var flags: UInt8 = 0
    /// Bit n is set when unit n shows a value.
    private(set) var mask: UInt64 = 0
    private var stamps = ContiguousArray(
        repeating: LocalStamp(hlc: .zero, origin: 0), count: 63)

    var hasMore: Bool { flags & InlineStamps.hasMore != 0 }
    var isDeleted: Bool { flags & InlineStamps.isDeleted != 0 }

    subscript(unit: Int) -> LocalStamp? {
        mask >> UInt64(unit) & 1 == 1 ? stamps[unit] : nil
    }

    mutating func set(_ unit: Int, _ stamp: LocalStamp?) {
        if let stamp {
            stamps[unit] = stamp
            mask |= 1 << UInt64(unit)
        } else {
            mask &= ~(1 << UInt64(unit))
        }
    }

    /// Units that all show what one stamp wrote, and nothing else.
    mutating func set(all mask: UInt64, _ stamp: LocalStamp) {
        flags = 0
        self.mask = mask
        var rest = mask
        while rest != 0 {
            stamps[rest.trailingZeroBitCount] = stamp
            rest &= rest - 1
        }
    }

    mutating func clear() {
        flags = 0
        mask = 0
    }

    /// Reads what ``write(to:)`` wrote. `false` when the bytes are damaged.
    mutating func read(_ bytes: UnsafeRawBufferPointer) -> Bool {
        clear()
        guard let first = bytes.first else { return false }
        flags = first & 0xF0
        let maskBytes = Int(first & 0x0F)
        if maskBytes == 0 { return bytes.count == 1 }
        guard maskBytes <= 8, bytes.count >= 12 + maskBytes,
            (bytes.count - 12 - maskBytes) % InlineStamps.exceptionSize == 0
        else { return false }
        let base = InlineStamps.stamp(bytes, at: 1)
        for i in 0..<maskBytes { mask |= UInt64(bytes[12 + i]) << UInt64(8 * i) }
        guard mask >> 63 == 0, mask & 1 == 0 else { return false }
        var rest = mask
        while rest != 0 {
            stamps[rest.trailingZeroBitCount] = base
            rest &= rest - 1
        }
        var at = 12 + maskBytes
        while at < bytes.count {
            let unit = Int(bytes[at])
            if unit != 0 {
                guard unit < 63, mask >> UInt64(unit) & 1 == 1 else { return false }
                stamps[unit] = InlineStamps.stamp(bytes, at: at + 1)
            }
            at += InlineStamps.exceptionSize
        }
        return true
    }

    /// Writes the blob into `out`, whose former content goes.
    func write(to out: inout ContiguousArray<UInt8>) {
        guard mask != 0 else {
            out.removeAll(keepingCapacity: true)
            out.append(flags & 0xF0)
            return
        }
        let maskBytes = (71 - mask.leadingZeroBitCount) / 8
        let base = mostCommon()
        let exceptions = exceptions(from: base)
        let head = 12 + maskBytes
        let size = head + InlineStamps.exceptionSize * max(exceptions.nonzeroBitCount, 1)
        if out.count != size { out = ContiguousArray(repeating: 0, count: size) }
        out.withUnsafeMutableBytes { bytes in
            bytes[0] = flags & 0xF0 | UInt8(maskBytes)
            InlineStamps.store(base, in: bytes, at: 1)
            for i in 0..<maskBytes {
                bytes[12 + i] = UInt8(truncatingIfNeeded: mask >> UInt64(8 * i))
            }
            var at = head
            var rest = exceptions
            while rest != 0 {
                let unit = rest.trailingZeroBitCount
                rest &= rest - 1
                bytes[at] = UInt8(unit)
                InlineStamps.store(stamps[unit], in: bytes, at: at + 1)
                at += InlineStamps.exceptionSize
            }
            // The empty slot of a row without exceptions.
            while at < size {
                bytes[at] = 0
                at += 1
            }
        }
    }

    /// The units whose stamp is another than the base.
    func exceptions(from base: LocalStamp) -> UInt64 {
        var units: UInt64 = 0
        var rest = mask
        while rest != 0 {
            let unit = rest.trailingZeroBitCount
            rest &= rest - 1
            if stamps[unit] != base { units |= 1 << UInt64(unit) }
        }
        return units
    }

    func mostCommon() -> LocalStamp {
        let first = stamps[mask.trailingZeroBitCount]
        var best = first
        var bestCount = 0
        var rest = mask
        // Each round counts one distinct stamp and strikes its units out.
        while rest != 0, rest.nonzeroBitCount >= bestCount {
            let candidate = stamps[rest.trailingZeroBitCount]
            var count = 0
            var others: UInt64 = 0
            var scan = rest
            while scan != 0 {
                let unit = scan.trailingZeroBitCount
                scan &= scan - 1
                if stamps[unit] == candidate { count += 1 } else { others |= 1 << UInt64(unit) }
            }
            if count > bestCount || count == bestCount && candidate.precedes(best) {
                best = candidate
                bestCount = count
            }
            rest = others
        }
        return best
    }

    @inline(__always)
    private static func stamp(_ bytes: UnsafeRawBufferPointer, at: Int) -> LocalStamp {
        let hlc = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
        let origin = Int32(bytes[at + 8]) << 16 | Int32(bytes[at + 9]) << 8 | Int32(bytes[at + 10])
        return LocalStamp(hlc: HLC(rawValue: hlc), origin: origin)
    }

    @inline(__always)
    private static func store(
        _ stamp: LocalStamp, in bytes: UnsafeMutableRawBufferPointer, at: Int
    ) {
        bytes.storeBytes(of: stamp.hlc.rawValue.bigEndian, toByteOffset: at, as: UInt64.self)
        bytes[at + 8] = UInt8(truncatingIfNeeded: stamp.origin >> 16)
        bytes[at + 9] = UInt8(truncatingIfNeeded: stamp.origin >> 8)
        bytes[at + 10] = UInt8(truncatingIfNeeded: stamp.origin)
    }
}

extension LocalStamp {
    fileprivate func precedes(_ other: LocalStamp) -> Bool {
        hlc.rawValue == other.hlc.rawValue
            ? origin < other.origin : hlc.rawValue < other.hlc.rawValue
    }
}
