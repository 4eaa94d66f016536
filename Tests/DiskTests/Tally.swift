import Disk

/// A small database that says how many transactions it holds, and whether each is whole.
enum Tally {
    enum Synchronous: String { case full = "FULL", normal = "NORMAL", off = "OFF" }

    /// What a database turned out to hold.
    enum Content: Equatable {
        case whole(transactions: Int)
        case damaged
    }

    /// A disk with an empty tally, all synced.
    static func image() throws -> DiskImage {
        let disk = try SimulatedDisk(seed: 0)
        let connection = try Connection(disk)
        try connection.run(
            """
            PRAGMA page_size = 1024;
            PRAGMA journal_mode = WAL;
            CREATE TABLE tally (n);
            INSERT INTO tally VALUES (0);
            CREATE TABLE filler (key INTEGER PRIMARY KEY, text);
            """)
        connection.close()
        return disk.image
    }

    static func open(_ disk: SimulatedDisk, _ synchronous: Synchronous) throws -> Connection {
        let connection = try Connection(disk)
        // Often enough for many changes of the file beside those of the WAL.
        try connection.run(
            "PRAGMA synchronous = \(synchronous.rawValue); PRAGMA wal_autocheckpoint = 12")
        return connection
    }

    /// The `n`-th transaction, over several pages, of bytes that no other writes.
    static func write(_ n: Int, _ connection: Connection) throws {
        do {
            try connection.run(
                """
                BEGIN;
                INSERT INTO filler (text) VALUES (printf('%0700d', \(n))), (printf('%090d', \(n)));
                UPDATE filler SET text = printf('%0*d', length(text) + 1, \(n))
                    WHERE key = \(1 + n / 2);
                UPDATE tally SET n = \(n);
                COMMIT;
                """)
        } catch {
            try? connection.run("ROLLBACK")
            throw error
        }
    }

    /// Writes until the disk stops or all is done, with a checkpoint that cuts the WAL and a
    /// reopening in between.
    ///
    /// - Returns: how many transactions were confirmed.
    static func run(_ disk: SimulatedDisk, _ synchronous: Synchronous) -> Int {
        var confirmed = 0
        do {
            var connection = try open(disk, synchronous)
            for n in 1...24 {
                try write(n, connection)
                confirmed = n
                if n == 10 { try connection.run("PRAGMA wal_checkpoint(TRUNCATE)") }
                if n == 17 {
                    connection.close()
                    connection = try open(disk, synchronous)
                }
            }
        } catch {
            return confirmed
        }
        return confirmed
    }

    static func content(_ disk: SimulatedDisk) throws -> Content {
        let connection = try Connection(disk)
        defer { connection.close() }
        do {
            guard try connection.text("PRAGMA integrity_check") == "ok" else { return .damaged }
            let transactions = try connection.number("SELECT n FROM tally")
            let rows = try connection.number("SELECT count(*) FROM filler")
            return rows == 2 * transactions ? .whole(transactions: transactions) : .damaged
        } catch {
            return .damaged
        }
    }
}
