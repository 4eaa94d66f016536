import CDisk

/// The generator that all of SQLite in this process draws from: the salts of WALs, the nonces of
/// journals, SQL's `random()`.
package enum SQLiteChance {
    /// Starts it anew. What is drawn then is the same each time, if one thread alone uses SQLite.
    ///
    /// Without that, runs of one seed differ in the salts and checksums of their WALs. Neither what
    /// a crash keeps nor what a database gives back depends on those.
    package static func start(seed: UInt32) { cdisk_seed_sqlite(seed) }
}
