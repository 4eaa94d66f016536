import Causality
import Crypto

/// A SHA-256, kept as four words so that it costs no allocation.
package struct FrameHash: Hashable, Sendable {
    package var words: (UInt64, UInt64, UInt64, UInt64)

    /// What stands before the first frame of every chain.
    package static let zero = FrameHash()

    package init() { words = (0, 0, 0, 0) }

    init(_ digest: SHA256.Digest) {
        self = digest.withUnsafeBytes { FrameHash($0, at: 0) }
    }

    package init?(bytes: [UInt8]) {
        guard bytes.count == FrameHash.size else { return nil }
        self = bytes.withUnsafeBytes { FrameHash($0, at: 0) }
    }

    /// Reads the 32 bytes at `at`, which the caller knows to be there.
    package init(_ raw: UnsafeRawBufferPointer, at: Int) {
        words = (
            raw.bigEndianWord(at), raw.bigEndianWord(at + 8), raw.bigEndianWord(at + 16),
            raw.bigEndianWord(at + 24)
        )
    }

    /// Bytes of a hash.
    package static let size = 32

    package var bytes: [UInt8] {
        var out = ByteWriter(capacity: FrameHash.size)
        out.hash(self)
        return out.bytes
    }

    /// The first 64 bits, which stand for the hash where an accident, not an attack, is to be
    /// noticed: peers are authenticated, and the hub computes every hash itself.
    package var prefix: UInt64 { words.0 }

    package static func == (a: FrameHash, b: FrameHash) -> Bool { a.words == b.words }
    package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}

extension ByteWriter {
    mutating func hash(_ hash: FrameHash) {
        var words = (
            hash.words.0.bigEndian, hash.words.1.bigEndian, hash.words.2.bigEndian,
            hash.words.3.bigEndian
        )
        withUnsafeBytes(of: &words) { raw($0) }
    }
}

/// Sixteen bytes that keep the hash of a change set from telling what is in it.
package struct Salt: Hashable, Sendable {
    package var high: UInt64
    package var low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads the 16 bytes at `at`, which the caller knows to be there.
    init(_ raw: UnsafeRawBufferPointer, at: Int) {
        self.init(high: raw.bigEndianWord(at), low: raw.bigEndianWord(at + 8))
    }

    package init(using random: inout some RandomNumberGenerator) {
        self.init(high: random.next(), low: random.next())
    }

    /// The salts of a frame's change sets. One hash gives two of them, and none tells another.
    package func derived(count: Int) -> [Salt] {
        var salts: [Salt] = []
        salts.reserveCapacity(count + 1)
        while salts.count < count {
            let (first, second) = derivedPair(salts.count / 2)
            salts.append(first)
            salts.append(second)
        }
        if salts.count > count { salts.removeLast() }
        return salts
    }

    /// The salts of change sets 2 * `index` and 2 * `index` + 1.
    func derivedPair(_ index: Int) -> (Salt, Salt) {
        var hasher = Hash()
        hasher.add(high, low, UInt64(index))
        let hash = hasher.finish()
        return (
            Salt(high: hash.words.0, low: hash.words.1), Salt(high: hash.words.2, low: hash.words.3)
        )
    }

    private static let shortSet = 512

    /// What stands for a change set in its frame's hash.
    package func hash(of changeSet: UnsafeRawBufferPointer) -> FrameHash {
        guard changeSet.count <= Salt.shortSet else {
            var hasher = Hash()
            hasher.add(high, low)
            hasher.add(changeSet)
            return hasher.finish()
        }
        // One run over a copy on the stack takes less than two over what is short.
        return withUnsafeTemporaryAllocation(byteCount: 16 + changeSet.count, alignment: 8) { all in
            all.storeBytes(of: high.bigEndian, as: UInt64.self)
            all.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            UnsafeMutableRawBufferPointer(rebasing: all[16...]).copyMemory(from: changeSet)
            return FrameHash(SHA256.hash(data: UnsafeRawBufferPointer(all)))
        }
    }
}

/// SHA-256 over words and bytes.
package struct Hash {
    private var hasher = SHA256()

    package init() {}

    package mutating func add(_ word: UInt64) {
        withUnsafeBytes(of: word.bigEndian) { hasher.update(bufferPointer: $0) }
    }

    mutating func add(_ a: UInt64, _ b: UInt64) {
        var words = (a.bigEndian, b.bigEndian)
        withUnsafeBytes(of: &words) { hasher.update(bufferPointer: $0) }
    }

    mutating func add(_ a: UInt64, _ b: UInt64, _ c: UInt64) {
        var words = (a.bigEndian, b.bigEndian, c.bigEndian)
        withUnsafeBytes(of: &words) { hasher.update(bufferPointer: $0) }
    }

    package mutating func add(_ bytes: UnsafeRawBufferPointer) {
        hasher.update(bufferPointer: bytes)
    }

    package mutating func add(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { hasher.update(bufferPointer: $0) }
    }

    package mutating func add(_ hash: FrameHash) {
        add(hash.words.0, hash.words.1)
        add(hash.words.2, hash.words.3)
    }

    package func finish() -> FrameHash { FrameHash(hasher.finalize()) }
}

/// The id of a child record, such as one of a patient's names: a hash of where it stands and of
/// its content at creation, so that the same import at two clinics makes the same children.
///
/// - Parameter parts: each enters with its length, so no two lists of parts are confused.
package func contentID(_ parts: [[UInt8]]) -> RecordID {
    var hasher = Hash()
    for part in parts {
        hasher.add(UInt64(part.count))
        hasher.add(part)
    }
    let hash = hasher.finish()
    return RecordID(hashed: hash.words.0, hash.words.1)
}
