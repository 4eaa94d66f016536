import Causality
import Records

/// Tells whether a stamp's write has arrived here, so that only stamps which may still come are
/// remembered as replaced.
///
/// It has when the log holds its whole frame, in a form that this version reads and that is not
/// parked. After a chunk of state has replaced what was applied, what stood in the log before it
/// counts for nothing: it may come again. Where it is not sure, the answer is no, and a stamp is
/// remembered for nothing.
final class Arrivals {
    private let store: Store
    private let origins: OriginTable
    /// Whether a frame of the log waits to be applied: asked of who keeps such frames.
    var isParked: (Origin, UInt64) throws -> Bool = { _, _ in false }
    /// The position in the log up to which content may have been replaced by state.
    private var replacedUpTo: Int64 = 0
    /// The last answers: a transaction's changes mostly replace the same few stamps.
    private var answers: [(stamp: LocalStamp, hasArrived: Bool)] = []
    private var oldest = 0

    private static let meta = "stateReplacedUpTo"
    private static let answersKept = 8

    init(_ store: Store, _ origins: OriginTable) throws {
        self.store = store
        self.origins = origins
        try load()
    }

    /// Reads anew: at opening, and after a transaction was undone.
    func load() throws {
        forget()
        replacedUpTo = Int64(try store.metaNumber(Arrivals.meta) ?? 0)
    }

    /// Forgets the last answers: the log has changed.
    func forget() {
        answers.removeAll(keepingCapacity: true)
        oldest = 0
    }

    /// Content is replaced by state, or dropped: what the log holds may come again.
    func contentReplaced() throws {
        let select = try store.statement("SELECT coalesce(max(pos), 0) FROM _log")
        guard try select.step() else { return }
        let last = select.integer(0)
        select.reset()
        guard last > replacedUpTo else { return }
        replacedUpTo = last
        try store.setMeta(Arrivals.meta, UInt64(last))
        forget()
    }

    func contains(_ stamp: LocalStamp) throws -> Bool {
        for answer in answers where answer.stamp == stamp { return answer.hasArrived }
        let answer = (stamp, try lookUp(stamp))
        if answers.count < Arrivals.answersKept {
            answers.append(answer)
        } else {
            answers[oldest] = answer
            oldest = (oldest + 1) % Arrivals.answersKept
        }
        return answer.1
    }

    private func lookUp(_ stamp: LocalStamp) throws -> Bool {
        let select = try store.statement(
            "SELECT bytes FROM _log WHERE origin = ? AND hlc = ? AND pos > ?")
        select.bind(1, Int64(stamp.origin))
        select.bind(2, stamp.hlc.rawValue)
        select.bind(3, replacedUpTo)
        guard try select.step() else { return false }
        defer { select.reset() }
        guard let frame = try? Frame(bytes: select.bytes(0)), frame.isWhole, frame.isReadable else {
            return false
        }
        return try !isParked(frame.header.origin, frame.header.sequence)
    }
}
