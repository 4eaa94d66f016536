import Causality
import Disk
import Hub
import Records
import Replica
import Sync

/// Power that goes, at rest or in the middle of a write, and disks that are full or fail.
extension World {
    func crashSomebody() throws {
        guard let machine = somebody(.crash) else { return }
        let (isAtRest, changes) = draw(.crash) {
            ($0.comes(400), $0.within(1...60 as ClosedRange<UInt64>))
        }
        guard isAtRest else {
            // It goes amid one of the next writes.
            return disks.cutPower(machine.name, after: changes)
        }
        say("\(machine.name) loses power")
        disks.cutPower(machine.name)
        try restart(machine, isAtRest: true)
    }

    func crashHub() throws {
        let (isAtRest, changes) = draw(.hubCrash) {
            ($0.comes(400), $0.within(1...60 as ClosedRange<UInt64>))
        }
        guard isAtRest else { return disks.cutPower(HubMachine.file, after: changes) }
        say("the hub loses power")
        disks.cutPower(HubMachine.file)
        try? hub.store.close()
        try reopenHub()
    }

    /// Does something with a machine. Where its power goes meanwhile, it is started again.
    ///
    /// - Parameter isLook: whether it is the checkers that look, whom a failing disk spares.
    /// - Returns: whether it was done.
    @discardableResult
    func attempt(
        _ machine: ClinicMachine, isLook: Bool = false, _ body: () throws -> Void
    ) throws -> Bool {
        do {
            try failing(machine.name, machine.isFailing && !isLook, body)
            return true
        } catch let failure as StorageFailure {
            if disks.isOff(machine.name) {
                say("\(machine.name) loses power in the middle of a write")
                try restart(machine, isAtRest: false)
                return false
            }
            guard machine.isFull || machine.isFailing else { throw failure }
            machine.isDoubtful = machine.isDoubtful || machine.isFailing
            say("the disk of \(machine.name) \(machine.isFailing ? "fails" : "is full")")
            // What could not be read anew then is read now.
            try machine.replica.store.reading {}
            // Nothing of what failed may have stayed.
            try checkHeads(machine, isAtRest: true)
            return false
        }
    }

    /// The same with the hub.
    @discardableResult
    func attemptAtHub(_ body: () throws -> Void) throws -> Bool {
        do {
            try failing(HubMachine.file, hub.isFailing, body)
            return true
        } catch let failure as StorageFailure {
            if hub.isFailing, !disks.isOff(HubMachine.file) {
                say("the hub's disk fails")
                // What failed may be on the disk all the same, until something else takes its place.
                try? hub.store.node.transaction {
                    try hub.store.node.store.setMeta("failedAt", time)
                }
                if !disks.isOff(HubMachine.file) { return false }
            }
            guard disks.isOff(HubMachine.file) else { throw failure }
            say("the hub loses power in the middle of a write")
            try? hub.store.close()
            try reopenHub()
            return false
        }
    }

    /// - Parameter isAtRest: whether nothing was under way, so that everything must be as it was.
    func restart(_ machine: ClinicMachine, isAtRest: Bool) throws {
        let isAtRest = isAtRest && !machine.isDoubtful
        let (incarnation, hlc) = (machine.clinic.incarnation, machine.clinic.hlc)
        try? machine.clinic.close()
        disks.cutPower(machine.name, after: 0)
        // A database doesn't open where there is no room at all: somebody makes some first.
        makeRoom(machine)
        try reopen(machine)
        try checkHeads(machine, isAtRest: isAtRest)
        guard !isAtRest || machine.clinic.incarnation == incarnation && machine.clinic.hlc >= hlc
        else {
            throw Failure(
                .stamp, "\(machine.name) lost its incarnation or its clock with its power")
        }
        try noteOwnFrames(machine)
        try checkStatus(machine)
        wakeBoth(machine, after: 30 * Period.second)
    }

    /// What was confirmed is on the disk.
    private func checkHeads(_ machine: ClinicMachine, isAtRest: Bool) throws {
        for origin in machine.known.keys.sorted() {
            let (head, known) = (
                machine.replica.head(origin)?.sequence ?? 0, machine.known[origin] ?? 0
            )
            if head == known || !isAtRest && head > known { continue }
            // What is issued again leaves its place: the ledger is asked whether it came back.
            if !isAtRest, head < known, machine.wasCut(origin) { continue }
            throw Failure(
                .lost, "\(machine.name) has \(head) frames of \(origin), and confirmed \(known)")
        }
    }

    // MARK: Room

    func fillSomebodysDisk() {
        guard let machine = somebody(.full), !machine.isFull else { return }
        let (room, wait) = draw(.full) {
            ($0.pick([0, 8192, 100_000] as [UInt64]), $0.wait(mean: 2 * Period.hour))
        }
        machine.isFull = true
        disks.leaveRoom(machine.name, room)
        say("the disk of \(machine.name) has \(room) bytes left")
        plan(after: wait) { [unowned self] in makeRoom(machine) }
    }

    func makeRoom(_ machine: ClinicMachine) {
        guard machine.isFull else { return }
        machine.isFull = false
        disks.leaveRoom(machine.name, nil)
        say("the disk of \(machine.name) has room again")
        wakeBoth(machine)
    }

    // MARK: Errors

    func failSomebodysDisk() {
        let (isHub, wait) = draw(.ioError) { ($0.comes(300), $0.wait(mean: 2 * Period.hour)) }
        if isHub {
            hub.isFailing = true
            say("the hub's disk begins to fail")
            return plan(after: wait) { [unowned self] in hub.isFailing = false }
        }
        guard let machine = somebody(.ioError) else { return }
        machine.isFailing = true
        say("the disk of \(machine.name) begins to fail")
        plan(after: wait) { machine.isFailing = false }
    }

    /// Does something on a disk of which, while it fails, every other time one operation goes wrong.
    private func failing(_ disk: String, _ isFailing: Bool, _ body: () throws -> Void) throws {
        guard isFailing else { return try body() }
        let (comes, operation, count) = draw(.ioError) {
            (
                $0.comes(500), $0.pick(SimulatedDisk.Operation.allCases),
                $0.pick([1, 1, 2, 3, 5, 8, 20] as [UInt64])
            )
        }
        guard comes else { return try body() }
        disks.fail(disk, operation, after: count)
        defer { disks.heal(disk) }
        try body()
    }
}
