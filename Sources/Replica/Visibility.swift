import Causality
import Records

/// Which records show. A delete is a write that lists every stamp which its author saw, of the
/// record and of what hangs on it; a record shows while it has a stamp that no delete lists, and
/// a compartment's root also while any record of the compartment has one. So an edit that was
/// concurrent with a delete survives it. Where a write that saw the delete brings a record back, it
/// settles what that lists: it stays gone, and that the record shows is no conflict.
final class Visibility {
    private let store: Store
    private let tables: Tables
    private let origins: OriginTable
    private let registers: RegisterStore
    private var stamps = InlineStamps()

    init(_ store: Store, _ tables: Tables, _ origins: OriginTable, _ registers: RegisterStore) {
        self.store = store
        self.tables = tables
        self.origins = origins
        self.registers = registers
    }

    /// Looks anew at every record of a compartment that a delete has reached.
    func refresh(_ root: RootReference) throws {
        var listed: Set<Stamp> = []
        if let table = tables.rootTable(root.kind) { listed = try self.listed(table, root.key) }
        var anyShows = false
        for table in tables.members(of: root.kind) {
            for key in try keys(table, root) where try refresh(table, key, listed: listed) {
                anyShows = true
            }
        }
        if let table = tables.rootTable(root.kind) {
            let own = try unlisted(table, root.key, listed, [])
            try setHidden(table, root.key, !(own || anyShows && !listed.isEmpty))
        }
    }

    /// Looks anew at one record. Returns whether it shows.
    ///
    /// - Parameter listed: what the root's deletes list; `nil` when the root was never deleted.
    @discardableResult
    func refresh(_ table: EntityTable, _ key: Int64, listed: Set<Stamp>?) throws -> Bool {
        let own = try self.listed(table, key)
        #if PLANTED
            let listed = Planted.is(.deleteSparesChildren) ? nil : listed
        #endif
        let shows = try unlisted(table, key, own, listed ?? [])
        try setHidden(table, key, !shows)
        return shows
    }

    private func keys(_ table: EntityTable, _ root: RootReference) throws -> [Int64] {
        let select = try store.statement(table.texts.keys)
        select.bind(1, root.rawValue)
        var keys: [Int64] = []
        while try select.step() { keys.append(select.integer(0)) }
        return keys
    }

    /// The stamps that the record's deletes list.
    private func listed(_ table: EntityTable, _ key: Int64) throws -> Set<Stamp> {
        let select = try store.statement(
            "SELECT value FROM _sibling WHERE entity = ? AND rec = ? AND unit = 0")
        select.bind(1, Int64(table.number))
        select.bind(2, key)
        var listed: Set<Stamp> = []
        while try select.step() {
            listed.formUnion(try DeleteList.decoded(fromWire: select.bytes(0)).all)
        }
        return listed
    }

    /// Whether the record has a stamp that neither its own deletes list nor its root's.
    private func unlisted(
        _ table: EntityTable, _ key: Int64, _ own: Set<Stamp>, _ root: Set<Stamp>
    ) throws -> Bool {
        #if PLANTED
            if Planted.is(.deleteHidesAll), !own.isEmpty || !root.isEmpty { return false }
        #endif
        return try allStamps(table, key).contains { !own.contains($0) && !root.contains($0) }
    }

    /// The sibling stamps of all units but the deletion.
    func allStamps(_ table: EntityTable, _ key: Int64) throws -> [Stamp] {
        let select = try store.statement(table.texts.stamps)
        select.bind(1, key)
        guard try select.step() else { return [] }
        let isSound = stamps.read(select.buffer(0))
        select.reset()
        guard isSound else { throw StorageFailure(code: 11, message: "stamps in \(table.name)") }
        var all: [Stamp] = []
        for unit in 1..<63 {
            if let local = stamps[unit] { all.append(origins.stamp(local)) }
        }
        guard stamps.hasMore else { return all }
        let beside = try store.statement(
            "SELECT hlc, origin FROM _sibling WHERE entity = ? AND rec = ? AND unit > 0")
        beside.bind(1, Int64(table.number))
        beside.bind(2, key)
        while try beside.step() { all.append(origins.stamp(beside.localStamp(0))) }
        return all
    }

    /// The sibling stamps of every record of a compartment: what a delete of its root lists.
    func allStamps(of root: RootReference) throws -> [Stamp] {
        var all: [Stamp] = []
        if let table = tables.rootTable(root.kind) { all = try allStamps(table, root.key) }
        for table in tables.members(of: root.kind) {
            for key in try keys(table, root) { all += try allStamps(table, key) }
        }
        return all
    }

    func isHidden(_ table: EntityTable, _ key: Int64) throws -> Bool {
        let select = try store.statement(table.texts.isHidden)
        select.bind(1, key)
        guard try select.step() else { return false }
        defer { select.reset() }
        return !select.isNull(0)
    }

    private func setHidden(_ table: EntityTable, _ key: Int64, _ hidden: Bool) throws {
        let update = try store.statement(table.texts.setHidden)
        let flag: Int64 = 1
        if hidden { update.bind(1, flag) } else { update.bindNull(1) }
        update.bind(2, key)
        if hidden { update.bind(3, flag) } else { update.bindNull(3) }
        try update.run()
    }
}

extension DeleteList {
    /// Reads a delete's list from its value in wire form: a byte string.
    package static func decoded(fromWire wire: [UInt8]) throws -> DeleteList {
        try wire.withUnsafeBytes { raw in
            var reader = ByteReader(raw)
            guard case .bytes(let range) = try WireValue.view(&reader) else {
                throw Malformed.invalid("value of a deletion")
            }
            return try decoded([UInt8](raw[range]))
        }
    }
}
