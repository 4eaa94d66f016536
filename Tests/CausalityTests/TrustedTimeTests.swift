import Causality
import Testing

private let day: UInt64 = 24 * 3600 * 1000
/// A moment in 2027 that a node has seen pass.
private let mark: UInt64 = 1_800_000_000_000

@Suite("Trusted time")
struct TrustedTimeTests {
    private let time = TrustedTime(highWaterMark: mark, monotonic: 5000)

    @Test(
        "A wall clock is believed from the mark to 400 days beyond it",
        arguments: [0, 1, 399 * day, 400 * day])
    func believed(ahead: UInt64) {
        let (now, quality) = time.reading(wall: mark + ahead, monotonic: 5000)
        #expect(now == mark + ahead)
        #expect(quality == .unmeasured)
    }

    @Test(
        "A wall clock outside the window is not believed: time is the mark and what has passed",
        arguments: [0, 1, mark - 1, mark + 400 * day + 1, 4_070_908_800_000, 1 << 48 - 1, .max])
    func disbelieved(wall: UInt64) {
        let (now, quality) = time.reading(wall: wall, monotonic: 65_000)
        #expect(now == mark + 60_000)
        #expect(quality == .disbelieved)
    }

    @Test("A monotonic clock that began anew counts as no time passed")
    func monotonicRestart() {
        #expect(time.reading(wall: 0, monotonic: 0).now == mark)
    }

    @Test("A first start believes no clock that is older than the product")
    func firstStart() {
        let fresh = TrustedTime(highWaterMark: 0, monotonic: 0)
        #expect(fresh.highWaterMark == TrustedTime.earliest)
        #expect(fresh.reading(wall: 1000, monotonic: 0).quality == .disbelieved)
        let week = TrustedTime.earliest + 7 * day
        #expect(fresh.reading(wall: week, monotonic: 0).now == week)
    }

    @Test("The offset that the hub measured is added to a wall clock that is wrong")
    func measuredOffset() {
        var time = time
        // The machine woke up in 1970; the hub says that it is a day after the mark.
        time.measured(hub: mark + day, wall: 1000, monotonic: 9000)
        #expect(time.offset == Int64(mark + day) - 1000)
        let (now, quality) = time.reading(wall: 1000 + 3000, monotonic: 9000)
        #expect(now == mark + day + 3000)
        #expect(quality == .measured)
        // The clock is set right by hand: the offset now leads outside the window.
        #expect(time.reading(wall: mark + 500 * day, monotonic: 10_000).quality == .disbelieved)
    }

    @Test("A wall clock ahead of the hub is corrected back")
    func aheadOfTheHub() {
        var time = time
        time.measured(hub: mark + day, wall: mark + 30 * day, monotonic: 0)
        #expect(time.reading(wall: mark + 31 * day, monotonic: day).now == mark + 2 * day)
    }

    @Test("A mark that a clock of 2099 had set goes back when the hub measures")
    func hubOutranksTheMark() {
        var time = TrustedTime(highWaterMark: 4_070_908_800_000, monotonic: 0)
        #expect(time.reading(wall: mark, monotonic: 0).quality == .disbelieved)
        time.measured(hub: mark, wall: mark, monotonic: 0)
        #expect(time.highWaterMark == mark)
        let (now, quality) = time.reading(wall: mark + 5, monotonic: 5)
        #expect(now == mark + 5)
        #expect(quality == .measured)
    }

    @Test("The mark follows trusted time, and never goes back by itself")
    func advances() {
        var time = time
        func advance(_ wall: UInt64, _ monotonic: UInt64) -> Bool {
            time.advance(wall: wall, monotonic: monotonic)
        }
        #expect(!advance(mark - day, 5000))
        #expect(time.highWaterMark == mark)
        #expect(!advance(mark + 1000, 6000))
        #expect(time.highWaterMark == mark + 1000)
        #expect(advance(mark + 2001, 7001))
        #expect(time.highWaterMark == mark + 2001)
        // A wall clock that is not believed moves the mark by what has passed, no further.
        #expect(advance(4_070_908_800_000, 17_001))
        #expect(time.highWaterMark == mark + 12_001)
    }

    @Test(
        "No clock value crashes it or takes time behind the mark",
        arguments: 0..<64 as Range<UInt64>)
    func anyValue(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let extremes: [UInt64] = [
            0, 1, TrustedTime.earliest, mark, 1 << 48 - 1, 1 << 48, 1 << 63 - 1, 1 << 63, .max - 1,
            .max,
        ]
        func any() -> UInt64 {
            let shift = random.next() % 64
            return Bool.random(using: &random)
                ? extremes.randomElement(using: &random)! : random.next() >> shift
        }
        func offset() -> Int64? { Bool.random(using: &random) ? Int64(bitPattern: any()) : nil }
        // One complaint a seed is enough.
        for round in 0..<200 {
            var time = TrustedTime(highWaterMark: any(), offset: offset(), monotonic: any())
            for _ in 0..<10 {
                let (wall, monotonic) = (any(), any())
                let before = time.highWaterMark
                let now = time.reading(wall: wall, monotonic: monotonic).now
                guard now >= before, now <= HLC.largestMilliseconds else {
                    Issue.record(
                        "round \(round): \(now) at wall \(wall), monotonic \(monotonic) of \(time)")
                    return
                }
                if random.next() % 4 == 0 {
                    time.measured(hub: any(), wall: wall, monotonic: monotonic)
                } else {
                    _ = time.advance(wall: wall, monotonic: monotonic)
                    #expect(time.highWaterMark >= before)
                }
                #expect(time.highWaterMark <= HLC.largestMilliseconds)
            }
        }
    }
}
