import Causality
import Records

/// What the hub has ranked: stamps from clocks that ran too far ahead, and what they count as.
/// Ranked stamps are rare, so all are in memory too.
package final class RankTable {
    private let store: Store
    private let origins: OriginTable
    private var ranks: [Stamp: HLC] = [:]

    init(_ store: Store, _ origins: OriginTable) throws {
        self.store = store
        self.origins = origins
        try load()
    }

    func load() throws {
        ranks.removeAll()
        let select = try store.statement("SELECT hlc, origin, rank FROM _rank")
        while try select.step() {
            let local = LocalStamp(
                hlc: HLC(rawValue: select.unsigned(0)), origin: Int32(select.integer(1)))
            ranks[origins.stamp(local)] = HLC(rawValue: select.unsigned(2))
        }
    }

    /// All orders.
    package var all: [Stamp: HLC] { ranks }

    package var isEmpty: Bool { ranks.isEmpty }

    /// What a stamp counts as when stamps are compared.
    package func rank(_ stamp: Stamp) -> HLC { ranks[stamp] ?? stamp.hlc }

    /// The hub's order for a stamp, if there is one.
    package func order(for stamp: Stamp) -> HLC? { ranks[stamp] }

    /// Takes the hub's newest order for a stamp, or its absence. Returns whether it changed what
    /// the stamp counts as.
    func set(_ stamp: Stamp, rank: HLC?, epoch: UInt64) throws -> Bool {
        guard ranks[stamp] != rank else { return false }
        let local = try origins.local(stamp)
        if let rank {
            let insert = try store.statement("INSERT OR REPLACE INTO _rank VALUES (?, ?, ?, ?)")
            insert.bind(1, local.hlc.rawValue)
            insert.bind(2, Int64(local.origin))
            insert.bind(3, epoch)
            insert.bind(4, rank.rawValue)
            try insert.run()
        } else {
            let delete = try store.statement("DELETE FROM _rank WHERE hlc = ? AND origin = ?")
            delete.bind(1, local.hlc.rawValue)
            delete.bind(2, Int64(local.origin))
            try delete.run()
        }
        ranks[stamp] = rank
        return true
    }

    /// Forgets orders, so that their stamps count as what they read.
    func forget(_ stamps: [Stamp]) throws {
        for stamp in stamps { _ = try set(stamp, rank: nil, epoch: 0) }
    }
}
