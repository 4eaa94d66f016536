import Causality
import Disk
import Hub
import Records
import Replica
import Sync
import Testing

@Suite("The product's databases on a disk that stops, fails, fills and rots")
struct ProductTests {
    /// Registers patients with a checkpoint in between.
    ///
    /// - Returns: the notes that were confirmed.
    private func work(_ machine: ClinicMachine) throws -> [String] {
        var confirmed: [String] = []
        do {
            for n in 1...6 {
                try machine.register("note \(n)")
                confirmed.append("note \(n)")
                if n == 3 { try machine.clinic.replica.store.checkpoint() }
            }
        } catch {
            #expect(error is StorageFailure)
        }
        return confirmed
    }

    @Test(
        "A clinic that stops at any change has what it confirmed, and goes on",
        arguments: 0..<3 as Range<UInt64>)
    func crashes(seed: UInt64) throws {
        let image = try ClinicMachine.image()
        var crashes = 0
        for change in 1... as PartialRangeFrom<UInt64> {
            let disk = try SimulatedDisk(seed: seed << 32 | change)
            try disk.restore(image)
            let machine = try ClinicMachine(disk: disk)
            disk.cutPower(after: change)
            let confirmed = try work(machine)
            guard disk.isOff else { break }
            crashes += 1
            try machine.reopen()
            let notes = try machine.notes
            #expect(notes.starts(with: confirmed) && notes.count <= confirmed.count + 1)
            #expect(try machine.damage == [])
            try machine.register("later")
            #expect(try machine.notes == notes + ["later"])
            try machine.clinic.close()
        }
        #expect(crashes > 80)
    }

    @Test("What can't be read again when a write is undone is read before the next, at any read")
    func failsWhileUndoing() throws {
        struct Undone: Error {}
        let disk = try SimulatedDisk(seed: 7)
        let machine = try ClinicMachine(disk: disk)
        let id = try machine.register("first")
        let replica = machine.clinic.replica
        let heads = replica.allOrigins.map { replica.head($0) }
        var failures = 0
        for read in 1...20 {
            #expect(throws: Undone.self) {
                try machine.clinic.write(at: machine.clock) { transaction in
                    try transaction.put(
                        RecordKey(entity: 1, id: id), in: .patient(id), [(1, .text("undone"))])
                    // Nothing is kept in memory of the file: what is undone is read from it.
                    try replica.store.execute("PRAGMA shrink_memory")
                    disk.fail(.read, after: UInt64(read), persistently: true)
                    throw Undone()
                }
            }
            if replica.allOrigins.isEmpty { failures += 1 }
            disk.heal()
            #expect(try machine.notes == ["first"])
            #expect(replica.allOrigins.map { replica.head($0) } == heads)
        }
        #expect(failures > 0)
        try machine.edit(id, "second")
        #expect(try machine.notes == ["second"])
        #expect(try machine.damage == [])
        try machine.clinic.close()
    }

    @Test("A clinic that stops while it is opened is opened the next time")
    func crashesWhileOpening() throws {
        var crashes = 0
        for change in 1... as PartialRangeFrom<UInt64> {
            let disk = try SimulatedDisk(seed: change)
            disk.cutPower(after: change)
            let made = Result { try ClinicMachine(disk: disk) }
            if disk.isOff { crashes += 1 }
            let machine: ClinicMachine
            switch made {
            case .success(let first):
                // The last changes are those of closing.
                try first.clinic.close()
                guard disk.isOff else {
                    #expect(crashes > 20)
                    return
                }
            case .failure(let error): #expect(error is StorageFailure)
            }
            try disk.restart()
            machine = try ClinicMachine(disk: disk)
            try machine.register("first")
            #expect(try machine.notes == ["first"])
            #expect(try machine.damage == [])
            try machine.clinic.close()
        }
    }

    @Test(
        "A failed read, write or sync fails one write of a clinic, which then goes on",
        arguments: SimulatedDisk.Operation.allCases)
    func faults(operation: SimulatedDisk.Operation) throws {
        let image = try ClinicMachine.image()
        var failures = 0
        for count in 1...40 as ClosedRange<UInt64> {
            let disk = try SimulatedDisk(seed: count)
            try disk.restore(image)
            let machine = try ClinicMachine(disk: disk)
            disk.fail(operation, after: count)
            var confirmed: [String] = []
            for n in 1...8 {
                do {
                    try machine.register("note \(n)")
                    confirmed.append("note \(n)")
                } catch {
                    #expect(error is StorageFailure)
                    failures += 1
                }
            }
            #expect(confirmed.count >= 7)
            #expect(try machine.notes == confirmed)
            disk.heal()
            disk.cutPower()
            try machine.reopen()
            #expect(try machine.notes == confirmed)
            #expect(try machine.damage == [])
            try machine.clinic.close()
        }
        #expect(failures > (operation == .read ? 0 : 5))
    }

    @Test("A clinic whose disk is full refuses writes, keeps all, and goes on when there is room")
    func fullDisk() throws {
        let disk = try SimulatedDisk(seed: 1)
        let machine = try ClinicMachine(disk: disk)
        disk.setCapacity(disk.usedBytes + 2_000_000)
        var confirmed: [String] = []
        var failure: StorageFailure?
        while failure == nil, confirmed.count < 1000 {
            do {
                try machine.register("note \(confirmed.count)")
                confirmed.append("note \(confirmed.count)")
            } catch let error as StorageFailure {
                failure = error
            }
        }
        #expect(failure?.isDiskFull == true)
        #expect(confirmed.count > 10)
        #expect(try machine.notes == confirmed)
        disk.setCapacity(nil)
        try machine.register("later")
        try machine.reopen()
        #expect(try machine.notes == confirmed + ["later"])
        #expect(try machine.damage == [])
    }

    @Test("A bit of a frame that turned over on disk is found by the log's chain")
    func rot() throws {
        let disk = try SimulatedDisk(seed: 1)
        let machine = try ClinicMachine(disk: disk)
        try machine.register("unmistakable")
        try machine.clinic.close()
        let bytes = try #require(disk.bytes(of: ClinicMachine.file))
        let places = bytes.indices.filter { bytes[$0...].starts(with: Array("unmistakable".utf8)) }
        #expect(places.count >= 2)
        let sound = disk.image
        var found = 0
        for place in places {
            let rotten = try SimulatedDisk(seed: 1)
            try rotten.restore(sound)
            try rotten.flipBit(0, ofByte: UInt64(place), in: ClinicMachine.file)
            let copy = try ClinicMachine(disk: rotten)
            // One of the places is the row's, which sums over values compare with the hub's.
            found += try copy.damage == ["frame 1"] ? 1 : 0
            try copy.clinic.close()
        }
        #expect(found == places.count - 1)
    }

    @Test(
        "A backup whose folder was synced outlives a power cut at that moment",
        arguments: 0..<10 as Range<UInt64>)
    func backup(seed: UInt64) throws {
        let disk = try SimulatedDisk(seed: seed)
        let machine = try ClinicMachine(disk: disk)
        try machine.register("kept")
        try machine.clinic.replica.store.copy(to: "/backup.sqlite")
        disk.syncFolder()
        disk.cutPower()
        try machine.clinic.close()
        try disk.restart()
        let copy = try NodeStore(
            path: disk.path("backup.sqlite"), schema: ClinicMachine.schema, cacheMegabytes: 4)
        #expect(try ClinicMachine.notes(copy) == ["kept"])
        try copy.close()
    }
}
