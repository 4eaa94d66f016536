import Causality

/// Streams of chance, each by a name of its own, so that leaving one fault out of a history leaves
/// the draws of all others as they were.
struct Chance {
    private var generator: SplitMix64

    init(seed: UInt64, _ name: String) {
        let tag = Trace.hash(name.utf8)
        var mixed = SplitMix64(seed: seed &+ tag &* 0x9E37_79B9_7F4A_7C15)
        generator = SplitMix64(seed: mixed.next())
    }

    mutating func number() -> UInt64 { generator.next() }

    /// A number below `bound`; 0 where that is 0.
    mutating func below(_ bound: UInt64) -> UInt64 {
        bound == 0 ? 0 : generator.next(upperBound: bound)
    }

    mutating func below(_ bound: Int) -> Int { Int(below(UInt64(max(0, bound)))) }

    mutating func within(_ range: ClosedRange<UInt64>) -> UInt64 {
        range.lowerBound + below(range.upperBound - range.lowerBound + 1)
    }

    mutating func within(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + below(range.upperBound - range.lowerBound + 1)
    }

    /// Whether something comes about that does so `perMille` times in a thousand.
    mutating func comes(_ perMille: Int) -> Bool { below(1000) < perMille }

    mutating func pick<T>(_ items: [T]) -> T { items[below(items.count)] }

    /// A wait with this mean, in milliseconds; never 0.
    mutating func wait(mean: UInt64) -> UInt64 { 1 + below(2 * max(1, mean)) }
}

extension Chance: RandomNumberGenerator {
    mutating func next() -> UInt64 { generator.next() }
}

/// Milliseconds.
enum Period {
    static let second: UInt64 = 1000
    static let minute: UInt64 = 60 * second
    static let hour: UInt64 = 60 * minute
    static let day: UInt64 = 24 * hour

    static func text(_ milliseconds: UInt64) -> String {
        if milliseconds >= 2 * day { return "\(milliseconds / day) days" }
        if milliseconds >= 2 * hour { return "\(milliseconds / hour) h" }
        if milliseconds >= 2 * minute { return "\(milliseconds / minute) min" }
        if milliseconds >= 2 * second { return "\(milliseconds / second) s" }
        return "\(milliseconds) ms"
    }
}
