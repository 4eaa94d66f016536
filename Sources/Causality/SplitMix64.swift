/// A small, seedable random number generator, for everything that must be repeatable from one
/// number. Steele, Lea and Flood, *Fast Splittable Pseudorandom Number Generators* (2014),
/// figure 16. Not for secrets.
package struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A number from 0 to `bound - 1`, by the high half of a product (Lemire, *Fast Random Integer
    /// Generation in an Interval*, 2019, without its rejection step: the bias is below 2^-40 for
    /// bounds below 2^24). The standard library's own method may change between its versions, and
    /// what a seed makes must not.
    package mutating func below(_ bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// One of the values, all equally likely.
    package mutating func pick<Value>(_ values: [Value]) -> Value { values[below(values.count)] }
}
