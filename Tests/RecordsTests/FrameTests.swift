import Causality
import Records
import Testing

@Suite("Frames and their hash chain")
struct FrameTests {
    private let previous = FrameHash(bytes: Array(repeating: 7, count: 32))!

    private func sets(_ frame: Frame) -> [[UInt8]?] {
        frame.parts.map { part in
            guard case .present(let range, _) = part else { return nil }
            return [UInt8](frame.bytes[range])
        }
    }

    @Test("A frame comes back from its bytes", arguments: 0..<300 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var samples = Samples(seed: seed)
        let frame = samples.anyFrame()
        let read = try Frame(bytes: frame.bytes)
        #expect(read == frame)
        #expect(read.header == frame.header)
        #expect(read.parts == frame.parts)
        #expect(read.salt == frame.salt)
        #expect(read.hash(after: previous) == frame.hash(after: previous))
    }

    @Test("The hash stays when change sets are withheld", arguments: 0..<200 as Range<UInt64>)
    func withholding(seed: UInt64) throws {
        var samples = Samples(seed: seed)
        let frame = samples.frame()
        let mask = samples.random.next()
        let partial = frame.withholding { mask >> UInt64($0) & 1 == 1 }
        #expect(partial.hash(after: previous) == frame.hash(after: previous))
        #expect(try Frame(bytes: partial.bytes) == partial)
        #expect(partial.header == frame.header)
        for (index, set) in sets(partial).enumerated() {
            #expect(set == (mask >> UInt64(index) & 1 == 1 ? sets(frame)[index] : nil))
        }
        // Nothing of what is withheld is left, in the bytes or through the frame's own salt.
        let gone = (0..<frame.parts.count).contains { mask >> UInt64($0) & 1 == 0 }
        #expect(partial.isWhole == !gone)
        // A purge of the rest keeps the hash too.
        let empty = partial.withholding { _ in false }
        #expect(sets(empty).allSatisfy { $0 == nil })
        #expect(empty.hash(after: previous) == frame.hash(after: previous))
    }

    @Test("Two partial copies join to what either has", arguments: 0..<200 as Range<UInt64>)
    func joining(seed: UInt64) throws {
        var samples = Samples(seed: seed)
        let frame = samples.frame()
        let (a, b) = (samples.random.next(), samples.random.next())
        let mine = frame.withholding { a >> UInt64($0) & 1 == 1 }
        let theirs = frame.withholding { b >> UInt64($0) & 1 == 1 }
        let joined = mine.joined(with: theirs)
        #expect(joined.hash(after: previous) == frame.hash(after: previous))
        #expect(sets(joined) == sets(theirs.joined(with: mine)))
        for (index, set) in sets(joined).enumerated() {
            #expect(set == ((a | b) >> UInt64(index) & 1 == 1 ? sets(frame)[index] : nil))
        }
        #expect(try Frame(bytes: joined.bytes) == joined)
        #expect(mine.joined(with: frame) == frame)
        #expect(frame.joined(with: mine) == frame)
    }

    @Test("Every byte of header and change sets counts in the hash")
    func hashCoversAll() throws {
        var samples = Samples(seed: 5)
        let set = samples.changeSet().encoded(stamp: samples.stamp)
        let frame = Frame(
            header: samples.header(), salt: Salt(high: 1, low: 2), changeSets: [set, [1], [2]])
        var hashes: Set<[UInt8]> = [
            frame.hash(after: previous).bytes, frame.hash(after: .zero).bytes,
        ]
        var count = hashes.count
        for at in 0..<frame.bytes.count {
            var bytes = frame.bytes
            bytes[at] ^= 1
            guard let other = try? Frame(bytes: bytes) else { continue }
            hashes.insert(other.hash(after: previous).bytes)
            count += 1
        }
        #expect(hashes.count == count)
        #expect(count > set.count)
    }

    @Test("The order of change sets, and where one ends, count in the hash")
    func hashTellsSetsApart() {
        var samples = Samples(seed: 6)
        let header = samples.header()
        let salt = Salt(high: 1, low: 2)
        let frames = [
            [[1, 2], [3]], [[3], [1, 2]], [[1], [2, 3]], [[1, 2, 3]], [[1, 2], [3], []],
        ].map {
            Frame(header: header, salt: salt, changeSets: $0).hash(after: previous).bytes
        }
        #expect(Set(frames).count == frames.count)
    }

    @Test(
        "Salts that are derived are all different, and depend on the frame's",
        arguments: [1, 2, 3, 8, 101])
    func salts(count: Int) {
        let (a, b) = (Salt(high: 1, low: 2), Salt(high: 1, low: 3))
        let all = a.derived(count: count) + b.derived(count: count)
        #expect(all.count == 2 * count)
        #expect(Set(all + [a, b]).count == 2 * count + 2)
        #expect(a.derived(count: 200).prefix(count) == a.derived(count: count)[...])
    }

    @Test("A frame of a later version keeps its place in the chain, and its parts, unread")
    func laterVersion() throws {
        var samples = Samples(seed: 7)
        let frame = samples.frame()
        var header = ByteWriter()
        frame.header.write(to: &header)
        // Version, form and header as ever; then what the later version adds; then the rest.
        let head = 2 + header.bytes.count
        let later = [2] + frame.bytes[1..<head] + [3, 7, 8, 9] + frame.bytes[head...]
        let read = try Frame(bytes: Array(later))
        #expect(read.header == frame.header && read.version == 2 && !read.isReadable)
        #expect(read.partCount == frame.partCount && read.bytes == Array(later))
        #expect(throws: Malformed.unknownVersion(2)) { try read.forEachChangeSet { _, _ in } }
        let previous = FrameHash.zero
        #expect(read.hash(after: previous) != frame.hash(after: previous))
        let withheld = read.withholding { _ in false }
        #expect(withheld.hash(after: previous) == read.hash(after: previous))
        #expect(try Frame(bytes: withheld.bytes) == withheld)
        #expect(withheld.joined(with: read) == read)
        // Among others it travels as it is.
        var message = MessageWriter()
        let frames = [frame, read, frame, frame]
        FramePack.write(frames, to: &message)
        let unpacked = try MessageParts(message.finish()).read { reader throws(Malformed) in
            try FramePack.read(&reader)
        }
        #expect(unpacked == frames)
    }

    @Test("Of a broken frame it is said what is wrong")
    func broken() {
        var samples = Samples(seed: 7)
        var bytes = samples.frame().bytes
        #expect(throws: Malformed.truncated) { try Frame(bytes: []) }
        bytes[0] = 0
        #expect(throws: Malformed.invalid("version of a frame")) { try Frame(bytes: bytes) }
        bytes[0] = 1
        bytes[1] = 2
        #expect(throws: Malformed.invalid("form of a frame")) { try Frame(bytes: bytes) }
    }

    @Test("A frame without change sets is refused")
    func empty() {
        var samples = Samples(seed: 8)
        let frame = Frame(header: samples.header(), salt: Salt(high: 1, low: 2), changeSets: [])
        #expect(throws: Malformed.invalid("empty frame")) { try Frame(bytes: frame.bytes) }
    }
}
