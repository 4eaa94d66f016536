/// The measuring side of the benchmarks: the official workload, what plain SQLite and SQLite's
/// session extension take for it, clocks, and the table of results. It knows nothing of the
/// product's own engine, so that the yardstick can't move with what it measures.
///
/// Everything is made before any clock starts, and the same on every machine.

import Causality

/// The data of W1 to W4: 100,000 patients from splitmix64(42), and what is written to them.
package struct PatientWorkload: Sendable {
    /// W1: the rows to insert, in the order of insertion, which is a random order of their ids.
    package let rows: [PatientRow]
    /// W2: the new phone of each row, in the same order.
    package let newPhones: [String]
    /// W4: what replica A writes to the first half of the rows, each row once, in order.
    package let editsAtA: [Edit]
    /// W4: what replica B writes to the same rows.
    package let editsAtB: [Edit]

    /// Rows written in one transaction, in all of W1 to W4.
    package static let rowsPerTransaction = 100
    /// Rows of the official workload.
    package static let officialCount = 100_000
    /// The seed of the official workload.
    package static let officialSeed: UInt64 = 42

    /// One field of one row set to a new value.
    package struct Edit: Sendable, Equatable {
        package enum Column: String, Sendable { case phone, address }
        /// The position in ``PatientWorkload/rows``.
        package var row: Int
        package var column: Column
        package var value: String
    }

    /// - Parameter count: rows; even. Fewer than the official number make a smaller workload of
    ///   the same rows.
    package init(count: Int = officialCount, seed: UInt64 = officialSeed) {
        precondition(count >= 2 && count % 2 == 0)
        var random = SplitMix64(seed: seed)
        rows = (0..<count).map { _ in PatientRow(using: &random) }
        newPhones = (0..<count).map { _ in PatientRow.phone(using: &random) }
        // Even rows: A the phone, B the address, which don't meet. Odd rows: both the phone.
        editsAtA = (0..<count / 2).map {
            Edit(row: $0, column: .phone, value: PatientRow.phone(using: &random))
        }
        editsAtB = (0..<count / 2).map { row in
            row % 2 == 0
                ? Edit(row: row, column: .address, value: PatientRow.address(using: &random))
                : Edit(row: row, column: .phone, value: PatientRow.phone(using: &random))
        }
    }

    /// The transactions that `count` rows are written in: ranges of row positions.
    package static func transactions(of count: Int) -> [Range<Int>] {
        stride(from: 0, to: count, by: rowsPerTransaction).map {
            $0..<min($0 + rowsPerTransaction, count)
        }
    }
}
