import Causality

/// The value of a record's deletion, unit 0: the sibling stamps, of the record and of what hangs on
/// it, that its author saw and wanted gone.
///
/// Who brings a record back, or keeps one that was deleted and edited at once, replaces the deletes
/// by a list that deletes nothing more. What had been deleted in peace before stays in it, settled,
/// so that it stays gone.
///
/// ```
/// list   = settled stamps  listed stamps
/// stamps = count  (HLC, origin; ascending)
/// ```
package struct DeleteList: Hashable, Sendable {
    /// What this delete is about. Ascending, each once, none of them settled.
    package let listed: [Stamp]
    /// What was gone when the record was brought back. Ascending, each once.
    package let settled: [Stamp]

    package init(_ listed: some Sequence<Stamp>, settled: some Sequence<Stamp> = []) {
        let settled = Set(settled)
        self.settled = settled.sorted()
        self.listed = Set(listed).subtracting(settled).sorted()
    }

    /// Whether it is a delete that nobody who knew of it has taken back.
    package var deletes: Bool { !listed.isEmpty }

    /// All that it hides.
    package var all: [Stamp] { settled + listed }

    package var encoded: [UInt8] {
        var out = ByteWriter(capacity: 10 + 25 * (settled.count + listed.count))
        for stamps in [settled, listed] {
            out.varint(stamps.count)
            for stamp in stamps {
                out.fixed64(stamp.hlc.rawValue)
                out.origin(stamp.origin)
            }
        }
        return out.bytes
    }

    package static func decoded(_ bytes: [UInt8]) throws(Malformed) -> DeleteList {
        let result: Result<DeleteList, Malformed> = bytes.withUnsafeBytes { raw in
            Result { () throws(Malformed) in try DeleteList(raw) }
        }
        return try result.get()
    }

    private init(_ raw: UnsafeRawBufferPointer) throws(Malformed) {
        var reader = ByteReader(raw)
        settled = try DeleteList.stamps(&reader, atMost: Limits.replacedStamps)
        listed = try DeleteList.stamps(&reader, atMost: Limits.replacedStamps - settled.count)
        try reader.finish()
        guard settled.isEmpty || Set(settled).isDisjoint(with: listed) else {
            throw .invalid("stamp listed twice")
        }
    }

    private static func stamps(
        _ reader: inout ByteReader, atMost limit: Int
    ) throws(Malformed) -> [Stamp] {
        let count = try reader.count("deleted stamps", atMost: limit, each: 25)
        var stamps: [Stamp] = []
        stamps.reserveCapacity(count)
        for _ in 0..<count {
            let hlc = HLC(rawValue: try reader.fixed64())
            let stamp = Stamp(hlc: hlc, origin: try reader.origin())
            if let last = stamps.last, last >= stamp { throw .invalid("order of stamps") }
            stamps.append(stamp)
        }
        return stamps
    }
}
