import Disk
import Synchronization
import Testing

@Suite("Disks are copied, put back, and repeatable")
struct ImageTests {
    /// A history with crashes and faults.
    static func history(seed: UInt64) throws -> [DiskImage] {
        SQLiteChance.start(seed: UInt32(seed))
        let disk = try SimulatedDisk(seed: seed)
        var images: [DiskImage] = []
        try disk.restore(Tally.image())
        for round in 1...6 as ClosedRange<UInt64> {
            disk.setTime(1_800_000_000_000 + round)
            disk.fail(.write, after: 30 * round)
            disk.cutPower(after: 40 * round)
            _ = Tally.run(disk, round % 2 == 0 ? .normal : .full)
            disk.cutPower()
            images.append(disk.image)
            try disk.restart()
        }
        return images
    }

    @Test("The same seed and the same operations leave the same bytes, another seed others")
    func sameBytes() async {
        // In a process of its own, since SQLite's own generator is the process's.
        await #expect(processExitsWith: .success) {
            let first = try ImageTests.history(seed: 7)
            let second = try ImageTests.history(seed: 7)
            let other = try ImageTests.history(seed: 8)
            try #require(first == second)
            try #require(first != other)
            try #require(first.contains { $0["tally.sqlite-wal"] != nil })
        }
    }

    @Test("A clone goes its own way from where the original was")
    func clone() throws {
        let original = try SimulatedDisk(seed: 1)
        try original.restore(Tally.image())
        let connection = try Tally.open(original, .full)
        for n in 1...3 { try Tally.write(n, connection) }
        let clone = try SimulatedDisk(seed: 2)
        // Copied while it runs: the WAL has what the file lacks.
        try clone.restore(original.image)
        try Tally.write(4, connection)
        #expect(try Tally.content(clone) == .whole(transactions: 3))
        #expect(try connection.number("SELECT n FROM tally") == 4)
    }

    @Test("A disk put back to a backup holds what the backup held, synced, and not the WAL since")
    func restore() throws {
        let disk = try SimulatedDisk(seed: 1)
        try disk.restore(Tally.image())
        let backup = disk.image
        let connection = try Tally.open(disk, .normal)
        try Tally.write(1, connection)
        #expect(throws: DiskFailure.self) { try disk.restore(backup) }
        connection.close()
        try disk.restore(backup)
        #expect(disk.image == backup)
        #expect(disk.unsyncedSectors == 0)
        disk.cutPower()
        try disk.restart()
        #expect(try Tally.content(disk) == .whole(transactions: 0))
    }

    @Test("A disk lives as long as a file of it is open")
    func lifetime() throws {
        var disk: SimulatedDisk? = try SimulatedDisk(seed: 1)
        try disk?.restore(Tally.image())
        let connection = try Tally.open(#require(disk), .full)
        disk = nil
        try Tally.write(1, connection)
        #expect(try connection.number("SELECT n FROM tally") == 1)
    }

    @Test("SQLite is told the disk's time")
    func time() throws {
        let disk = try SimulatedDisk(seed: 1)
        disk.setTime(1_800_000_000_000)
        let connection = try Connection(disk)
        #expect(try connection.text("SELECT datetime('now')") == "2027-01-15 08:00:00")
    }
}
