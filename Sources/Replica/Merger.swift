import Causality
import GRDBSQLite
import Records

/// What the application of a change set came to.
package struct Applied {
    package var root: RootReference
    /// Whether nothing was known of the compartment before.
    package var rootIsNew: Bool
    /// What was added to the sum of the compartment's content, less what was taken away.
    package var delta = ContentSum()
    /// Whether the units of the root that name holders may have changed.
    package var touchedRoot = false
    /// The records written that ask to hold a compartment or to leave it.
    package var holds: [RecordID] = []
}

/// Applies change sets to the record tables. One path for what is written here and for what comes
/// from elsewhere: values are bound straight from the frame's bytes.
///
/// A record that was not here costs one statement, and so does a change that replaces exactly what
/// the row shows (``RowProbe``); one that meets a concurrent write, one more for each sibling that
/// it makes, and those to read and write the row. Everything else goes through whole registers.
final class Merger {
    let store: Store
    let tables: Tables
    let origins: OriginTable
    let ranks: RankTable
    let arrivals: Arrivals
    let registers: RegisterStore
    let visibility: Visibility
    let probe: RowProbe
    var wire = ByteWriter()
    /// The stamps of the last record inserted: those of a frame are mostly alike.
    private var newStamps = (
        mask: UInt64(0), stamp: LocalStamp(hlc: .zero, origin: 0), blob: ContiguousArray<UInt8>()
    )
    /// How many records were written of which nothing was known, so that a caller can tell.
    var insertions = 0
    /// The entity whose records ask to hold a compartment; 0 if there is none.
    let holdEntity: UInt16
    /// The units of a root that name holders, as bits.
    let holderUnits: UInt64

    init(
        _ store: Store, _ tables: Tables, _ origins: OriginTable, _ ranks: RankTable,
        _ arrivals: Arrivals
    ) throws {
        self.store = store
        self.tables = tables
        self.origins = origins
        self.ranks = ranks
        self.arrivals = arrivals
        probe = try RowProbe(store, origins, ranks)
        registers = RegisterStore(store, origins, ranks)
        visibility = Visibility(store, tables, origins, registers)
        let rule = tables.schema.holders
        holdEntity = rule?.holdEntity ?? 0
        holderUnits = ((rule?.nodeUnits ?? []) + (rule?.organizationUnits ?? []))
            .reduce(0) { $0 | 1 << UInt64($1) }
    }

    /// The stamps of the row at hand.
    var stamps: InlineStamps {
        _read { yield probe.stamps }
        _modify { yield &probe.stamps }
    }

    var blob: ContiguousArray<UInt8> {
        _read { yield probe.blob }
        _modify { yield &probe.blob }
    }

    /// One change set being applied.
    struct Run {
        /// The set's stamp, and what stands for its origin in sums.
        let stamp: LocalStamp
        let sumHash: UInt64
        /// The numbers of the foreign origins that the set names.
        var foreign: ContiguousArray<Int32> = []
        var root: RootReference?
        var rootIsNew = false
        var rootIsDeleted = false
        var touchedRoot = false
        var deletesSomething = false
        var delta = ContentSum()
        var holds: [RecordID] = []
        /// Records whose visibility must be looked at when the set is through.
        var touched: [(EntityTable, Int64)] = []

        func local(_ reference: StampReference) -> LocalStamp {
            let origin = reference.origin == 0 ? stamp.origin : foreign[reference.origin - 1]
            return LocalStamp(hlc: reference.hlc, origin: origin)
        }
    }

    /// Applies a set once; that it is not applied again is the caller's to know, from the log.
    ///
    /// - Throws: ``Malformed`` when the set breaks the schema; ``StorageFailure``. The caller's
    ///   transaction is then undone.
    func apply(_ reader: inout ChangeSetReader) throws -> Applied {
        let number = try origins.number(reader.stamp.origin)
        var run = Run(
            stamp: LocalStamp(hlc: reader.stamp.hlc, origin: number),
            sumHash: origins.sumHashes[Int(number)])
        for origin in reader.foreignOrigins { run.foreign.append(try origins.number(origin)) }
        while try reader.next() { try applyChange(&reader, &run) }
        if run.deletesSomething || run.rootIsDeleted {
            try visibility.refresh(run.root!)
        } else {
            for (table, key) in run.touched { try visibility.refresh(table, key, listed: nil) }
        }
        return Applied(
            root: run.root!, rootIsNew: run.rootIsNew, delta: run.delta,
            touchedRoot: run.touchedRoot, holds: run.holds)
    }

    private func applyChange(_ reader: inout ChangeSetReader, _ run: inout Run) throws {
        let table = try tables.table(reader.entity)
        if let kind = table.kind {
            guard kind == reader.compartment.kind else {
                throw Malformed.invalid("entity in another kind of compartment")
            }
            if table.isRoot, reader.id != reader.compartment.id {
                throw Malformed.invalid("root record outside its compartment")
            }
        }
        let isNewAtAll: Bool =
            if case .none = reader.replaced { reader.mask & 1 == 0 } else { false }
        if isNewAtAll, reader.mask & ~table.knownMask == 0 {
            if !table.isRoot { try findRoot(reader.compartment, &run) }
            if try insert(table, reader, &run) { return }
        }
        if !table.isRoot { try findRoot(reader.compartment, &run) }
        let key: Int64
        var fits = true
        switch try follow(table, reader, &run) {
        case .written:
            note(table, reader, &run)
            return
        case .otherwise:
            key = probe.key
            noteRoot(table, key, reader, &run)
        case .noRow:
            key = try findRow(table, reader, &run)
        case nil:
            key = try findRow(table, reader, &run)
            fits = table.holds(reader)
        }
        note(table, reader, &run)
        // A value that its unit can't hold is a sibling like any other, and never shows.
        if try !fits || !update(table, key, reader, &run) {
            try merge(table, key, reader, &run)
        }
    }

    /// Finds the local name of a set's compartment, and whether its root was deleted.
    private func findRoot(_ compartment: Compartment, _ run: inout Run) throws {
        guard run.root == nil else { return }
        if let table = tables.rootTable(compartment.kind) {
            let select = try table.selectByID()
            select.bind(1, compartment.id)
            if try select.step() {
                defer { select.reset() }
                run.root = RootReference(key: select.integer(0), kind: compartment.kind)
                let flags = select.buffer(1).first ?? 0
                run.rootIsDeleted = flags & InlineStamps.isDeleted != 0
                return
            }
        }
        let (root, isNew) = try tables.makeRoot(compartment)
        run.root = root
        run.rootIsNew = isNew
    }

    private func note(_ table: EntityTable, _ reader: borrowing ChangeSetReader, _ run: inout Run) {
        if table.isRoot, reader.mask & holderUnits != 0 { run.touchedRoot = true }
        if table.number == holdEntity { run.holds.append(reader.id) }
    }

    /// Inserts a record that was not here. `false` when its id is taken, or a value does not fit.
    private func insert(
        _ table: EntityTable, _ reader: borrowing ChangeSetReader, _ run: inout Run
    ) throws -> Bool {
        if newStamps.mask != reader.mask || newStamps.stamp != run.stamp {
            stamps.set(all: reader.mask, run.stamp)
            stamps.write(to: &newStamps.blob)
            (newStamps.mask, newStamps.stamp) = (reader.mask, run.stamp)
        }
        let insert = try table.insert(reader.mask)
        insert.bind(1, reader.id)
        let fits = try newStamps.blob.withUnsafeBytes { bytes in
            insert.bindBlob(2, static: bytes)
            var column: Int32 = 3
            if !table.isRoot {
                insert.bind(3, run.root!.rawValue)
                column = 4
            }
            guard
                table.bind(
                    reader.mask, of: reader.mask, reader.values, reader.bytes, to: insert, &column)
            else { return false }
            try insert.run()
            return true
        }
        guard fits, store.changedRows == 1 else { return false }
        insertions += 1
        if table.isRoot {
            run.root = RootReference(key: store.lastInsertedKey, kind: reader.compartment.kind)
            run.rootIsNew = true
        }
        note(table, reader, &run)
        let hash = RecordHash(RecordKey(entity: table.number, id: reader.id))
        var rest = reader.mask
        while rest != 0 {
            let unit = UInt8(rest.trailingZeroBitCount)
            rest &= rest - 1
            run.delta += hash.term(unit: unit, hlc: run.stamp.hlc, origin: run.sumHash)
        }
        return true
    }

    /// Finds the record's row, or makes one that shows nothing. A root's row is its compartment.
    private func findRow(
        _ table: EntityTable, _ reader: borrowing ChangeSetReader, _ run: inout Run
    ) throws -> Int64 {
        if let key = try selectRow(table, reader, run) {
            noteRoot(table, key, reader, &run)
            return key
        }
        stamps.clear()
        if table.isRoot {
            try findRoot(reader.compartment, &run)
            return run.root!.key
        }
        let insert = try store.statement(
            "INSERT INTO \"\(table.name)\" (id, _stamps, _hidden, _root) VALUES (?, x'00', 1, ?)")
        insert.bind(1, reader.id)
        insert.bind(2, run.root!.rawValue)
        try insert.run()
        return store.lastInsertedKey
    }

    /// A root's row tells its compartment's local name, and whether it was deleted.
    func noteRoot(
        _ table: EntityTable, _ key: Int64, _ reader: borrowing ChangeSetReader, _ run: inout Run
    ) {
        guard table.isRoot else { return }
        if run.root == nil { run.root = RootReference(key: key, kind: reader.compartment.kind) }
        run.rootIsDeleted = stamps.isDeleted
    }

    private func selectRow(
        _ table: EntityTable, _ reader: borrowing ChangeSetReader, _ run: borrowing Run
    ) throws -> Int64? {
        let select = try table.selectByID()
        select.bind(1, reader.id)
        if !table.isRoot { select.bind(2, run.root!.rawValue) }
        guard try select.step() else { return nil }
        defer { select.reset() }
        try read(select.buffer(1), table)
        return select.integer(0)
    }

    private func read(_ blob: UnsafeRawBufferPointer, _ table: EntityTable) throws {
        guard stamps.read(blob) else {
            throw StorageFailure(code: SQLITE_CORRUPT, message: "stamps in \(table.name)")
        }
    }
}
