import Causality

/// What can befall bytes on their way, or in the hands of someone who means harm.
struct Mutation {
    var random: SplitMix64
    /// What is cut into the bytes: other valid samples.
    let others: [[UInt8]]

    /// 2^63-1 as a varint, and the largest number of 64 bits, and one of 70 bits.
    static let hugeNumbers: [[UInt8]] = [
        Array(repeating: 0xFF, count: 8) + [0x7F], Array(repeating: 0xFF, count: 9) + [0x01],
        Array(repeating: 0xFF, count: 10) + [0x01],
    ]

    mutating func applied(to bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<1 + random.next() % 3 { mutate(&bytes) }
        return bytes
    }

    private mutating func at(_ bytes: [UInt8]) -> Int { Int(random.next() % UInt64(bytes.count)) }

    private mutating func mutate(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        let at = at(bytes)
        switch random.next() % 9 {
        case 0, 1: bytes[at] ^= 1 << UInt8(random.next() % 8)
        case 2: bytes[at] = UInt8(truncatingIfNeeded: random.next())
        case 3: bytes.removeSubrange(at...)
        case 4: bytes.removeSubrange(at..<min(bytes.count, at + Int(random.next() % 8) + 1))
        case 5:
            let number = Mutation.hugeNumbers.randomElement(using: &random)!
            bytes.replaceSubrange(at...at, with: number)
        case 6:
            let other = others.randomElement(using: &random)!
            let from = Int(random.next() % UInt64(other.count + 1))
            bytes.replaceSubrange(at..., with: other[from...])
        case 7:
            let end = min(bytes.count, at + Int(random.next() % 32) + 1)
            bytes.insert(contentsOf: bytes[at..<end], at: at)
        default:
            // A small step up or down: what a count that is off by one looks like.
            bytes[at] = bytes[at] &+ (random.next() % 2 == 0 ? 1 : 255)
        }
    }
}
