import Causality
import GRDBSQLite
import Records

/// Taking compartments in as state.
extension SnapshotStore {
    /// Replaces all that is held of the compartments in a snapshot by what it says, named in it
    /// or not.
    ///
    /// - Parameters:
    ///   - orders: the hub's orders when the state was read. A stamp in it that has none counts as
    ///     what it reads, whatever a former life of the hub has ordered. `nil`: those that are here.
    ///   - replaced: called after each compartment: what it was called, and its sum before and now.
    /// - Returns: the highest clock reading of the stamps taken in.
    package func replace(
        from message: inout MessageReader, orders: [Stamp: HLC]? = nil,
        replaced: (Compartment, RootReference, _ before: ContentSum, _ after: ContentSum) throws ->
            Void
    ) throws -> HLC {
        try arrivals.contentReplaced()
        var reader = try SnapshotReader(&message, origins)
        var latest = HLC.zero
        var isUnordered = false
        while try reader.nextCompartment() {
            var root = try tables.root(reader.compartment)
            var before = ContentSum()
            if let root {
                before = try sum(of: root)
                try drop(root)
            }
            var taken = Taken()
            while reader.recordsLeft > 0 {
                try reader.nextRecord()
                try count(reader, orders, &taken)
                try takeIn(&reader, &root)
            }
            let name = try root ?? tables.makeRoot(reader.compartment).root
            if taken.hasDeletes { try visibility.refresh(name) }
            try replaced(reader.compartment, name, before, taken.sum)
            latest = max(latest, taken.latest)
            isUnordered = isUnordered || taken.isUnordered
        }
        if isUnordered { try resolveAnew() }
        return latest
    }

    /// What the records of a compartment come to.
    private struct Taken {
        var sum = ContentSum()
        var latest = HLC.zero
        var hasDeletes = false
        /// Whether orders for its stamps were forgotten.
        var isUnordered = false
    }

    private func count(
        _ reader: borrowing SnapshotReader, _ orders: [Stamp: HLC]?, _ taken: inout Taken
    ) throws {
        let hash = RecordHash(RecordKey(entity: reader.entity, id: reader.id))
        var rest = reader.stamps.mask
        while rest != 0 {
            let unit = rest.trailingZeroBitCount
            rest &= rest - 1
            guard let stamp = reader.stamps[unit] else { continue }
            taken.sum += term(hash, UInt8(unit), stamp)
            try count(stamp, orders, &taken)
        }
        for sibling in reader.beside.siblings {
            taken.sum += term(hash, sibling.unit, sibling.stamp)
            try count(sibling.stamp, orders, &taken)
            if sibling.unit == Unit.deletion { taken.hasDeletes = true }
        }
    }

    /// What a clock adopts of a stamp: its rank, where the hub has given it one.
    private func count(
        _ local: LocalStamp, _ orders: [Stamp: HLC]?, _ taken: inout Taken
    ) throws {
        var reading = local.hlc
        if !ranks.isEmpty {
            let stamp = origins.stamp(local)
            if let orders, orders[stamp] == nil, ranks.order(for: stamp) != nil {
                try ranks.forget([stamp])
                taken.isUnordered = true
            }
            reading = ranks.rank(stamp)
        }
        taken.latest = max(taken.latest, reading)
    }

    /// Writes a record of a compartment, whose local name is made now if it has none.
    private func takeIn(_ reader: inout SnapshotReader, _ root: inout RootReference?) throws {
        let table = try tables.table(reader.entity)
        if let kind = table.kind {
            guard kind == reader.compartment.kind,
                !table.isRoot || reader.id == reader.compartment.id
            else { throw Malformed.invalid("record in another compartment") }
        }
        let isPlain =
            reader.beside.siblings.isEmpty && reader.beside.remembered.isEmpty
            && reader.stamps.mask & ~table.knownMask == 0
        if isPlain, table.isRoot, root == nil, try insert(table, reader, nil) {
            root = RootReference(key: store.lastInsertedKey, kind: reader.compartment.kind)
            return
        }
        let name = try root ?? tables.makeRoot(reader.compartment).root
        root = name
        if isPlain, !table.isRoot, try insert(table, reader, name) { return }
        try takeInRegisters(table, &reader, name)
    }

    /// Inserts a record with nothing beside its row. `false` when a value does not fit its unit.
    private func insert(
        _ table: EntityTable, _ reader: borrowing SnapshotReader, _ root: RootReference?
    ) throws -> Bool {
        reader.stamps.write(to: &blob)
        let mask = reader.stamps.mask
        let insert = try table.insert(mask)
        insert.bind(1, reader.id)
        var column: Int32 = 3
        if let root {
            insert.bind(3, root.rawValue)
            column = 4
        }
        let fits = try blob.withUnsafeBytes { bytes in
            insert.bindBlob(2, static: bytes)
            guard table.bind(mask, of: mask, reader.values, reader.bytes, to: insert, &column)
            else { return false }
            try insert.run()
            return true
        }
        guard fits else { return false }
        guard store.changedRows == 1 else { throw Malformed.invalid("record twice in a snapshot") }
        return true
    }

    private func takeInRegisters(
        _ table: EntityTable, _ reader: inout SnapshotReader, _ root: RootReference
    ) throws {
        let key = try emptyRow(table, reader.id, root)
        var all: [Int: (siblings: [Sibling], remembered: Set<Stamp>)] = [:]
        var index = 0
        for unit in 1..<63 {
            guard let stamp = reader.stamps[unit] else { continue }
            let wire = [UInt8](reader.bytes[reader.values[index]])
            index += 1
            let sibling = Sibling(
                stamp: origins.stamp(stamp), wire: wire, of: table.unit(unit))
            all[unit] = ([sibling], [])
        }
        for sibling in reader.beside.siblings {
            all[Int(sibling.unit), default: ([], [])].siblings.append(
                Sibling(
                    stamp: origins.stamp(sibling.stamp), wire: sibling.value,
                    of: table.unit(Int(sibling.unit))))
        }
        for item in reader.beside.remembered {
            all[Int(item.unit), default: ([], [])].remembered.insert(origins.stamp(item.stamp))
        }
        stamps.clear()
        var row = RowUpdate()
        for unit in all.keys.sorted() {
            let (siblings, remembered) = all[unit]!
            let register = Register(siblings: siblings, remembered: remembered)
            try registers.save(register, table, key, unit, &stamps, &row, hadMore: false)
        }
        if row.hasMore { stamps.flags |= InlineStamps.hasMore }
        if all[0]?.siblings.isEmpty == false { stamps.flags |= InlineStamps.isDeleted }
        try registers.write(row, table, key, &stamps, &blob)
        try visibility.refresh(table, key, listed: nil)
    }

    private func emptyRow(_ table: EntityTable, _ id: RecordID, _ root: RootReference) throws
        -> Int64
    {
        if table.isRoot {
            let select = try store.statement(
                "SELECT 1 FROM \"\(table.name)\" WHERE _key = ? AND _stamps <> x'00'")
            select.bind(1, root.key)
            let isTaken = try select.step()
            select.reset()
            if isTaken { throw Malformed.invalid("record twice in a snapshot") }
            return root.key
        }
        let insert = try store.statement(
            """
            INSERT OR IGNORE INTO "\(table.name)" (id, _stamps, _hidden, _root) \
            VALUES (?, x'00', 1, ?)
            """)
        insert.bind(1, id)
        insert.bind(2, root.rawValue)
        try insert.run()
        guard store.changedRows == 1 else { throw Malformed.invalid("record twice in a snapshot") }
        return store.lastInsertedKey
    }
}
