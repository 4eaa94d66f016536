import Causality
import Records
import Testing

@Suite("The sum of content")
struct ContentSumTests {
    private func terms(_ seed: UInt64, _ count: Int = 40) -> [ContentSum] {
        var random = SplitMix64(seed: seed)
        return (0..<count).map { _ in
            let key = RecordKey(entity: UInt16(random.next() & 7) + 1, id: RecordID(using: &random))
            return RecordHash(key).term(
                unit: UInt8(random.next() % 63), hlc: HLC(rawValue: random.next()),
                origin: random.next())
        }
    }

    private func sum(_ terms: some Sequence<ContentSum>) -> ContentSum {
        terms.reduce(into: ContentSum()) { $0 += $1 }
    }

    @Test("The order of what is added does not matter", arguments: 0..<50 as Range<UInt64>)
    func commutes(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let terms = terms(seed)
        #expect(sum(terms) == sum(terms.shuffled(using: &random)))
    }

    @Test(
        "What was added can be taken away again, in any order", arguments: 0..<50 as Range<UInt64>)
    func inverse(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let terms = terms(seed)
        var all = sum(terms)
        for term in terms[10...].shuffled(using: &random) { all -= term }
        #expect(all == sum(terms[..<10]))
        for term in terms[..<10] { all -= term }
        #expect(all == ContentSum())
        // Taking away first goes below zero, and comes back.
        var debt = ContentSum()
        for term in terms { debt -= term }
        #expect(debt != ContentSum())
        debt += sum(terms)
        #expect(debt == ContentSum())
    }

    @Test("Carries and borrows go through all 128 bits")
    func carries() {
        var one = ContentSum()
        one.low = 1
        var sum = ContentSum()
        (sum.high, sum.low) = (5, .max)
        sum += one
        #expect((sum.high, sum.low) == (6, 0))
        sum -= one
        #expect((sum.high, sum.low) == (5, .max))
        (sum.high, sum.low) = (.max, .max)
        sum += one
        #expect(sum == ContentSum())
        sum -= one
        #expect((sum.high, sum.low) == (.max, .max))
    }

    @Test("Every part of a sibling's name changes its term")
    func termsDiffer() {
        let origin = Origin(
            node: NodeID(rawValue: 1), incarnation: Incarnation(rawValue: 2), lane: .care)
        func term(
            _ entity: UInt16 = 1, _ id: String = "a", _ unit: UInt8 = 1, _ hlc: UInt64 = 9,
            by origin: Origin
        ) -> ContentSum {
            RecordHash(RecordKey(entity: entity, id: RecordID(id)))
                .term(unit: unit, hlc: HLC(rawValue: hlc), origin: origin.sumHash)
        }
        var others = [origin, origin, origin]
        others[0].node.rawValue = 2
        others[1].incarnation.rawValue = 1
        others[2].lane = .bulk
        let uuid = "00000000-0000-4000-8000-000000000001"
        let all =
            [
                term(by: origin), term(2, by: origin), term(1, "b", by: origin),
                term(1, "aa", by: origin),
                term(1, "", by: origin), term(1, uuid, by: origin),
                term(1, uuid.uppercased() + "A", by: origin),
                term(1, "a", 2, by: origin), term(1, "a", 1, 10, by: origin),
            ] + others.map { term(by: $0) }
        #expect(Set(all).count == all.count)
    }

    @Test("A term with a value changes with the value, and is none of those without")
    func valueTerms() {
        let hash = RecordHash(RecordKey(entity: 1, id: RecordID("a")))
        func term(_ value: [UInt8]) -> ContentSum {
            value.withUnsafeBytes {
                hash.term(unit: 1, hlc: HLC(rawValue: 9), origin: 7, value: $0)
            }
        }
        let plain = hash.term(unit: 1, hlc: HLC(rawValue: 9), origin: 7)
        let all = [
            plain, term([]), term([0]), term([0, 0]), term([1]),
            term(Array(repeating: 0, count: 8)),
        ]
        #expect(Set(all).count == all.count)
    }

    @Test("Sixteen bytes carry a sum", arguments: 0..<20 as Range<UInt64>)
    func bytes(seed: UInt64) throws {
        let sum = sum(terms(seed, 3))
        #expect(sum.bytes.count == 16)
        #expect(ContentSum(bytes: sum.bytes) == sum)
        #expect(ContentSum(bytes: Array(sum.bytes.dropLast())) == nil)
        let read = try sum.bytes.withUnsafeBytes { raw in
            var reader = ByteReader(raw)
            return try ContentSum(reading: &reader)
        }
        #expect(read == sum)
    }
}
