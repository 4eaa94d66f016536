import Disk
import Dispatch
import GRDB
import Synchronization
import Testing

@Suite("Several connections share a disk")
struct SharingTests {
    @Test("A second writer waits its turn, and a reader stays at its moment")
    func locks() throws {
        let disk = try SimulatedDisk(seed: 1)
        try disk.restore(Tally.image())
        let (a, b) = (try Tally.open(disk, .full), try Tally.open(disk, .full))
        try a.run("BEGIN IMMEDIATE; UPDATE tally SET n = 5")
        #expect(throws: SQLiteError(code: 5)) { try b.run("BEGIN IMMEDIATE") }
        try b.run("BEGIN")
        #expect(try b.number("SELECT n FROM tally") == 0)
        try a.run("COMMIT")
        #expect(try b.number("SELECT n FROM tally") == 0)
        try b.run("COMMIT; BEGIN IMMEDIATE")
        #expect(try b.number("SELECT n FROM tally") == 5)
        try b.run("COMMIT")
    }

    @Test("Without a WAL, too, a reader keeps a writer from committing")
    func rollbackJournal() throws {
        let disk = try SimulatedDisk(seed: 1)
        let (a, b) = (try Connection(disk), try Connection(disk))
        try a.run("CREATE TABLE t (n); INSERT INTO t VALUES (1)")
        try b.run("BEGIN")
        #expect(try b.number("SELECT n FROM t") == 1)
        try a.run("BEGIN; UPDATE t SET n = 2")
        #expect(throws: SQLiteError(code: 5)) { try a.run("COMMIT") }
        try b.run("COMMIT")
        try a.run("COMMIT")
        #expect(try b.number("SELECT n FROM t") == 2)
    }

    @Test("Readers on other threads see whole transactions while one thread writes")
    func threads() throws {
        let disk = try SimulatedDisk(seed: 1)
        let pool = try DatabasePool(path: disk.path("clinic.sqlite"))
        try pool.write { db in
            try db.execute(
                sql: "CREATE TABLE t (n); INSERT INTO t VALUES (0), (100)")
        }
        let problems = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            do {
                for round in 0..<200 {
                    if thread > 0 {
                        let sum = try pool.read {
                            try Int.fetchOne($0, sql: "SELECT sum(n) FROM t")
                        }
                        if sum != 100 { problems.withLock { $0.append("\(sum ?? -1)") } }
                        continue
                    }
                    try pool.write { db in
                        try db.execute(sql: "UPDATE t SET n = n + 1 WHERE rowid = 1")
                        try db.execute(sql: "UPDATE t SET n = n - 1 WHERE rowid = 2")
                    }
                    if round % 50 == 49 {
                        _ = try pool.writeWithoutTransaction { try $0.checkpoint(.passive) }
                    }
                }
            } catch {
                problems.withLock { $0.append("\(error)") }
            }
        }
        #expect(problems.withLock { $0 } == [])
        try pool.close()
        #expect(disk.openFiles == 0)
    }
}
