import Causality

extension SplitMix64 {
    /// A number from 0 to `bound - 1`, by the high half of a product (Lemire, *Fast Random Integer
    /// Generation in an Interval*, 2019, without its rejection step: the bias is below 2^-40
    /// here). The standard library's own method may change between its versions, and the
    /// workload must not.
    mutating func below(_ bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// One of the values, all equally likely.
    mutating func pick<Value>(_ values: [Value]) -> Value { values[below(values.count)] }
}
