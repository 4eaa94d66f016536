import Causality
import Records
import Replica
import Sync

/// A clinic of a light district: its replica, its session, and the habits of its people.
final class LightClinic {
    let name: String
    let disk: String
    let index: Int
    let clinic: Clinic
    var session: ClinicSession
    var chance: Chance
    /// The patients whom it holds, and those who were registered elsewhere and are on their way.
    private var patients: [RecordID] = []
    private var expected: [RecordID] = []
    private var writes = 0

    /// Patients that it registers at the most.
    private static let most = 40
    /// Of a thousand patients, how many another clinic treats as well.
    private static let shared = 100

    init(
        name: String, disk: String, index: Int, clinic: Clinic, chance: Chance, idle: UInt64
    ) {
        self.name = name
        self.disk = disk
        self.index = index
        self.clinic = clinic
        self.chance = chance
        session = ClinicSession(limits: ClinicSession.Limits(longPoll: 0, idle: idle))
    }

    /// One edit, as a person makes it: the kinds are those of the simulated districts, but only the
    /// district's office, at the first clinic, changes what is shared by all.
    ///
    /// - Parameter other: who treats a patient as well, should a new one be shared.
    func write(at now: ClockReading, sharing other: LightClinic?) throws {
        typealias Number = SimulatedSchema.Number
        writes += 1
        guard let known = patients.isEmpty ? nil : chance.pick(patients),
            patients.count >= LightClinic.most || !chance.comes(200)
        else { return try register(at: now, sharing: other) }
        let record = Compartment.patient(known)
        let own = Compartment.clinic(clinic.node)
        let root = RecordKey(entity: Number.patient, id: known)
        switch chance.below(12) {
        case 0...3: try put(root, record, UInt8(chance.within(1...3)), text, now)
        case 4: try put(child(Number.name), record, 1, text, now)
        case 5: try put(child(Number.document), record, 1, text, now)
        case 6:
            let severity = chance.pick(SimulatedSchema.severities)
            try put(child(Number.document), record, 2, .group([.text(severity), text]), now)
        case 7:
            let status = chance.pick(SimulatedSchema.statuses)
            try put(child(Number.appointment), own, 1, .group([.text(status), text]), now)
        case 8:
            let payment = RecordKey(entity: Number.payment, id: RecordID(using: &chance))
            try put(payment, own, 1, text, now)
        case 9: try put(child(Number.scan), record, 1, text, now)
        case 10 where index == 0: try put(child(Number.price), .reference, 1, text, now)
        case 10: try put(child(Number.token), record, 1, text, now)
        default:
            let name = child(Number.name)
            try clinic.write(author: author, at: now) { try $0.delete(name, in: record) }
        }
    }

    private func register(at now: ClockReading, sharing other: LightClinic?) throws {
        typealias Number = SimulatedSchema.Number
        let id = RecordID(using: &chance)
        var units: [(UInt8, Value)] = [
            (1, text), (2, text), (3, text), (Number.registrar, .text(clinic.node.description)),
        ]
        if let other, chance.comes(LightClinic.shared) {
            units.append((Number.home, .text("Organization/\(other.name)")))
            other.expected.append(id)
        }
        try clinic.write(author: author, at: now) { transaction in
            try transaction.create(
                RecordKey(entity: Number.patient, id: id), in: .patient(id), units)
        }
        patients.append(id)
    }

    /// Patients who were expected are here.
    func welcome() throws {
        guard !expected.isEmpty else { return }
        let here = try clinic.replica.store.reading {
            try expected.filter { id in
                let root = RecordKey(entity: SimulatedSchema.Number.patient, id: id)
                return try clinic.replica.reader.record(root, in: .patient(id)) != nil
            }
        }
        patients += here
        expected.removeAll(where: here.contains)
    }

    private func put(
        _ key: RecordKey, _ compartment: Compartment, _ unit: UInt8, _ value: Value,
        _ now: ClockReading
    ) throws {
        try clinic.write(author: author, at: now) {
            try $0.put(key, in: compartment, [(unit, value)])
        }
    }

    private var author: String { "Practitioner/\(index % 10)" }
    private var text: Value { .text("what was found at visit \(writes)") }

    /// One of few children.
    private func child(_ entity: UInt16) -> RecordKey {
        RecordKey(entity: entity, id: RecordID("r\(chance.below(3))"))
    }
}
