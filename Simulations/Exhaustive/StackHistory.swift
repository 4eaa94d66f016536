import Causality
import Hub
import Records
import Replica
import Sync

/// One history of a small district, or of several patients side by side in one, and what the plain
/// model makes of it.
final class StackHistory {
    /// Two disasters at once, of the hub and of the only disk with a write: it is kept out.
    struct KeptOut: Error {}

    let template: Template
    let district: SmallDistrict
    var models: [PlainModel]
    private(set) var steps: [(step: Step, patient: Int)] = []
    /// Every name that a write ever had.
    var numbers: [Stamp: Int]
    /// The patient of each number.
    var owners: [Int]
    /// What B asked of a patient, and which of its asks it had before its eyes.
    struct Ask {
        var number: Int
        var wanted: Bool
        var replaces: Set<Int>
    }
    var asks: [Int: [Ask]] = [:]
    var confirmed: Set<Int> = []
    var lost: Set<Int> = []
    /// Whatever any life of the hub had.
    private var ever: Set<Int> = []
    private var scanned: Int64 = 0
    /// Frames that each clinic has made in this history.
    var made = [0, 0]
    var madeBefore: [UInt64] = []
    let planted: Planted

    init(_ template: Template, _ planted: Planted = Planted()) throws {
        self.template = template
        self.planted = planted
        district = try SmallDistrict(
            startingIn: template.copy(), nodes: template.nodes, patients: template.patients)
        numbers = template.numbers
        owners = Array(template.patients.indices)
        models = [PlainModel](repeating: PlainModel(), count: template.patients.count)
        for write in template.registrations { models[write.number].writes.append(write) }
        for patient in models.indices { models[patient].wrong = planted.wrong }
        confirmed = Set(owners)
        try scanHub()
        madeBefore = try Side.allCases.map {
            try district[$0].clinic.standing(at: district.now($0)).written
        }
    }

    func remove() {
        try? district.close()
        TrialFolder.remove(district.folder)
    }

    var story: String {
        let many = template.patients.count > 1
        let told = steps.map { step, patient in
            "\(step)" + (many && step.isOfPeople ? " (patient \(patient))" : "")
        }
        return (template.isHeld ? "B holds the patient" : "B does not hold the patient") + ": "
            + told.joined(separator: ", ")
    }

    // MARK: Steps

    func perform(_ step: Step, patient: Int = 0) throws {
        steps.append((step, patient))
        switch step {
        case .write, .child, .both, .delete:
            if let (side, deed) = step.deed { try perform(deed, side, patient) }
        case .join: try ask(patient, toHold: true)
        case .leave: try ask(patient, toHold: false)
        case .send(let side):
            try district.send(side)
            try scanHub()
        case .receive(let side): try district.receive(side)
        case .lose(let side): district.lose(side)
        case .pack(let side): try district.pack(side)
        case .carry(let side):
            try district.carry(side)
            try scanHub()
        case .unpack(let side): try district.unpack(side)
        case .restore(let side): try putBack(side, sameIdentity: false)
        case .rollBack(let side): try putBack(side, sameIdentity: true)
        case .hubBack: try putHubBack()
        }
        for side in Side.allCases { try nameAgain(side) }
    }

    private func perform(_ deed: Deed, _ side: Side, _ patient: Int) throws {
        let first = owners.count
        let clinic = district[side].clinic
        let seen = try seen(by: clinic.replica, patient)
        let before = clinic.hlc
        let stamp = try district.write(side, purpose: "w\(first)") { transaction in
            try deed.perform(first, on: template.patients[patient], transaction)
        }
        guard clinic.hlc != before else { return }
        models[patient].writes += deed.writes(first, seen)
        for number in first..<first + deed.frames {
            owners.append(patient)
            confirmed.insert(number)
        }
        numbers[stamp] = first
        if deed.frames == 2 {
            let origin = Origin(
                node: stamp.origin.node, incarnation: stamp.origin.incarnation,
                lane: .administration)
            numbers[Stamp(hlc: stamp.hlc, origin: origin)] = first + 1
        }
        made[side.rawValue] += deed.frames
    }

    private func ask(_ patient: Int, toHold wanted: Bool) throws {
        let number = owners.count
        // What was asked before the history has no number, and every ask replaces it.
        let before = try district.asks(template.patients[patient]).compactMap { numbers[$0] }
        try district.ask(template.patients[patient], toHold: wanted, author: "w\(number)")
        let clinic = district[.b].clinic
        let origin = Origin(node: clinic.node, incarnation: clinic.incarnation, lane: .care)
        numbers[Stamp(hlc: clinic.hlc, origin: origin)] = number
        owners.append(patient)
        confirmed.insert(number)
        asks[patient, default: []].append(
            Ask(number: number, wanted: wanted, replaces: Set(before)))
        made[Side.b.rawValue] += 1
    }

    /// What stands before an author's eyes.
    private func seen(by node: NodeStore, _ patient: Int) throws -> Seen {
        var seen = Seen()
        try node.store.reading {
            guard let root = try node.tables.root(.patient(template.patients[patient])) else {
                return
            }
            for record in try node.reader.records(of: root) {
                guard let name = PlainRecord(rawValue: record.key.entity) else { continue }
                for (unit, register) in record.registers where !register.siblings.isEmpty {
                    seen.numbers[name, default: [:]][unit] = Set(
                        try register.siblings.map { try number($0.stamp, "a clinic") })
                }
            }
        }
        seen.read(models[patient])
        return seen
    }

    func number(_ stamp: Stamp, _ place: String) throws -> Int {
        guard let number = numbers[stamp] else {
            throw disagreement("\(place) has a stamp that no write has: \(stamp)")
        }
        return number
    }

    func disagreement(_ found: String) -> Disagreement {
        Disagreement(history: story, found: found)
    }

    // MARK: Names

    /// The number of a frame's writes: authors say it, and a write that is issued again keeps its
    /// author's words.
    private static func number(_ header: FrameHeader) -> Int? {
        let words = header.purpose == "hold" ? header.author : header.purpose
        guard words.hasPrefix("w"), let first = Int(words.dropFirst()) else { return nil }
        return first + (header.origin.lane == .administration ? 1 : 0)
    }

    /// After a fork a clinic gives what it issues again new names.
    func nameAgain(_ side: Side) throws {
        let machine = district[side]
        guard machine.numbered != machine.clinic.incarnation else { return }
        machine.numbered = machine.clinic.incarnation
        for (stamp, number) in try written(machine.clinic.replica, by: machine.node) {
            numbers[stamp] = number
        }
    }

    /// The frames of a log, by number; all of them, or those of one author.
    func written(
        _ node: NodeStore, by author: NodeID? = nil, after position: Int64 = 0
    ) throws -> [(Stamp, Int)] {
        var all: [(Stamp, Int)] = []
        try node.store.reading {
            try node.log.forEach(after: position) { entry in
                let header = entry.frame.header
                if author == nil || header.origin.node == author,
                    let number = StackHistory.number(header)
                {
                    all.append((header.stamp, number))
                }
                return true
            }
        }
        return all
    }

    private func scanHub() throws {
        let node = district.hub.node
        ever.formUnion(try written(node, after: scanned).map(\.1))
        scanned = try node.store.reading {
            Int64(try node.store.count("SELECT coalesce(max(pos), 0) FROM _log"))
        }
    }

    // MARK: Disasters

    private func putBack(_ side: Side, sameIdentity: Bool) throws {
        let gone = Set(try written(district[side].clinic.replica).map(\.1))
        let atHub = Set(try written(district.hub.node).map(\.1))
        let other = district.machines.first { $0.side != side }!
        let kept = atHub.union(try written(other.clinic.replica).map(\.1))
            .union(template.patients.indices)
        let missing = gone.subtracting(kept)
        guard missing.isDisjoint(with: ever) else { throw KeptOut() }
        if sameIdentity, !gone.intersection(ever).isSubset(of: atHub) { throw KeptOut() }
        lost.formUnion(missing)
        try district.putBack(side, from: template, sameIdentity: sameIdentity)
    }

    private func putHubBack() throws {
        var kept = Set(template.patients.indices)
        for machine in district.machines {
            kept.formUnion(try written(machine.clinic.replica, by: machine.node).map(\.1))
        }
        guard ever.isSubset(of: kept) else { throw KeptOut() }
        try district.putHubBack(from: template)
        scanned = 0
    }
}
