import Causality
import Foundation
import Records
import Replica

/// A frame on its way, with what its log says of it.
struct Parcel {
    var number: Int
    var frame: Frame
    var hash: FrameHash
    var previous: FrameHash

    var stamp: Stamp { frame.header.stamp }
}

/// How the replicas' clocks and names stand to one another: it decides who wins.
package enum ClockCase: String, CaseIterable, Sendable {
    /// Equal clocks that adopt what they hear: concurrent writes have one reading, and the name
    /// decides. Who writes first has the lowest.
    case equal
    /// The first to write has the highest name and a clock an hour ahead; nobody adopts anything.
    case ahead

    func node(_ author: Int) -> NodeID {
        NodeID(rawValue: UInt64(self == .equal ? author + 1 : 9 - author))
    }

    func now(_ author: Int) -> UInt64 {
        1_800_000_000_000 + (self == .ahead && author == 0 ? 3_600_000 : 0)
    }
}

/// The real store and the real merging, whose steps can be taken back.
final class TrialReplica {
    static let patient = RecordID("6f2b5a0c-3f0e-4d5e-9c51-8a1d7e3b2a10")

    let node: NodeStore
    private let folder: String
    /// The sum as it is kept up, change by change.
    private(set) var sum = ContentSum()

    private struct TakenBack: Error {}

    init() throws {
        folder = try TrialFolder.make("orders")
        node = try NodeStore(
            path: folder + "/trial.sqlite", schema: SmallSchema.schema, durability: .normal,
            cacheMegabytes: 4)
        node.account = { [unowned self] applied, _ in sum += applied.delta }
    }

    func remove() {
        try? node.close()
        TrialFolder.remove(folder)
    }

    /// Does something, and takes it back.
    func trying(_ body: () throws -> Void) throws {
        let before = sum
        do {
            try node.savepoint {
                try body()
                throw TakenBack()
            }
        } catch is TakenBack {}
        sum = before
    }

    func receive(_ parcel: Parcel) throws {
        try node.append(parcel.frame, hash: parcel.hash, previous: parcel.previous)
        try node.apply(parcel.frame)
    }

    /// Whether the log has a frame, byte for byte, so that it isn't applied again.
    func has(_ parcel: Parcel) throws -> Bool {
        let header = parcel.frame.header
        return try node.log.entry(header.origin, header.sequence)?.frame == parcel.frame
    }

    /// Performs an act. Returns the frames that it made.
    func perform(_ act: Act, _ clock: ClockCase, after heard: HLC) throws -> [Parcel] {
        let incarnation = Incarnation(rawValue: 7)
        let author = Authorship(
            node: clock.node(act.author), incarnation: incarnation, hlc: heard,
            now: clock.now(act.author), quality: .unmeasured)
        var salts = SplitMix64(seed: UInt64(act.first))
        let origins = Lane.allCases.map {
            Origin(node: author.node, incarnation: incarnation, lane: $0)
        }
        let before = origins.map { node.head($0) }
        _ = try node.write(as: author, salts: &salts) { transaction in
            try act.deed.perform(act.first, on: TrialReplica.patient, transaction)
        }
        var parcels: [Parcel] = []
        for (origin, head) in zip(origins, before) {
            try node.log.forEach(origin, after: head?.sequence ?? 0) { entry in
                parcels.append(
                    Parcel(
                        number: act.first + parcels.count, frame: entry.frame, hash: entry.hash,
                        previous: head?.hash ?? .zero))
                return true
            }
        }
        return parcels
    }
}

/// Folders of trials: in memory where the system has such a place, since none of it is about the
/// disk.
enum TrialFolder {
    static func make(_ name: String) throws -> String {
        let memory = "/dev/shm/"
        let isThere = FileManager.default.isWritableFile(atPath: memory)
        let parent = isThere ? memory : NSTemporaryDirectory()
        let path = parent + "exhaustive-\(name)-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    static func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
}
