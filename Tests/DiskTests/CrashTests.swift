import Disk
import Testing

/// What became of many databases whose disk stopped, each at another change.
private struct Losses {
    var crashes = 0
    /// Databases that lack a confirmed transaction.
    var lossy = 0
    var damaged = 0
    /// Databases that hold the transaction which was under way.
    var ahead = 0
    /// Databases that hold what nobody wrote.
    var odd = 0
    var tornSectors: UInt64 = 0

    /// Stops the disk at every change of the workload.
    init(seed: UInt64, _ synchronous: Tally.Synchronous, lying: Bool = false) throws {
        let image = try Tally.image()
        for change in 1... as PartialRangeFrom<UInt64> {
            let disk = try SimulatedDisk(seed: seed << 32 | change)
            try disk.restore(image)
            disk.setLying(lying)
            disk.cutPower(after: change)
            let confirmed = Tally.run(disk, synchronous)
            guard disk.isOff else { return }
            try disk.restart()
            try add(Tally.content(disk), confirmed: confirmed)
            tornSectors += disk.counters.tornSectors
        }
    }

    private mutating func add(_ content: Tally.Content, confirmed: Int) throws {
        crashes += 1
        switch content {
        case .damaged: damaged += 1
        case .whole(confirmed): break
        case .whole(confirmed + 1): ahead += 1
        case .whole(let transactions) where transactions < confirmed: lossy += 1
        case .whole: odd += 1
        }
    }
}

@Suite("A disk that stops keeps what was synced, and chance decides about the rest")
struct CrashTests {
    @Test(
        "With synchronous=FULL every confirmed transaction outlives a crash at every change",
        arguments: 0..<6 as Range<UInt64>)
    func full(seed: UInt64) throws {
        let losses = try Losses(seed: seed, .full)
        #expect(losses.crashes > 200)
        #expect((losses.lossy, losses.damaged, losses.odd) == (0, 0, 0))
        // The disk is unkind enough to tear pages, and kind enough to keep what nobody was told.
        #expect(losses.tornSectors > 20)
        #expect(losses.ahead > 0)
    }

    @Test(
        "With synchronous=NORMAL confirmed transactions get lost, and nothing is damaged",
        arguments: 0..<3 as Range<UInt64>)
    func normal(seed: UInt64) throws {
        let losses = try Losses(seed: seed, .normal)
        #expect(losses.lossy > 20)
        #expect((losses.damaged, losses.odd) == (0, 0))
    }

    @Test(
        "Without sync transactions get lost and databases damaged",
        arguments: 0..<3 as Range<UInt64>)
    func off(seed: UInt64) throws {
        let losses = try Losses(seed: seed, .off)
        #expect(losses.lossy > 20)
        #expect(losses.damaged > 20)
    }

    @Test(
        "A disk that lies about syncs loses and damages, as if there were none",
        arguments: 0..<3 as Range<UInt64>)
    func lying(seed: UInt64) throws {
        let losses = try Losses(seed: seed, .full, lying: true)
        #expect(losses.lossy > 20)
        #expect(losses.damaged > 20)
    }

    @Test("What is open when power is cut answers nothing any more, from memory either")
    func nothingAnswers() throws {
        let disk = try SimulatedDisk(seed: 1)
        try disk.restore(Tally.image())
        let connection = try Tally.open(disk, .full)
        try Tally.write(1, connection)
        disk.cutPower()
        #expect(throws: SQLiteError(code: 10)) { try connection.text("SELECT n FROM tally") }
        #expect(throws: SQLiteError(code: 10)) { try Tally.write(2, connection) }
        #expect(throws: DiskFailure.self) { try disk.restart() }
        connection.close()
        #expect(throws: SQLiteError(code: 14)) { try Tally.open(disk, .full) }
        try disk.restart()
        #expect(try Tally.content(disk) == .whole(transactions: 1))
    }

    @Test("A file whose folder was never synced may be gone, whatever was synced into it")
    func unsyncedName() throws {
        var outcomes: Set<Bool> = []
        for seed in 0..<20 as Range<UInt64> {
            let disk = try SimulatedDisk(seed: seed)
            let connection = try Connection(disk, "plain.sqlite")
            // Without a journal SQLite syncs the file and never the folder.
            try connection.run("PRAGMA journal_mode = OFF; CREATE TABLE t (n)")
            connection.close()
            disk.cutPower()
            try disk.restart()
            outcomes.insert(disk.fileNames.contains("plain.sqlite"))
        }
        #expect(outcomes == [true, false])
    }
}
