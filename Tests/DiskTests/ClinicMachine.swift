import Causality
import Disk
import Records
import Replica
import Sync

/// A clinic's replica on a simulated disk.
final class ClinicMachine {
    static let schema = Schema(
        [
            Entity(
                1, "pat", in: .patient, isRoot: true,
                [Unit(1, "note", .text), Unit(2, "registrar", .text), Unit(3, "home", .reference)]),
            Entity(
                2, "hold", in: .clinic, [Unit(1, "target", .text), Unit(2, "wanted", .boolean)]),
        ],
        holders: HolderRule(
            root: 1, nodeUnits: [2], organizationUnits: [3], holdEntity: 2, holdTarget: 1,
            holdWanted: 2))

    static let node = NodeID(rawValue: 77)
    static let file = "clinic.sqlite"

    let disk: SimulatedDisk
    let node: NodeID
    private(set) var clinic: Clinic
    private var random: SplitMix64
    private(set) var time: UInt64 = 1_800_000_000_000

    init(disk: SimulatedDisk, node: NodeID = ClinicMachine.node, seed: UInt64 = 1) throws {
        self.disk = disk
        self.node = node
        random = SplitMix64(seed: seed)
        clinic = try ClinicMachine.open(disk, node, SplitMix64(seed: random.next()))
    }

    private static func open(
        _ disk: SimulatedDisk, _ node: NodeID, _ random: SplitMix64
    ) throws -> Clinic {
        try Clinic(
            path: disk.path(file), schema: schema, node: node, identity: [1],
            now: ClockReading(wall: 1_800_000_000_000, monotonic: 0), random: random,
            cacheMegabytes: 4)
    }

    /// A disk with a replica that was made and closed.
    static func image() throws -> DiskImage {
        let disk = try SimulatedDisk(seed: 0)
        try ClinicMachine(disk: disk).clinic.close()
        return disk.image
    }

    var clock: ClockReading {
        ClockReading(wall: time, monotonic: time - 1_800_000_000_000)
    }

    @discardableResult
    func register(_ note: String) throws -> RecordID {
        time += 1000
        let id = RecordID(using: &random)
        try clinic.write(author: "Practitioner/1", at: clock) { transaction in
            try transaction.create(
                RecordKey(entity: 1, id: id), in: .patient(id),
                [(1, .text(note)), (2, .text(node.description))])
        }
        return id
    }

    func edit(_ id: RecordID, _ note: String) throws {
        time += 1000
        try clinic.write(author: "Practitioner/1", at: clock) { transaction in
            try transaction.put(RecordKey(entity: 1, id: id), in: .patient(id), [(1, .text(note))])
        }
    }

    /// Closes what is open, whatever state the disk is in, and opens it again.
    func reopen() throws {
        try clinic.close()
        if disk.isOff { try disk.restart() }
        clinic = try ClinicMachine.open(disk, node, SplitMix64(seed: random.next()))
    }

    /// The notes of all patients, in the order of their rows.
    var notes: [String] {
        get throws { try ClinicMachine.notes(clinic.replica) }
    }

    static func notes(_ replica: NodeStore) throws -> [String] {
        try replica.store.reading {
            try replica.store.rows("SELECT note FROM pat ORDER BY _key") { $0.text(0) }
        }
    }

    /// What SQLite and the log's chain say of the file; empty where all is sound.
    var damage: [String] {
        get throws {
            let replica = clinic.replica
            return try replica.store.reading {
                var found = try replica.store.rows("PRAGMA integrity_check") { $0.text(0) }
                found.removeAll { $0 == "ok" }
                return found + (try replica.damagedFrames().map { "frame \($0.sequence)" })
            }
        }
    }
}
