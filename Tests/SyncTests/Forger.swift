import Causality
import Hub
import Records
import Replica
import Sync

/// An enrolled clinic that makes its messages by hand, with a log and a chain of its own.
struct Forger {
    let machine: World.Machine
    var origin: Origin
    var sequence: UInt64 = 0
    var hash = FrameHash.zero
    private var hlc: HLC
    private var random = SplitMix64(seed: 99)

    init(_ world: World, _ machine: World.Machine, lane: Lane = .care) {
        self.machine = machine
        origin = Origin(
            node: machine.clinic.node, incarnation: Incarnation(rawValue: 4711), lane: lane)
        hlc = HLC(milliseconds: world.time)
    }

    /// A change set that writes one text unit.
    static func set(
        _ key: RecordKey, in compartment: Compartment, _ unit: UInt8 = 1, _ value: Value
    ) -> ChangeSet {
        let write = UnitWrite(unit: unit, value: value)
        return ChangeSet(
            compartment: compartment, changes: [Change(key: key, units: [write])])
    }

    static func note(_ patient: RecordID, _ text: String) -> ChangeSet {
        set(RecordKey(entity: 1, id: patient), in: .patient(patient), 1, .text(text))
    }

    /// The next frame of the chain, with the bytes of its change sets as `change` leaves them.
    mutating func frame(
        _ sets: [ChangeSet], origin other: Origin? = nil, sequence given: UInt64? = nil,
        change: ([UInt8]) -> [UInt8] = { $0 }
    ) -> Frame {
        hlc = HLC(rawValue: hlc.rawValue + 1)
        let origin = other ?? origin
        let header = FrameHeader(
            origin: origin, sequence: given ?? sequence + 1, hlc: hlc, quality: .measured)
        let stamp = Stamp(hlc: hlc, origin: origin)
        return Frame(
            header: header, salt: Salt(using: &random),
            changeSets: sets.map { change($0.encoded(stamp: stamp)) })
    }

    /// Takes a frame for the head of the chain.
    mutating func follow(_ frame: Frame) {
        sequence = frame.header.sequence
        hash = frame.hash(after: hash)
    }

    func request(
        _ frames: [Frame], base: ExchangeRequest.Head.Base? = nil,
        heads: [ExchangeRequest.Head]? = nil, pulls: [ExchangeRequest.Pull] = [],
        wall: UInt64 = 1_800_000_000_000, limit: UInt64 = 1 << 20
    ) -> ExchangeRequest {
        let head = ExchangeRequest.Head(
            incarnation: origin.incarnation, lane: origin.lane,
            sequence: sequence + UInt64(frames.count), hash: 1, backedUp: 0,
            base: base ?? ExchangeRequest.Head.Base(sequence: sequence, hash: hash.prefix))
        return ExchangeRequest(
            node: machine.clinic.node, wall: wall, epoch: 0, limit: limit, heads: heads ?? [head],
            pulls: pulls,
            frames: frames)
    }

    /// Sends frames that follow the chain.
    @discardableResult
    mutating func push(_ frames: [Frame], to world: World) throws -> UInt64? {
        _ = try world.answer(request(frames).encoded(), to: machine)
        for frame in frames { follow(frame) }
        return world.hub.node.head(origin)?.sequence
    }
}
