import Disk
import Testing

@Suite("A disk fails as it is told to")
struct FaultTests {
    @Test(
        "One failed operation fails one transaction, and the next goes through",
        arguments: SimulatedDisk.Operation.allCases)
    func oneFault(operation: SimulatedDisk.Operation) throws {
        let image = try Tally.image()
        var failures = 0
        for count in 1...60 as ClosedRange<UInt64> {
            let disk = try SimulatedDisk(seed: count)
            try disk.restore(image)
            let connection = try Tally.open(disk, .full)
            disk.fail(operation, after: count)
            var written = 0
            for _ in 0..<20 {
                do {
                    try Tally.write(written + 1, connection)
                    written += 1
                } catch {
                    #expect(error as? SQLiteError == SQLiteError(code: 10))
                    failures += 1
                }
            }
            #expect(written >= 19)
            // What a failed sync left unwritten stays so until a crash shows it.
            disk.heal()
            disk.cutPower()
            connection.close()
            try disk.restart()
            #expect(try Tally.content(disk) == .whole(transactions: written))
        }
        // Reading fails rarely here: most pages are in the cache.
        #expect(failures > (operation == .read ? 0 : 10))
    }

    @Test("A persistent fault lasts until the disk is healed")
    func persistentFault() throws {
        let disk = try SimulatedDisk(seed: 1)
        try disk.restore(Tally.image())
        let connection = try Tally.open(disk, .full)
        try Tally.write(1, connection)
        disk.fail(.sync, persistently: true)
        for _ in 0..<3 {
            #expect(throws: SQLiteError(code: 10)) { try Tally.write(2, connection) }
        }
        disk.heal()
        try Tally.write(2, connection)
        #expect(try connection.number("SELECT n FROM tally") == 2)
    }

    @Test("A full disk refuses what is too much, and takes it when there is room")
    func fullDisk() throws {
        let disk = try SimulatedDisk(seed: 1)
        try disk.restore(Tally.image())
        let connection = try Tally.open(disk, .full)
        try Tally.write(1, connection)
        disk.setCapacity(disk.usedBytes + 1000)
        #expect(throws: SQLiteError(code: 13)) { try Tally.write(2, connection) }
        #expect(try connection.number("SELECT n FROM tally") == 1)
        disk.setCapacity(nil)
        try Tally.write(2, connection)
        connection.close()
        #expect(try Tally.content(disk) == .whole(transactions: 2))
    }

    @Test("A bit of any page's head that turned over is noticed")
    func rot() throws {
        let disk = try SimulatedDisk(seed: 1)
        try disk.restore(Tally.image())
        _ = Tally.run(disk, .full)
        let sound = disk.image
        let pages = UInt64(try #require(sound["tally.sqlite"]).count / 1024)
        for page in 1..<pages {
            // The number of cells.
            try disk.flipBit(1, ofByte: page * 1024 + 4, in: "tally.sqlite")
            #expect(try Tally.content(disk) == .damaged)
            try disk.restore(sound)
        }
        #expect(try Tally.content(disk) == .whole(transactions: 24))
        #expect(throws: DiskFailure.isNotThere("tally.sqlite", offset: pages * 1024)) {
            try disk.flipBit(0, ofByte: pages * 1024, in: "tally.sqlite")
        }
    }

    @Test("A rotten WAL ends before the rot")
    func rottenWAL() throws {
        let disk = try SimulatedDisk(seed: 1)
        try disk.restore(Tally.image())
        let connection = try Tally.open(disk, .full)
        for n in 1...2 { try Tally.write(n, connection) }
        disk.cutPower()
        connection.close()
        try disk.restart()
        let size = try #require(disk.bytes(of: "tally.sqlite-wal")).count
        try disk.flipBit(7, ofByte: UInt64(size - 100), in: "tally.sqlite-wal")
        #expect(try Tally.content(disk) == .whole(transactions: 1))
    }
}
