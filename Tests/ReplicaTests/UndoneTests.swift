import Causality
import Foundation
import Records
import Replica
import Testing

@Suite("Frames that are undone")
struct UndoneTests {
    private struct Undone: Error {}

    /// CPU time of this thread alone: other tests run beside it.
    private func secondsOfThread() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    @Test("However many were undone, the next one costs no more")
    func cost() throws {
        try withTemporaryFolder { folder in
            let (replica, other) = (try Replica(folder, 1), try Replica(folder, 2))
            let id = RecordID("p-1")
            var salts = SplitMix64(seed: 1)
            let frames = try other.write(at: 1_800_000_000_000, using: &salts) { transaction in
                try transaction.put(
                    RecordKey(entity: Ward.person, id: id), in: .patient(id),
                    [(1, .text("0700")), (6, .integer(1))])
                try transaction.put(
                    RecordKey(entity: Ward.alias, id: id), in: .patient(id), [(1, .text("Achieng"))]
                )
            }.frames
            /// Seconds of CPU for so many.
            func undo(_ count: Int) throws -> Double {
                let before = secondsOfThread()
                try replica.node.transaction {
                    for _ in 0..<count {
                        do {
                            try replica.node.savepoint {
                                for frame in frames {
                                    _ = try replica.node.append(frame)
                                    try replica.node.apply(frame)
                                }
                                throw Undone()
                            }
                        } catch is Undone {}
                    }
                }
                return secondsOfThread() - before
            }
            _ = try undo(100)
            let early = try undo(300)
            _ = try undo(3000)
            #expect(try undo(300) < 3 * early)
            try replica.receive(frames)
            #expect(try replica.records(of: .patient(id)).count == 2)
        }
    }
}
