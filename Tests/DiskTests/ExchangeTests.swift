import Causality
import Disk
import Hub
import Records
import Replica
import Sync
import Testing

@Suite("An exchange over disks that stop")
struct ExchangeTests {
    /// A hub and a clinic that it has entered, each on a disk of its own.
    private struct Pair {
        static let now = ClockReading(wall: 1_800_000_000_000, monotonic: 0)
        let hubDisk: SimulatedDisk
        var hub: HubStore
        let machine: ClinicMachine

        init(seed: UInt64) throws {
            hubDisk = try SimulatedDisk(seed: seed)
            hub = try Pair.open(hubDisk)
            let clinic = try hub.add(
                "kisumu", scope: .own, organization: "kisumu", codeID: [1, 2, 3, 4, 5, 6, 7, 8],
                verifier: [1], at: Pair.now)
            _ = try hub.enrol(
                codeID: [1, 2, 3, 4, 5, 6, 7, 8], request: "request", at: Pair.now,
                verify: { _ in true }, sign: { $1 })
            machine = try ClinicMachine(
                disk: SimulatedDisk(seed: seed &+ 1), node: clinic.node, seed: seed)
        }

        static func open(_ disk: SimulatedDisk) throws -> HubStore {
            try HubStore(
                path: disk.path("hub.sqlite"), schema: ClinicMachine.schema, identity: [0],
                now: now, random: SplitMix64(seed: 5), cacheMegabytes: 4)
        }

        func exchange() throws {
            let sent = try machine.clinic.exchange(
                pushBytes: 1 << 20, pulls: true, wait: 0, limit: 1 << 20, at: machine.clock)
            guard
                case .answer(let answer, _) = try hub.answer(
                    sent.bytes, from: machine.node, at: machine.clock, mayWait: false)
            else { return }
            _ = try machine.clinic.apply(answer, to: sent, at: machine.clock)
        }

        mutating func recover() throws {
            if hubDisk.isOff {
                try hub.close()
                try hubDisk.restart()
                hub = try Pair.open(hubDisk)
            }
            if machine.disk.isOff { try machine.reopen() }
        }

        func close() throws {
            try hub.close()
            try machine.clinic.close()
        }
    }

    @Test("An exchange that brings nothing changes nothing on the clinic's disk for a minute")
    func idle() throws {
        let pair = try Pair(seed: 9)
        try pair.machine.register("note")
        for _ in 0..<3 { try pair.exchange() }
        let before = pair.machine.disk.counters.changes
        for _ in 0..<20 { try pair.exchange() }
        #expect(pair.machine.disk.counters.changes == before)
        try pair.machine.register("another")
        #expect(pair.machine.disk.counters.changes > before)
        try pair.close()
    }

    @Test(
        "Whichever side stops at whatever change, the next exchange ends with both equal",
        arguments: [true, false])
    func crashes(isHub: Bool) throws {
        var crashes = 0
        for change in 1...80 as ClosedRange<UInt64> {
            var pair = try Pair(seed: change)
            for n in 1...3 { try pair.machine.register("note \(n)") }
            (isHub ? pair.hubDisk : pair.machine.disk).cutPower(after: change)
            let first = Result { try pair.exchange() }
            if case .failure(let error) = first {
                #expect(error is StorageFailure)
                crashes += 1
            }
            for disk in [pair.hubDisk, pair.machine.disk] { disk.cutPower(after: 0) }
            try pair.recover()
            for _ in 0..<3 { try pair.exchange() }
            let notes = ["note 1", "note 2", "note 3"]
            #expect(try ClinicMachine.notes(pair.hub.node) == notes)
            #expect(try pair.machine.notes == notes)
            #expect(pair.machine.clinic.comparisons[.own]?.isEqual == true)
            #expect(try pair.machine.damage == [])
            try pair.close()
        }
        #expect(crashes > 10)
    }
}
