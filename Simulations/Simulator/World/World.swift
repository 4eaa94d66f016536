// A district in one process: the product's own hub and clinics, on files, in a world where only
// time, chance, the wire and the disk are made up, from one seed.
//
// Invariants: one thread; one queue of events; nothing is drawn but from the seed; no set or
// dictionary is iterated into anything that is traced or decided.

import Causality
import Hub
import Records
import Replica
import Sync

final class World {
    let options: Options
    let disks: Disks
    let hub: HubMachine
    let ledger = Ledger()
    let meter = Meter()
    /// Milliseconds since 1970, as nobody in the world knows them.
    private(set) var time = World.start
    private var queue = EventQueue()
    var machines: [ClinicMachine] = []
    var trace: Trace
    var patients: [RecordID] = []
    var faults: [Fault: Chance] = [:]
    var isHealing = false
    var calls = 0
    var names = 0
    /// What the hub is known to have committed, at the most, and to have backed up, by origin.
    var committed: [Origin: UInt64] = [:]
    var backedUp: [Origin: UInt64] = [:]
    /// What the hub should have ordered, by stamps that ran ahead.
    var ranks: [Stamp: HLC] = [:]
    /// When something new came to be at the hub.
    var hubChangedAt = World.start
    /// What was written after all faults, by patient: it must show.
    var late: [(patient: RecordID, text: Value)] = []
    /// Who was ever sent all patients of the district.
    var haveReadAll: Set<NodeID> = []
    /// The ids of review items, by what they are about: the same on every replica.
    var itemNames: [String: String] = [:]
    /// Which copy of a disk writes under an incarnation.
    var lives: [Incarnation: [UInt8]] = [:]
    /// What was in a compartment, by its sum.
    var contents: [ContentSum: UInt64] = [:]
    /// What is damaged just before the checks.
    var damage: Damage?

    static let start: UInt64 = 1_800_000_000_000

    init(_ options: Options, sink: ((String) -> Void)? = nil) throws {
        self.options = options
        trace = Trace(sink: sink)
        disks = Disks(seed: options.seed)
        var chance = Chance(seed: options.seed, "hub")
        let clock = MachineClock(.right, at: World.start)
        hub = HubMachine(
            store: try World.openHub(
                disks, options.hubVersion, HubMachine.firstIdentity,
                clock.reading(at: World.start), &chance),
            clock: clock, version: options.hubVersion, chance: chance)
        for fault in Fault.allCases {
            faults[fault] = Chance(seed: options.seed, "fault \(fault.rawValue)")
        }
    }

    /// Lets go of everything.
    func close() {
        // Nothing is kept: what stands in WALs need not be written into the files.
        for machine in machines where !machine.isGone { disks.cutPower(machine.name) }
        disks.cutPower(HubMachine.file)
        for machine in machines where !machine.isGone { try? machine.clinic.close() }
        try? hub.store.close()
        disks.close()
    }

    static func openHub(
        _ disks: Disks, _ version: ProductVersion, _ identity: [UInt8], _ now: ClockReading,
        _ chance: inout Chance
    ) throws -> HubStore {
        try HubStore(
            path: try disks.path(HubMachine.file), schema: version.schema, identity: identity,
            now: now, random: SplitMix64(seed: chance.number()),
            cacheMegabytes: World.cacheMegabytes)
    }

    static let cacheMegabytes = 4

    // MARK: Time

    func plan(after wait: UInt64, _ act: @escaping () throws -> Void) {
        queue.plan(at: time + wait, act)
    }

    /// Lets things happen up to a moment, or until `isOver`.
    func run(until end: UInt64, or isOver: () throws -> Bool = { false }) throws {
        while let next = queue.nextTime, next <= end {
            guard let event = queue.next() else { return }
            time = event.time
            try event.act()
            if try isOver() { return }
        }
        time = max(time, end)
    }

    func reading(_ machine: ClinicMachine) -> ClockReading { machine.clock.reading(at: time) }
    var hubReading: ClockReading { hub.clock.reading(at: time) }

    /// Draws from the stream of a fault.
    func draw<T>(_ fault: Fault, _ body: (inout Chance) -> T) -> T { body(&faults[fault]!) }

    func say(_ text: @autoclosure () -> String) {
        trace.add("\(Moment(time)) \(text())")
    }

    func newName(_ prefix: String) -> String {
        names += 1
        return "\(prefix)-\(names)"
    }
}

/// A moment of the world, as a person reads it: the day of the run, and the time of day.
struct Moment: CustomStringConvertible {
    let time: UInt64
    init(_ time: UInt64) { self.time = time }

    var description: String {
        let since = time - World.start
        func two(_ number: UInt64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let ms = since % 1000
        return "day \(since / Period.day + 1) \(two(since / Period.hour % 24)):"
            + "\(two(since / Period.minute % 60)):\(two(since / Period.second % 60))."
            + String(repeating: "0", count: ms < 10 ? 2 : ms < 100 ? 1 : 0) + "\(ms)"
    }
}
