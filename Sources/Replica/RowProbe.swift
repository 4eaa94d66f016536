import Causality
import GRDBSQLite
import Records

/// Looks at a row's stamps in the midst of the UPDATE that writes it, so that one statement finds
/// the row, tells whether its units are as expected, and writes them:
///
/// ```sql
/// UPDATE patient SET _stamps = row_stamps(), phone = ? WHERE id = ? AND row_fits(_key, _stamps)
/// ```
///
/// Where the row doesn't fit, nothing is written, and what it holds has been read all the same.
final class RowProbe {
    /// What the units to be written must show now.
    enum Expectation {
        /// All of them what one stamp wrote.
        case all(LocalStamp)
        /// Nothing.
        case nothing
        /// Each what is listed, ascending by unit.
        case each(ContiguousArray<LocalStamp?>)
        /// Anything that counts for less than the stamp to be written.
        case below
    }

    enum Outcome {
        case noRow, otherwise, written
    }

    private let origins: OriginTable
    private let ranks: RankTable
    private(set) var outcome = Outcome.noRow
    private(set) var key: Int64 = 0
    /// The stamps of the row: as they were where it did not fit, else as they were written.
    var stamps = InlineStamps()
    var blob = ContiguousArray<UInt8>()
    /// What the written units showed before, ascending by unit.
    private(set) var before = ContiguousArray<LocalStamp?>()
    private var mask: UInt64 = 0
    private var stamp = LocalStamp(hlc: .zero, origin: 0)
    private var expected = Expectation.below
    private var isDamaged = false

    init(_ store: Store, _ origins: OriginTable, _ ranks: RankTable) throws {
        self.origins = origins
        self.ranks = ranks
        let own = Unmanaged.passUnretained(self).toOpaque()
        try store.addFunction("row_fits", arguments: 2, own) { context, _, values in
            let probe = Unmanaged<RowProbe>.fromOpaque(sqlite3_user_data(context))
                .takeUnretainedValue()
            let start = sqlite3_value_blob(values![1])
            let blob = UnsafeRawBufferPointer(
                start: start, count: Int(sqlite3_value_bytes(values![1])))
            let fits = probe.look(sqlite3_value_int64(values![0]), blob)
            sqlite3_result_int(context, fits ? 1 : 0)
        }
        try store.addFunction("row_stamps", arguments: 0, own) { context, _, _ in
            let probe = Unmanaged<RowProbe>.fromOpaque(sqlite3_user_data(context))
                .takeUnretainedValue()
            probe.blob.withUnsafeBytes { bytes in
                // The blob stays as it is until the statement has run.
                sqlite3_result_blob(context, bytes.baseAddress, Int32(bytes.count), nil)
            }
        }
    }

    /// Runs an UPDATE of ``EntityTable/updateByID(_:)``, whose values are bound.
    func run(
        _ update: Statement, _ mask: UInt64, _ stamp: LocalStamp, expecting expected: Expectation,
        in table: EntityTable
    ) throws -> Outcome {
        self.mask = mask
        self.stamp = stamp
        self.expected = expected
        outcome = .noRow
        isDamaged = false
        try update.run()
        if isDamaged {
            throw StorageFailure(code: SQLITE_CORRUPT, message: "stamps in \(table.name)")
        }
        return outcome
    }

    private func look(_ key: Int64, _ bytes: UnsafeRawBufferPointer) -> Bool {
        self.key = key
        outcome = .otherwise
        guard stamps.read(bytes) else {
            isDamaged = true
            return false
        }
        guard stamps.flags & 0xF0 == 0, stamps.mask != 0 else { return false }
        before.removeAll(keepingCapacity: true)
        var rest = mask
        while rest != 0 {
            let shown = stamps[rest.trailingZeroBitCount]
            rest &= rest - 1
            guard shown != stamp, fits(shown) else { return false }
            before.append(shown)
        }
        rest = mask
        while rest != 0 {
            stamps.set(rest.trailingZeroBitCount, stamp)
            rest &= rest - 1
        }
        stamps.write(to: &blob)
        outcome = .written
        return true
    }

    private func fits(_ shown: LocalStamp?) -> Bool {
        switch expected {
        case .all(let stamp): return shown == stamp
        case .nothing: return shown == nil
        case .each(let stamps): return shown == stamps[before.count]
        case .below:
            guard let shown else { return true }
            return (ranks.isEmpty ? shown.hlc : ranks.rank(origins.stamp(shown))) < stamp.hlc
        }
    }
}

extension Store {
    /// Makes an SQL function known to the writing connection. `own` must outlive it.
    func addFunction(
        _ name: String, arguments: Int32, _ own: UnsafeMutableRawPointer,
        _ body:
            @convention(c) (
                OpaquePointer?, Int32, UnsafeMutablePointer<OpaquePointer?>?
            ) -> Void
    ) throws {
        try reading {
            let code = sqlite3_create_function_v2(
                writer, name, arguments, SQLITE_UTF8 | SQLITE_DIRECTONLY, own, body, nil, nil, nil)
            guard code == SQLITE_OK else { throw StorageFailure(code: code, message: name) }
        }
    }
}
