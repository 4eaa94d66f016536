import Causality
import GRDBSQLite
import Records

/// Giving compartments out as state.
extension SnapshotStore {
    /// Writes the state of compartments, one after another, until `limit` bytes are reached.
    ///
    /// - Parameter next: gives the compartments in their order; `nil` at the end.
    /// - Returns: the last compartment written, and whether the end was reached.
    package func write(
        to out: inout MessageWriter, limit: Int, next: () throws -> RootReference?
    ) throws -> (last: RootReference?, reachedEnd: Bool) {
        var writer = SnapshotWriter()
        var last: RootReference?
        var reachedEnd = false
        while writer.size < limit {
            guard let root = try next() else {
                reachedEnd = true
                break
            }
            try write(root, &writer)
            last = root
        }
        writer.finish(origins, to: &out)
        return (last, reachedEnd)
    }

    private func write(_ root: RootReference, _ writer: inout SnapshotWriter) throws {
        guard let compartment = try tables.compartment(root) else { return }
        writer.begin(compartment)
        if let table = tables.rootTable(root.kind) {
            try write(table, root.key, compartment, &writer)
        }
        for table in tables.members(of: root.kind) {
            try write(table, root.rawValue, compartment, &writer)
        }
        writer.end()
    }

    /// Writes the records of a table that hang on a compartment, or its root.
    ///
    /// - Parameter key: the root's key for its own table, else the compartment's local name.
    private func write(
        _ table: EntityTable, _ key: Int64, _ compartment: Compartment,
        _ writer: inout SnapshotWriter
    ) throws {
        let select = try table.selectContent()
        select.bind(1, key)
        while try select.step() {
            guard stamps.read(select.buffer(2)) else {
                throw StorageFailure(code: SQLITE_CORRUPT, message: "stamps in \(table.name)")
            }
            if stamps.mask == 0, !stamps.hasMore { continue }
            let beside = stamps.hasMore ? try self.beside(table, select.integer(0)) : nil
            let id = select.id(1)
            writer.record(
                table.number, id, isCompartment: id == compartment.id, stamps, beside: beside)
            var index = 0
            var rest = stamps.mask
            while rest != 0 {
                let unit = rest.trailingZeroBitCount
                rest &= rest - 1
                let column = Int32(3 + table.firstField[unit])
                writer.value(index) { table.writeWire(unit, of: select, from: column, to: &$0) }
                index += 1
            }
        }
    }

    private func beside(_ table: EntityTable, _ key: Int64) throws -> SnapshotWriter.Beside {
        var beside = SnapshotWriter.Beside()
        let siblings = try store.statement(
            "SELECT unit, hlc, origin, value FROM _sibling WHERE entity = ? AND rec = ?")
        siblings.bind(1, Int64(table.number))
        siblings.bind(2, key)
        while try siblings.step() {
            beside.siblings.append(
                (UInt8(siblings.integer(0)), siblings.localStamp(1), siblings.bytes(3)))
        }
        let remembered = try store.statement(
            "SELECT unit, hlc, origin FROM _replaced WHERE entity = ? AND rec = ?")
        remembered.bind(1, Int64(table.number))
        remembered.bind(2, key)
        while try remembered.step() {
            beside.remembered.append((UInt8(remembered.integer(0)), remembered.localStamp(1)))
        }
        return beside
    }
}
