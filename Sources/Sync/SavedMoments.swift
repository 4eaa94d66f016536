import Causality
import Replica

/// What of a clinic's time is on its disk. An exchange that brings nothing moves all of it on, and
/// is not worth a sync of the disk: after a restart these may be older than what was in memory, by
/// no more than is said here.
struct SavedMoments {
    private(set) var mark: UInt64?
    private(set) var offset: Int64?
    private(set) var exchange: UInt64?

    /// Milliseconds that the high-water mark and the last exchange may be newer in memory.
    private static let moments: UInt64 = 60_000
    /// Milliseconds that the offset of the wall clock may be another in memory.
    private static let offsets: UInt64 = 1000

    init() {}

    init(_ store: Store) throws {
        mark = try store.metaNumber("mark")
        offset = try store.metaNumber("offset").map { Int64(bitPattern: $0) }
        exchange = try store.metaNumber("lastExchange")
    }

    /// Whether so much has changed that it is to be saved. What went back is, at once.
    func isStale(_ time: TrustedTime) -> Bool {
        guard let mark, let offset else { return true }
        let (drift, overflow) = (time.offset ?? 0).subtractingReportingOverflow(offset)
        return SavedMoments.isStale(mark, time.highWaterMark)
            || overflow || drift.magnitude >= SavedMoments.offsets
    }

    func isStale(exchange now: UInt64) -> Bool {
        exchange.map { SavedMoments.isStale($0, now) } ?? true
    }

    private static func isStale(_ saved: UInt64, _ now: UInt64) -> Bool {
        now < saved || now - saved >= moments
    }

    mutating func save(_ time: TrustedTime, in store: Store) throws {
        try store.setMeta("mark", time.highWaterMark)
        mark = time.highWaterMark
        guard let now = time.offset, now != offset else { return }
        try store.setMeta("offset", UInt64(bitPattern: now))
        offset = now
    }

    mutating func save(exchange now: UInt64, in store: Store) throws {
        try store.setMeta("lastExchange", now)
        exchange = now
    }
}
