import Testing

import HubServer

@Suite("The pace of a connection")
struct ConnectionPaceTests {
    private let limits = HubLimits()
    private let start = ContinuousClock.now

    private func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

    /// A connection whose handshake is done and whose first request has been answered.
    private func idle() -> ConnectionPace {
        var pace = ConnectionPace(at: start)
        pace.handshakeCompleted(at: start)
        _ = pace.received(10, at: start)
        pace.headReceived(at: start)
        pace.bodyReceived(at: start)
        pace.answered(isWhole: true, at: start)
        return pace
    }

    /// What a connection is told at each of these seconds, in turn.
    private func verdicts(
        _ pace: inout ConnectionPace, _ seconds: Int..., unsent: Int = 0
    ) -> [ConnectionPace.Verdict] {
        seconds.map { pace.check(at: at($0), unsent: unsent, limits: limits) }
    }

    @Test("A handshake and a head have their time, and no more")
    func beginnings() {
        var pace = ConnectionPace(at: start)
        let handshake = verdicts(&pace, 29, 30)
        #expect(handshake == [.fine, .handshakeTooSlow])
        pace.handshakeCompleted(at: at(10))
        let silent = verdicts(&pace, 39, 40)
        #expect(silent == [.fine, .headTooSlow])
        // Bytes that never end the head don't buy more time.
        _ = pace.received(100, at: at(39))
        let trickling = verdicts(&pace, 40)
        #expect(trickling == [.headTooSlow])
    }

    @Test("A body must bring its least bytes in each window")
    func body() {
        var pace = ConnectionPace(at: start)
        pace.headReceived(at: start)
        _ = pace.received(1200, at: at(59))
        let first = verdicts(&pace, 60)
        #expect(first == [.fine])
        _ = pace.received(1199, at: at(119))
        let second = verdicts(&pace, 119, 120)
        #expect(second == [.fine, .bodyTooSlow])
    }

    @Test("The hub may take as long as it needs to answer")
    func answering() {
        var pace = ConnectionPace(at: start)
        pace.headReceived(at: start)
        pace.bodyReceived(at: start)
        let verdict = verdicts(&pace, 100_000)
        #expect(verdict == [.fine])
    }

    @Test("An idle connection is kept for a while, and longer while it is being read from")
    func idling() {
        var pace = idle()
        let unused = verdicts(&pace, 959, 960)
        #expect(unused == [.fine, .silent])
        pace = idle()
        for second in stride(from: 0, to: 5000, by: 500) {
            let verdict = verdicts(&pace, second, unsent: 9000 - second)
            #expect(verdict == [.fine])
        }
        let afterwards = verdicts(&pace, 4500 + 959, 4500 + 960)
        #expect(afterwards == [.fine, .silent])
    }

    @Test("Who does not read is let go")
    func unread() {
        var pace = idle()
        let verdict = verdicts(&pace, 1, 600, 601, unsent: 500)
        #expect(verdict == [.fine, .fine, .notReading])
    }

    @Test("The rest of a refused request is thrown away for a moment")
    func refused() {
        var pace = ConnectionPace(at: start)
        pace.headReceived(at: start)
        pace.answered(isWhole: false, at: start)
        let isKept = pace.received(10, at: start)
        #expect(!isKept)
        let verdict = verdicts(&pace, 1, 2)
        #expect(verdict == [.fine, .refused])
    }
}
