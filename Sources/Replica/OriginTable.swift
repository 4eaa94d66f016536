import Causality
import Records

/// The origins that this database has met, each with a small number that stands for it in rows,
/// and the head of its log here.
///
/// A number takes three bytes in a row; 16 million origins are more than any district will have.
final class OriginTable {
    /// The head of an origin's log, and how far the hub has it.
    struct Head: Equatable {
        var sequence: UInt64 = 0
        var hlc = HLC.zero
        var hash = FrameHash.zero
        /// The hub has committed up to here.
        var acknowledged: UInt64 = 0
        /// Up to here it has outlived a backup of the hub.
        var backedUp: UInt64 = 0
    }

    private let store: Store
    private(set) var origins: [Origin] = []
    private(set) var sumHashes: [UInt64] = []
    private var heads: [Head] = []
    private var numbers: [Origin: Int32] = [:]
    /// The origin asked for last: a frame's change sets all ask for its own.
    private var last: (origin: Origin, number: Int32)?

    static let table = """
        CREATE TABLE IF NOT EXISTS _origin (
            num INTEGER PRIMARY KEY, node INTEGER NOT NULL, incarnation INTEGER NOT NULL,
            lane INTEGER NOT NULL, seq INTEGER NOT NULL, hlc INTEGER NOT NULL, head BLOB NOT NULL,
            acknowledged INTEGER NOT NULL, backedUp INTEGER NOT NULL,
            UNIQUE (node, incarnation, lane))
        """

    init(_ store: Store) throws {
        self.store = store
        try load()
    }

    /// Reads the table anew: at opening, and after a transaction was undone.
    func load() throws {
        (origins, sumHashes, heads, numbers, last) = ([], [], [], [:], nil)
        let select = try store.statement("SELECT * FROM _origin ORDER BY num")
        while try select.step() {
            guard let lane = Lane(rawValue: UInt8(truncatingIfNeeded: select.integer(3))),
                let hash = FrameHash(bytes: select.bytes(6)), select.integer(0) == origins.count
            else { throw StorageFailure(code: 11, message: "table _origin") }
            let origin = Origin(
                node: NodeID(rawValue: select.unsigned(1)),
                incarnation: Incarnation(rawValue: select.unsigned(2)), lane: lane)
            numbers[origin] = Int32(origins.count)
            origins.append(origin)
            sumHashes.append(origin.sumHash)
            heads.append(
                Head(
                    sequence: select.unsigned(4), hlc: HLC(rawValue: select.unsigned(5)),
                    hash: hash, acknowledged: select.unsigned(7), backedUp: select.unsigned(8)))
        }
    }

    func known(_ origin: Origin) -> Int32? { numbers[origin] }

    /// The origin's number, given now if it is new.
    func number(_ origin: Origin) throws -> Int32 {
        if let last, last.origin == origin { return last.number }
        if let known = numbers[origin] {
            last = (origin, known)
            return known
        }
        let number = Int32(origins.count)
        guard number < 1 << 24 else {
            throw StorageFailure(code: 13, message: "more origins than a row can name")
        }
        let insert = try store.statement(
            "INSERT INTO _origin VALUES (?, ?, ?, ?, 0, 0, zeroblob(32), 0, 0)")
        insert.bind(1, Int64(number))
        insert.bind(2, origin.node.rawValue)
        insert.bind(3, origin.incarnation.rawValue)
        insert.bind(4, Int64(origin.lane.rawValue))
        try insert.run()
        numbers[origin] = number
        origins.append(origin)
        sumHashes.append(origin.sumHash)
        heads.append(Head())
        return number
    }

    /// The origins of a node that have frames or a head here, ascending.
    func origins(of node: NodeID) -> [Origin] {
        var own: [Origin] = []
        for (number, origin) in origins.enumerated()
        where origin.node == node && heads[number].sequence > 0 {
            own.append(origin)
        }
        return own.sorted()
    }

    /// Whether the hub lacks frames of a node that are here.
    func hasUnacknowledged(of node: NodeID) -> Bool {
        zip(origins, heads).contains { $0.node == node && $1.acknowledged < $1.sequence }
    }

    func head(_ number: Int32) -> Head { heads[Int(number)] }
    func head(_ origin: Origin) -> Head? { numbers[origin].map { heads[Int($0)] } }

    func setHead(_ number: Int32, _ head: Head) throws {
        let update = try store.statement(
            """
            UPDATE _origin SET seq = ?, hlc = ?, head = ?, acknowledged = ?, backedUp = ? \
            WHERE num = ?
            """)
        update.bind(1, head.sequence)
        update.bind(2, head.hlc.rawValue)
        update.bind(3, head.hash.bytes)
        update.bind(4, head.acknowledged)
        update.bind(5, head.backedUp)
        update.bind(6, Int64(number))
        try update.run()
        heads[Int(number)] = head
    }

    func stamp(_ local: LocalStamp) -> Stamp {
        Stamp(hlc: local.hlc, origin: origins[Int(local.origin)])
    }

    func local(_ stamp: Stamp) throws -> LocalStamp {
        LocalStamp(hlc: stamp.hlc, origin: try number(stamp.origin))
    }
}
