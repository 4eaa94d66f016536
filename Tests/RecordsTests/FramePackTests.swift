import Causality
import Records
import Testing

/// Sends frames as a message, and reads them back.
func packed(_ frames: [Frame], level: Int32 = 3) -> [UInt8] {
    var out = MessageWriter()
    FramePack.write(frames, to: &out)
    return out.finish(level: level)
}

func unpacked(_ message: [UInt8], limit: Int = Limits.messageBytes) throws(Malformed) -> [Frame] {
    try MessageParts(message, limit: limit).read { reader throws(Malformed) in
        try FramePack.read(&reader)
    }
}

@Suite("Batches of frames on the wire")
struct FramePackTests {
    private func batch(_ samples: inout Samples, _ seed: UInt64) -> [Frame] {
        var others = (0..<3).map { Samples(seed: seed &+ 1000 &* (UInt64($0) + 1)) }
        var sequence: UInt64 = 0
        return (0..<samples.random.next() % 30).map { _ in
            if samples.random.next() % 3 > 0 {
                sequence += 1
                return samples.anyFrame(sequence: sequence)
            }
            return others[Int(samples.random.next() % 3)].anyFrame()
        }
    }

    @Test("Unpacking gives the very bytes that were packed", arguments: 0..<300 as Range<UInt64>)
    func bijection(seed: UInt64) throws {
        var samples = Samples(seed: seed)
        let frames = batch(&samples, seed)
        let message = packed(frames, level: seed % 2 == 0 ? 1 : 3)
        let read = try unpacked(message)
        #expect(read.map(\.bytes) == frames.map(\.bytes))
        #expect(read.map(\.parts) == frames.map(\.parts))
        #expect(packed(frames, level: seed % 2 == 0 ? 1 : 3) == message)
    }

    @Test("Sequences and clock readings of any size go through")
    func extremes() throws {
        var samples = Samples(seed: 3)
        let sequences: [UInt64] = [1, 2, 1 << 62 - 1, 1, 500, 1 << 61]
        let readings: [UInt64] = [0, .max, 1, .max - 1, 1 << 63, 5]
        let frames = zip(sequences, readings).map { sequence, reading in
            var header = samples.header(sequence: sequence)
            header.hlc = HLC(rawValue: reading)
            return Frame(header: header, salt: Salt(high: 0, low: .max), changeSets: [[1]])
        }
        let read = try unpacked(packed(frames))
        #expect(read == frames)
        for frame in read { #expect(try Frame(bytes: frame.bytes) == frame) }
    }

    @Test("A batch gives no frame that its own bytes could not be read from: the last sequence")
    func sequenceBeyond() {
        var samples = Samples(seed: 4)
        let frame = Frame(
            header: samples.header(sequence: 1 << 62), salt: Salt(high: 1, low: 1),
            changeSets: [[1]])
        #expect(throws: Malformed.invalid("sequence of a frame")) { try Frame(bytes: frame.bytes) }
        #expect(throws: Malformed.invalid("sequence of a frame")) { try unpacked(packed([frame])) }
    }

    @Test("A batch gives no frame that its own bytes could not be read from: a change set too long")
    func changeSetBeyond() {
        var samples = Samples(seed: 4)
        // The ids and the rest are each within the bound, their sum is not.
        var set = ByteWriter(capacity: Limits.changeSetBytes + 32)
        set.byte(1)
        set.varint(1)
        set.raw([UInt8](repeating: 0, count: 16 + Limits.changeSetBytes - 8))
        let frame = Frame(
            header: samples.header(), salt: Salt(high: 1, low: 1), changeSets: [set.bytes])
        #expect(throws: Malformed.self) { try Frame(bytes: frame.bytes) }
        #expect(throws: Malformed.self) { try unpacked(packed([frame], level: 1)) }
    }

    @Test(
        "Change sets that are broken travel as they are, and disturb no other",
        arguments: 0..<100 as Range<UInt64>)
    func brokenSets(seed: UInt64) throws {
        var samples = Samples(seed: seed)
        let stamp = samples.stamp
        let sets = (0..<8).map { _ in samples.changeSet().encoded(stamp: stamp) }
        var mutation = Mutation(random: SplitMix64(seed: seed), others: sets)
        let frames = (1...20).map { n in
            let mixed = (0..<3).map { index in
                index == 1 ? mutation.applied(to: sets[(n + index) % 8]) : sets[(n * index) % 8]
            }
            return Frame(
                header: samples.header(sequence: UInt64(n)), salt: Salt(high: 1, low: UInt64(n)),
                changeSets: mixed)
        }
        #expect(try unpacked(packed(frames, level: 1)) == frames)
    }

    @Test("A change set without a record travels as it is, and disturbs no other")
    func emptySet() throws {
        var samples = Samples(seed: 5)
        let sound = samples.changeSet().encoded(stamp: samples.stamp)
        // Version, no ids, the kind and id of a compartment, no origins, no blocks.
        let empty: [UInt8] = [1, 0, 1, 0, 1, 0x70, 0, 0]
        let sets = [sound, empty, sound, empty]
        let frame = Frame(header: samples.header(), salt: Salt(high: 1, low: 2), changeSets: sets)
        #expect(throws: Malformed.invalid("empty change set")) {
            try decoded(empty, stamp: samples.stamp)
        }
        #expect(try unpacked(packed([frame, frame])) == [frame, frame])
    }

    @Test("More kinds of units than anyone has can't keep a batch from being read")
    func manyColumns() throws {
        var samples = Samples(seed: 5)
        let stamp = samples.stamp
        // An enrolled clinic may write records of entities that are unknown here: these are
        // 124,000 columns in one change set of 250 KB.
        let changes = (1...2000).map { number in
            Change(
                key: RecordKey(entity: UInt16(number), id: RecordID("a")),
                units: (1...Unit.largestNumber).map { UnitWrite(unit: $0, value: .null) })
        }
        let set = ChangeSet(compartment: .patient(RecordID("p")), changes: changes)
        let frame = Frame(
            header: samples.header(), salt: Salt(high: 1, low: 2),
            changeSets: [set.encoded(stamp: stamp)])
        #expect(try decoded(set.encoded(stamp: stamp), stamp: stamp) == set)
        #expect(try unpacked(packed([frame])) == [frame])
    }

    @Test("An empty batch is a batch")
    func empty() throws { #expect(try unpacked(packed([])).isEmpty) }

    @Test("A compressed batch of like frames is far smaller than its frames")
    func compresses() throws {
        var samples = Samples(seed: 9)
        let stamp = samples.stamp
        let frames = (1...200).map { n -> Frame in
            let id = RecordID(using: &samples.random)
            let write = UnitWrite(unit: 1, value: .text("Achieng"))
            let change = Change(key: RecordKey(entity: 1, id: id), units: [write])
            let set = ChangeSet(compartment: .patient(id), changes: [change])
            return Frame(
                header: samples.header(sequence: UInt64(n)), salt: Salt(using: &samples.random),
                changeSets: [set.encoded(stamp: stamp)])
        }
        // Sixteen bytes of id and as many of salt can't be compressed.
        #expect(packed(frames).count < 200 * (32 + 6))
    }
}

@Suite("The streams of a message")
struct MessageTests {
    @Test("Both streams come back, compressed or not", arguments: [0, 10, 64, 65, 10_000])
    func streams(count: Int) throws {
        var out = MessageWriter()
        out.plain.raw([UInt8](repeating: 7, count: count))
        out.raw.raw([1, 2, 3])
        let message = out.finish()
        #expect(message.count <= out.size)
        let parts = try MessageParts(message)
        #expect(parts.plain == [UInt8](repeating: 7, count: count))
        #expect(parts.raw == [1, 2, 3])
    }

    @Test("What is left over in either stream is refused")
    func leftovers() throws {
        for (plain, raw) in [([1, 2], [3]), ([1], [3, 4])] as [([UInt8], [UInt8])] {
            var out = MessageWriter()
            out.plain.raw(plain)
            out.raw.raw(raw)
            let parts = try MessageParts(out.finish())
            #expect(throws: Malformed.invalid("bytes after the end")) {
                try parts.read { reader throws(Malformed) in
                    _ = try reader.plain.byte()
                    _ = try reader.raw.byte()
                }
            }
        }
    }

    @Test("A message over its bound is refused before it is looked at")
    func tooLarge() {
        #expect(throws: Malformed.tooLarge(what: "message", limit: 10)) {
            try MessageParts([UInt8](repeating: 0, count: 11), limit: 10)
        }
        #expect(throws: Malformed.unknownVersion(2)) { try MessageParts([2, 0]) }
        #expect(throws: Malformed.truncated) { try MessageParts([]) }
        #expect(throws: Malformed.truncated) { try MessageParts([0, 5, 1]) }
    }
}

@Suite("Zstandard within bounds")
struct ZstandardTests {
    /// A frame (RFC 8878, section 3.1.1) of run-length blocks of 128 KiB, made by hand: it
    /// announces `announced` bytes and holds `blocks` blocks, four bytes each.
    private func runs(announced: UInt64?, blocks: Int) -> [UInt8] {
        var out: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
        if let announced {
            // A content size of eight bytes; a window of 128 KiB.
            out += [0b1100_0000, 0b0011_1000]
            out += (0..<8).map { UInt8(truncatingIfNeeded: announced >> UInt64(8 * $0)) }
        } else {
            out += [0, 0b0011_1000]
        }
        for block in 1...blocks {
            let header = UInt32(131_072) << 3 | 1 << 1 | (block == blocks ? 1 : 0)
            out += [UInt8(truncatingIfNeeded: header), UInt8(truncatingIfNeeded: header >> 8)]
            out += [UInt8(truncatingIfNeeded: header >> 16), 0x61]
        }
        return out
    }

    @Test("What was compressed comes back", arguments: [0, 1, 64, 100_000])
    func roundTrip(count: Int) throws {
        var random = SplitMix64(seed: UInt64(count))
        let bytes = (0..<count).map { _ in UInt8(random.next() % 7) }
        let compressed = Zstandard.compressed(bytes)
        #expect(try Zstandard.decompressed(compressed[...], limit: count) == bytes)
        if count > 0 {
            #expect(throws: Malformed.tooLarge(what: "decompressed bytes", limit: count - 1)) {
                try Zstandard.decompressed(compressed[...], limit: count - 1)
            }
        }
    }

    @Test("The hand-made runs are sound when they say what they are")
    func handMade() throws {
        let bytes = runs(announced: 4 * 131_072, blocks: 4)
        let out = try Zstandard.decompressed(bytes[...], limit: 1 << 20)
        #expect(out == [UInt8](repeating: 0x61, count: 4 * 131_072))
    }

    @Test("A bomb of a gigabyte in 32 KB is refused by what it announces")
    func honestBomb() {
        let bomb = runs(announced: 8192 * 131_072, blocks: 8192)
        #expect(bomb.count < 33_000)
        #expect(throws: Malformed.tooLarge(what: "decompressed bytes", limit: Limits.messageBytes))
        {
            try Zstandard.decompressed(bomb[...], limit: Limits.messageBytes)
        }
        #expect(throws: Malformed.tooLarge(what: "decompressed bytes", limit: Limits.messageBytes))
        {
            try MessageParts([1, 0] + bomb)
        }
    }

    @Test(
        "A bomb that announces little, or nothing, is refused",
        arguments: [100, 0, nil] as [UInt64?])
    func lyingBomb(announced: UInt64?) {
        let bomb = runs(announced: announced, blocks: 8192)
        #expect(throws: Malformed.invalid("zstd frame")) {
            try Zstandard.decompressed(bomb[...], limit: Limits.messageBytes)
        }
    }

    @Test(
        "An announcement of 2^63-1 bytes is refused",
        arguments: [1 << 63 - 1, .max, .max - 1, 1 << 40] as [UInt64])
    func announcedBeyond(size: UInt64) {
        #expect(throws: Malformed.self) {
            try Zstandard.decompressed(
                runs(announced: size, blocks: 1)[...], limit: Limits.messageBytes)
        }
    }
}
