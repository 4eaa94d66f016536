import Causality
import Foundation
import Hub
import Records
import Replica
import Sync

/// The real hub and two real clinics on files of their own. Time and chance are functions of what
/// each machine has done, so that steps which change places leave the same bytes.
final class SmallDistrict {
    final class Machine {
        let side: Side
        let node: NodeID
        var clinic: Clinic
        var identity: [UInt8]
        /// What it has done, for its clock.
        var ticks: UInt64 = 0
        var answer: (sent: Message, bytes: [UInt8])?
        var stick: (sent: Message, answer: [UInt8]?)?
        /// Which incarnation's frames have been given their numbers.
        var numbered: Incarnation
        var isPutBack = false

        init(_ side: Side, _ node: NodeID, _ clinic: Clinic, _ identity: [UInt8]) {
            self.side = side
            self.node = node
            self.clinic = clinic
            self.identity = identity
            numbered = clinic.incarnation
        }
    }

    /// What a clinic sent, as it must remember it.
    enum Message {
        case exchange(SentExchange)
        case chunk(ChunkRequest)
        case probe(ProbeRequest)

        var bytes: [UInt8] {
            switch self {
            case .exchange(let sent): sent.bytes
            case .chunk(let request): request.encoded()
            case .probe(let request): request.encoded()
            }
        }
    }

    static let start: UInt64 = 1_800_000_000_000

    let folder: String
    let patients: [RecordID]
    private(set) var hub: HubStore
    private(set) var machines: [Machine] = []
    private var hubTicks: UInt64 = 0
    private(set) var hubIsBack = false

    /// Opens the files in a folder.
    init(startingIn folder: String, nodes: [NodeID], patients: [RecordID]) throws {
        self.folder = folder
        self.patients = patients
        hub = try SmallDistrict.openHub(folder, seed: 2)
        for (side, node) in zip(Side.allCases, nodes) {
            let identity = [UInt8(side.rawValue)]
            machines.append(
                Machine(
                    side, node, try openClinic(side, node, identity, seed: 0), identity))
        }
    }

    /// A tick is short, so that a clinic which does much is not taken for one whose clock runs
    /// ahead.
    static func reading(_ ticks: UInt64) -> ClockReading {
        ClockReading(wall: start + 10 * ticks, monotonic: 10 * ticks)
    }

    static func openHub(
        _ folder: String, seed: UInt64, identity: [UInt8] = [0]
    ) throws -> HubStore {
        try HubStore(
            path: folder + "/hub.sqlite", schema: SmallSchema.schema, identity: identity,
            now: reading(0), random: SplitMix64(seed: seed), durability: .normal,
            cacheMegabytes: 2)
    }

    private func openClinic(
        _ side: Side, _ node: NodeID, _ identity: [UInt8], seed: UInt64
    ) throws -> Clinic {
        try Clinic(
            path: "\(folder)/\(Template.files[side.rawValue + 1])", schema: SmallSchema.schema,
            node: node, identity: identity, now: SmallDistrict.reading(0),
            random: SplitMix64(seed: 1000 * seed + UInt64(side.rawValue)), durability: .normal,
            cacheMegabytes: 2)
    }

    func close() throws {
        for machine in machines { try machine.clinic.close() }
        try hub.close()
    }

    subscript(side: Side) -> Machine { machines[side.rawValue] }

    private func now(_ machine: Machine) -> ClockReading {
        machine.ticks += 1
        return SmallDistrict.reading(machine.ticks)
    }

    func now(_ side: Side) -> ClockReading { SmallDistrict.reading(self[side].ticks) }

    // MARK: People

    /// Writes, and returns the stamp of what went in the care lane.
    @discardableResult
    func write(
        _ side: Side, purpose: String, _ body: (LocalTransaction) throws -> Void
    ) throws -> Stamp {
        let machine = self[side]
        try machine.clinic.write(purpose: purpose, at: now(machine), body)
        return Stamp(
            hlc: machine.clinic.hlc,
            origin: Origin(
                node: machine.node, incarnation: machine.clinic.incarnation, lane: .care))
    }

    /// B asks to hold a patient, or to leave it.
    ///
    /// - Parameter author: stands in the frame, by which it is known again.
    func ask(_ patient: RecordID, toHold wanted: Bool = true, author: String = "") throws {
        let machine = self[.b]
        try machine.clinic.ask(
            toHold: wanted, patient: patient, author: author, at: now(machine))
    }

    /// The stamps of what B asks of a patient now.
    func asks(_ patient: RecordID) throws -> [Stamp] {
        let (clinic, rule) = (self[.b].clinic, SmallSchema.schema.holders!)
        let key = RecordKey(entity: rule.holdEntity, id: rule.holdID(patient))
        return try clinic.replica.store.reading {
            let record = try clinic.replica.reader.record(key, in: .clinic(clinic.node))
            return record?.register(rule.holdWanted)?.siblings.map(\.stamp) ?? []
        }
    }

    // MARK: Messages

    /// What a clinic would send now: a probe of a fork before all, and state as long as any is
    /// being loaded, but not two chunks before an exchange.
    private func message(_ machine: Machine, chunks: Bool) throws -> Message {
        if let probe = try machine.clinic.probe() { return .probe(probe) }
        if chunks, let chunk = try machine.clinic.chunkRequest(limit: 1 << 16) {
            return .chunk(chunk)
        }
        return .exchange(
            try machine.clinic.exchange(
                pushBytes: 1 << 22, pulls: true, wait: 0, limit: 1 << 22, at: now(machine)))
    }

    private func answer(_ bytes: [UInt8], to machine: Machine) throws -> [UInt8]? {
        hubTicks += 1
        do {
            let reply = try hub.answer(
                bytes, from: machine.node, at: SmallDistrict.reading(hubTicks), mayWait: false)
            guard case .answer(let answer, _) = reply else { return nil }
            return answer
        } catch HubRefusal.notHeld {
            return nil
        }
    }

    private func take(_ answer: [UInt8], to sent: Message, _ machine: Machine) throws {
        switch sent {
        case .exchange(let exchange):
            _ = try machine.clinic.apply(answer, to: exchange, at: now(machine))
        case .chunk(let chunk): try machine.clinic.apply(answer, to: chunk)
        case .probe(let probe): try machine.clinic.apply(answer, to: probe)
        }
    }

    func send(_ side: Side) throws {
        let machine = self[side]
        // What a clinic asks for alternates: the state that it loads, then what is new.
        let sent = try message(machine, chunks: machine.ticks % 2 == 0)
        machine.answer = try answer(sent.bytes, to: machine).map { (sent, $0) }
    }

    func receive(_ side: Side) throws {
        let machine = self[side]
        guard let (sent, bytes) = machine.answer else { return }
        machine.answer = nil
        try take(bytes, to: sent, machine)
    }

    func lose(_ side: Side) { self[side].answer = nil }

    // MARK: Sticks

    func pack(_ side: Side) throws {
        let machine = self[side]
        machine.stick = (try message(machine, chunks: false), nil)
    }

    func carry(_ side: Side) throws {
        let machine = self[side]
        guard let stick = machine.stick else { return }
        machine.stick?.answer = try answer(stick.sent.bytes, to: machine)
    }

    func unpack(_ side: Side) throws {
        let machine = self[side]
        guard let stick = machine.stick, let answer = stick.answer else { return }
        try take(answer, to: stick.sent, machine)
    }

    // MARK: Disasters

    func putBack(_ side: Side, from template: Template, sameIdentity: Bool) throws {
        let machine = self[side]
        try machine.clinic.close()
        try template.copyFile(Template.files[side.rawValue + 1], to: folder)
        if !sameIdentity { machine.identity.append(1) }
        machine.clinic = try openClinic(side, machine.node, machine.identity, seed: 1)
        machine.numbered = machine.clinic.incarnation
        machine.answer = nil
        machine.isPutBack = true
    }

    func putHubBack(from template: Template) throws {
        try hub.close()
        try template.copyFile(Template.files[0], to: folder)
        hub = try SmallDistrict.openHub(folder, seed: 3, identity: [1])
        hubIsBack = true
    }

    // MARK: The end

    /// How many messages a clinic may send in its turn before it must be at rest, and how many
    /// turns there are. A patient that is loaded by itself takes one message, and every other
    /// message is for what is new.
    static let turnsAtMost = 8
    private var messagesAtMost: Int { 24 + 2 * patients.count }

    /// Faults stop. The clinics exchange in turns until both are at rest: nothing to send, to
    /// load, to probe or to read, and all sums compared.
    ///
    /// - Returns: how many messages it took, `nil` when it was more than they may take.
    func drain() throws -> Int? {
        var messages = 0
        for machine in machines { machine.answer = nil }
        for _ in 0..<SmallDistrict.turnsAtMost {
            for machine in machines { try drain(machine, &messages) }
            if try machines.allSatisfy(isAtRest) { return messages }
        }
        return nil
    }

    private func drain(_ machine: Machine, _ messages: inout Int) throws {
        for turn in 0..<messagesAtMost {
            let sent = try message(machine, chunks: turn % 2 == 0)
            messages += 1
            guard let answer = try answer(sent.bytes, to: machine) else { continue }
            try take(answer, to: sent, machine)
            if case .exchange(let exchange) = sent, exchange.request.frames.isEmpty,
                try isAtRest(machine)
            {
                return
            }
        }
    }

    private func isAtRest(_ machine: Machine) throws -> Bool { try unrest(machine) == nil }

    /// Why a clinic is not at rest.
    func unrest(_ machine: Machine) throws -> String? {
        let clinic = machine.clinic
        if clinic.hasPending { return "\(machine.side) has something to send" }
        if try clinic.probe() != nil { return "\(machine.side) has a fork to probe" }
        if try clinic.chunkRequest(limit: 1) != nil { return "\(machine.side) has state to load" }
        return isRead(machine) ? nil : "\(machine.side) has not compared all with the hub"
    }

    private func isRead(_ machine: Machine) -> Bool {
        FeedKind.allCases.filter { $0 != .district }.allSatisfy { kind in
            guard let comparison = machine.clinic.comparisons[kind] else { return false }
            let name = kind == .own ? FeedName(kind, machine.node) : FeedName(kind)
            return comparison.cursor.position == hub.feedPositions[name]
        }
    }
}
