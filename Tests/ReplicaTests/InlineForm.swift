import Causality

/// A row's `_stamps`, read by the documentation of its layout alone.
struct InlineForm {
    struct Broken: Error { var why: String }
    struct Mark: Hashable, Comparable {
        var hlc: UInt64
        var origin: Int64
        static func < (a: Mark, b: Mark) -> Bool { (a.hlc, a.origin) < (b.hlc, b.origin) }
    }

    private(set) var stamps: [UInt8: Mark] = [:]
    let hasMore: Bool
    let isDeleted: Bool

    /// - Throws: ``Broken`` for bytes that are damaged, or that are not the one form of a state.
    init(_ bytes: [UInt8]) throws {
        guard let flags = bytes.first else { throw Broken(why: "no flags") }
        hasMore = flags & 0x80 != 0
        isDeleted = flags & 0x40 != 0
        guard flags & 0x30 == 0 else { throw Broken(why: "unknown flags") }
        let maskBytes = Int(flags & 0x0F)
        guard maskBytes > 0 else {
            guard bytes.count == 1 else { throw Broken(why: "bytes after no mask") }
            return
        }
        guard maskBytes <= 8, bytes.count >= 12 + maskBytes else { throw Broken(why: "too short") }
        let base = InlineForm.mark(bytes[1..<12])
        guard bytes[11 + maskBytes] != 0 else { throw Broken(why: "mask with a byte too many") }
        for bit in 0..<8 * maskBytes where bytes[12 + bit / 8] >> UInt8(bit % 8) & 1 == 1 {
            stamps[UInt8(bit)] = base
        }
        var last: UInt8 = 0
        for start in stride(from: 12 + maskBytes, to: bytes.count, by: 12) {
            guard bytes.count - start >= 12 else { throw Broken(why: "cut exception") }
            let unit = bytes[start]
            if unit == 0 { continue }
            guard unit > last, stamps[unit] != nil else { throw Broken(why: "order of exceptions") }
            last = unit
            let mark = InlineForm.mark(bytes[start + 1..<start + 12])
            guard mark != base else { throw Broken(why: "an exception that is the base") }
            stamps[unit] = mark
        }
        try checkBase(base)
    }

    /// The base is the stamp of most units, the lowest of equals.
    private func checkBase(_ base: Mark) throws {
        let counts = stamps.values.reduce(into: [Mark: Int]()) { $0[$1, default: 0] += 1 }
        let most = counts.values.max() ?? 0
        let lowest = counts.filter { $0.value == most }.keys.min()
        guard lowest == base else { throw Broken(why: "another base than most units have") }
    }

    private static func mark(_ bytes: ArraySlice<UInt8>) -> Mark {
        func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
            bytes.reduce(0) { $0 << 8 | UInt64($1) }
        }
        return Mark(hlc: number(bytes.prefix(8)), origin: Int64(number(bytes.suffix(3))))
    }
}
