import Causality
import Records
import Replica
import Sync
import Testing

@Suite("The size of a push")
struct PushSizeTests {
    private func noise(_ count: Int, _ random: inout SplitMix64) -> Value {
        .text(
            String(
                (0..<count).map { _ in Character(Unicode.Scalar(33 + UInt8(random.next() % 94))) }))
    }

    @Test("A request brings what its bound allows, or one frame; what was written all gets there")
    func bounded() throws {
        try withWorld { world in
            let a = world.machines[0]
            var random = SplitMix64(seed: 5)
            let bound = 100_000
            let largest = Limits.writtenFrameBytes - 500
            for (number, size) in [60_000, 60_000, 40, 99_000, largest, 40, 300_000, 40]
                .enumerated()
            {
                let value = noise(size, &random)
                try a.clinic.write(at: world.clock(a)) { transaction in
                    let key = RecordKey(entity: 7, id: RecordID("p\(number)"))
                    try transaction.put(key, in: .reference, [(1, value)])
                }
            }
            var counts: [Int] = []
            while a.clinic.hasPending, counts.count < 20 {
                let sent = try a.clinic.exchange(
                    pushBytes: bound, pulls: false, wait: 0, limit: bound, at: world.clock(a))
                let bytes = sent.request.frames.reduce(0) { $0 + $1.bytes.count }
                #expect(sent.request.frames.count == 1 || bytes <= bound)
                #expect(
                    sent.bytes.count <= Limits.writtenFrameBytes + Limits.requestOverheadBytes)
                counts.append(sent.request.frames.count)
                let answer = try world.answer(sent.bytes, to: a)
                _ = try a.clinic.apply(answer, to: sent, at: world.clock(a))
            }
            #expect(counts == [1, 2, 1, 1, 1, 1, 1])
            #expect(!a.clinic.hasPending)
        }
    }
}
