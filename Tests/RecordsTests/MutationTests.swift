import Causality
import Foundation
import Records
import Testing

/// What became of mutated bytes.
private struct Tally {
    var tried = 0
    var refused = 0
    /// What was taken and said its bytes in another way, or broke a promise: the seed and what.
    var broken: [String] = []

    static func += (a: inout Tally, b: Tally) {
        a.tried += b.tried
        a.refused += b.refused
        a.broken += b.broken
    }
}

/// Every way in which bytes come in from outside.
private enum Entrance: CaseIterable {
    case changeSet, frame, streams, message
}

private struct Fuzz {
    var samples: Samples
    var mutation: Mutation
    var tally = Tally()
    private let seed: UInt64
    private let sets: [[UInt8]]
    private let frames: [Frame]

    init(seed: UInt64) {
        var samples = Samples(seed: seed)
        sets = (0..<12).map { _ in samples.changeSet().encoded(stamp: samples.stamp) }
        frames = (0..<12).map { _ in samples.anyFrame() }
        mutation = Mutation(
            random: SplitMix64(seed: seed &* 77), others: sets + frames.map(\.bytes))
        self.samples = samples
        self.seed = seed
    }

    mutating func run(_ count: Int) {
        for round in 0..<count { attempt(Entrance.allCases[round % 4]) }
    }

    private mutating func attempt(_ entrance: Entrance) {
        switch entrance {
        case .changeSet:
            check(changeSet: mutation.applied(to: sets.randomElement(using: &samples.random)!))
        case .frame:
            let frame = frames.randomElement(using: &samples.random)!
            check(frame: mutation.applied(to: frame.bytes))
        case .streams:
            // The streams are mutated before they are put together, past the compression.
            var out = MessageWriter()
            FramePack.write(batch(), to: &out)
            out.plain.bytes = mutation.applied(to: out.plain.bytes)
            if samples.random.next() % 3 == 0 {
                out.raw.bytes = mutation.applied(to: out.raw.bytes)
            }
            check(message: [0] + lengthOf(out.raw.bytes) + out.raw.bytes + out.plain.bytes)
        case .message:
            check(message: mutation.applied(to: packed(batch(), level: 1)))
        }
    }

    private func lengthOf(_ bytes: [UInt8]) -> [UInt8] {
        var out = ByteWriter()
        out.varint(bytes.count)
        return out.bytes
    }

    private mutating func batch() -> [Frame] {
        (0..<1 + samples.random.next() % 4).map { _ in frames.randomElement(using: &samples.random)!
        }
    }

    /// Every prefix of every sample, and 2^63-1 in the place of each byte.
    mutating func everyByte() {
        for set in sets {
            for at in set.indices {
                check(changeSet: Array(set[..<at]))
                check(changeSet: set[..<at] + Mutation.hugeNumbers[0] + set[(at + 1)...])
            }
        }
        for frame in frames {
            for at in frame.bytes.indices {
                check(frame: Array(frame.bytes[..<at]))
                check(
                    frame: frame.bytes[..<at] + Mutation.hugeNumbers[0] + frame.bytes[(at + 1)...])
            }
        }
        let message = packed(Array(frames.prefix(2)))
        for at in message.indices { check(message: Array(message[..<at])) }
    }

    // MARK: What is expected of each

    mutating func check(changeSet bytes: [UInt8]) {
        tally.tried += 1
        do {
            let set = try decoded(bytes, stamp: samples.stamp)
            guard set.encoded(stamp: samples.stamp) == bytes else {
                return broke("a change set of two forms", bytes)
            }
        } catch is Malformed {
            tally.refused += 1
        } catch is BrokenValue {
        } catch {
            broke("\(error)", bytes)
        }
    }

    mutating func check(frame bytes: [UInt8]) {
        tally.tried += 1
        do {
            let frame = try Frame(bytes: bytes)
            guard rebuilt(frame) == frame else { return broke("a frame of two forms", bytes) }
        } catch {
            tally.refused += 1
        }
    }

    mutating func check(message bytes: [UInt8]) {
        tally.tried += 1
        do {
            let frames = try unpacked(bytes, limit: 1 << 20)
            for frame in frames {
                guard (try? Frame(bytes: frame.bytes)) == frame else {
                    return broke("a batch with a frame that can't be read", bytes)
                }
            }
            guard try unpacked(packed(frames, level: 1)) == frames else {
                return broke("a batch that changed on its way", bytes)
            }
        } catch {
            tally.refused += 1
        }
    }

    private func rebuilt(_ frame: Frame) -> Frame {
        let pieces = frame.parts.map { part -> Frame.Piece in
            switch part {
            case .withheld(let hash): .withheld(hash)
            case .present(let range, let salt): .present([UInt8](frame.bytes[range]), salt)
            }
        }
        guard let salt = frame.salt else { return Frame(header: frame.header, pieces: pieces) }
        let sets = pieces.map { piece -> [UInt8] in
            guard case .present(let bytes, _) = piece else { return [] }
            return bytes
        }
        return Frame(header: frame.header, salt: salt, changeSets: sets)
    }

    private mutating func broke(_ what: String, _ bytes: [UInt8]) {
        let hex = bytes.prefix(200).map { String($0, radix: 16) }.joined(separator: " ")
        tally.broken.append("seed \(seed): \(what): \(hex)")
    }
}

/// The most memory that this process has had, in bytes; `nil` where the system does not say.
private func peakMemory() -> Int? {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
        let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM") }),
        let kilobytes = line.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) })
    else { return nil }
    return kilobytes * 1024
}

@Suite("Hostile bytes")
struct MutationTests {
    @Test(
        "100,000 mutations are refused, or are the one form of what they say",
        .timeLimit(.minutes(2)))
    func mutations() async {
        let before = peakMemory()
        let tally = await withTaskGroup(of: Tally.self) { group in
            for seed in 0..<50 as Range<UInt64> {
                group.addTask {
                    var fuzz = Fuzz(seed: seed)
                    fuzz.run(2000)
                    return fuzz.tally
                }
            }
            return await group.reduce(into: Tally()) { $0 += $1 }
        }
        #expect(tally.broken.isEmpty, "\(tally.broken.count): \(tally.broken.prefix(5))")
        #expect(tally.tried == 100_000)
        // A test that refuses everything, or nothing, would look at one side only.
        #expect(tally.refused > 50_000 && tally.refused < 99_000)
        if let before, let after = peakMemory() { #expect(after - before < 256 << 20) }
        print("mutations: \(tally.tried) tried, \(tally.refused) refused")
    }

    @Test(
        "Cut at every byte, or with 2^63-1 in the place of any, nothing breaks",
        arguments: 0..<8 as Range<UInt64>)
    func everyByte(seed: UInt64) {
        var fuzz = Fuzz(seed: seed)
        fuzz.everyByte()
        #expect(fuzz.tally.broken.isEmpty, "\(fuzz.tally.broken.prefix(5))")
        #expect(fuzz.tally.tried > 5000)
        #expect(fuzz.tally.refused > fuzz.tally.tried / 2)
    }

    @Test(
        "A cut change set, frame or message is always refused", arguments: 0..<20 as Range<UInt64>)
    func truncated(seed: UInt64) {
        var samples = Samples(seed: seed)
        let set = samples.changeSet().encoded(stamp: samples.stamp)
        for at in set.indices {
            #expect(throws: Malformed.self) { try decoded(Array(set[..<at]), stamp: samples.stamp) }
        }
        let frame = samples.anyFrame()
        for at in frame.bytes.indices {
            #expect(throws: Malformed.self) { try Frame(bytes: Array(frame.bytes[..<at])) }
        }
        let message = packed([frame])
        for at in message.indices {
            #expect(throws: Malformed.self) { try unpacked(Array(message[..<at])) }
        }
    }

    @Test("A checker that is given a second form of a set says so")
    func checkerCanFail() {
        // Two empty lists of replaced stamps where one zero says the same is what it must notice;
        // the bytes here are sound and merely another set's.
        var fuzz = Fuzz(seed: 1)
        fuzz.check(frame: [1])
        #expect(fuzz.tally.refused == 1)
        var tally = Tally()
        tally += Tally(tried: 1, refused: 0, broken: ["x"])
        #expect(tally.broken == ["x"])
    }
}
