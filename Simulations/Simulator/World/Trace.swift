/// What happened, line by line, and a hash of all of it: two runs of one seed have the same.
package struct Trace {
    /// The lines that are kept, the latest last.
    package private(set) var lines: [String] = []
    /// FNV-1a, 64 bits (Fowler, Noll and Vo), of all lines.
    package private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    package private(set) var count = 0
    /// Where lines go as they come, for those who want to read along.
    private let sink: ((String) -> Void)?
    private static let most = 400

    init(sink: ((String) -> Void)? = nil) { self.sink = sink }

    mutating func add(_ line: String) {
        for byte in line.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash = (hash ^ 10) &* 0x100_0000_01B3
        count += 1
        if let sink {
            sink(line)
            return
        }
        if lines.count >= 2 * Trace.most { lines.removeFirst(Trace.most) }
        lines.append(line)
    }

    /// The latest lines.
    package var tail: [String] { Array(lines.suffix(Trace.most)) }

    static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// A hash of numbers, word by word; the high half of what each came to is folded into the low
    /// one, where multiplication alone would not carry it.
    static func hash(words: [UInt64]) -> UInt64 {
        words.reduce(0xCBF2_9CE4_8422_2325) { hash, word in
            let product = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
            return product ^ product >> 32
        }
    }
}
