import Causality
import Testing

/// Wall clocks that have been seen, and the ends of what 48 bits hold.
private let walls: [UInt64] = [
    0, 1, 946_684_800_000, 1_767_225_600_000, 4_070_908_800_000, 1 << 48 - 2, 1 << 48 - 1,
    1 << 48, .max,
]

@Suite("The hybrid logical clock")
struct HLCTests {
    @Test("A tick is above the reading before it, whatever the wall says", arguments: walls)
    func ticksAscend(wall: UInt64) throws {
        for before in walls.dropLast(3) {
            let clock = HLC(milliseconds: before, counter: 7)
            let tick = try #require(clock.ticked(at: wall))
            #expect(tick > clock)
        }
    }

    @Test("A random run of wall clocks never repeats a reading", arguments: 0..<32 as Range<UInt64>)
    func neverRepeats(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var clock = HLC.zero
        for _ in 0..<500 {
            let wall =
                Bool.random(using: &random)
                ? walls.prefix(6).randomElement(using: &random)! : random.next() >> 20
            let next = try #require(clock.ticked(at: wall))
            #expect(next > clock)
            #expect(next.milliseconds >= min(wall, HLC.largestMilliseconds) || next > clock)
            clock = next
        }
    }

    @Test("The wall's time is taken when it is ahead, with the counter at zero")
    func followsTheWall() {
        let clock = HLC(milliseconds: 1000, counter: 500)
        #expect(clock.ticked(at: 1001) == HLC(milliseconds: 1001))
        #expect(clock.ticked(at: 1000) == HLC(milliseconds: 1000, counter: 501))
        #expect(clock.ticked(at: 3) == HLC(milliseconds: 1000, counter: 501))
    }

    @Test("The counter carries into the milliseconds")
    func counterCarries() {
        let full = HLC(milliseconds: 1000, counter: .max)
        #expect(full.ticked(at: 5) == HLC(milliseconds: 1001, counter: 0))
    }

    @Test("After a day in 2099, writes of today still come after it")
    func farClockStopsNothing() throws {
        let far = try #require(HLC.zero.ticked(at: 4_070_908_800_000))
        let next = try #require(far.ticked(at: 1_800_000_000_000))
        #expect(next == HLC(milliseconds: 4_070_908_800_000, counter: 1))
    }

    @Test("At the end of 48 bits the counter still counts, and then the clock gives nothing")
    func exhaustion() throws {
        let last = try #require(HLC.zero.ticked(at: .max))
        #expect(last == HLC(milliseconds: HLC.largestMilliseconds))
        #expect(last.ticked(at: .max) == HLC(milliseconds: HLC.largestMilliseconds, counter: 1))
        let end = HLC(rawValue: .max)
        for wall in walls { #expect(end.ticked(at: wall) == nil) }
        #expect(HLC(rawValue: .max - 1).ticked(at: 0) == end)
    }

    @Test("Milliseconds beyond 48 bits are clamped, never wrapped")
    func clamps() {
        #expect(HLC(milliseconds: 1 << 48).milliseconds == 1 << 48 - 1)
        #expect(HLC(milliseconds: .max, counter: 3).counter == 3)
        #expect(HLC(milliseconds: .max).milliseconds == HLC.largestMilliseconds)
    }

    @Test("Readings are ordered by milliseconds, then counter", arguments: 0..<16 as Range<UInt64>)
    func order(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<100 {
            let a = (random.next() >> 16 & 3, UInt16(random.next() & 3))
            let b = (random.next() >> 16 & 3, UInt16(random.next() & 3))
            let (x, y) = (
                HLC(milliseconds: a.0, counter: a.1), HLC(milliseconds: b.0, counter: b.1)
            )
            #expect((x < y) == (a < b))
            #expect((x == y) == (a == b))
            #expect((x.milliseconds, x.counter) == a)
        }
    }
}

@Suite("Stamps and origins")
struct StampTests {
    @Test("Stamps are totally ordered: clock reading, node, incarnation, lane")
    func totalOrder() {
        var all: [Stamp] = []
        for hlc in [0, 1, UInt64.max] {
            for node in [1, UInt64.max] {
                for incarnation in [0, UInt64.max] {
                    for lane in Lane.allCases {
                        let origin = Origin(
                            node: NodeID(rawValue: node),
                            incarnation: Incarnation(rawValue: incarnation), lane: lane)
                        all.append(Stamp(hlc: HLC(rawValue: hlc), origin: origin))
                    }
                }
            }
        }
        for (i, a) in all.enumerated() {
            for (j, b) in all.enumerated() {
                #expect((a < b) == (i < j))
                #expect((a == b) == (i == j))
            }
        }
    }
}

@Suite("The seeded random numbers")
struct SplitMix64Tests {
    @Test("One seed gives one sequence, the published one")
    func publishedSequence() {
        // The first outputs for seed 1234567, as in the reference implementation's test vector.
        var random = SplitMix64(seed: 1_234_567)
        let first = (0..<3).map { _ in random.next() }
        #expect(
            first == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            ])
    }
}
