import Causality

extension SplitMix64 {
    /// A generator for one numbered thing of a kind, so that each can be made without the others.
    init(seed: UInt64, kind: Kind, number: Int) {
        var mixer = SplitMix64(seed: seed &+ kind.rawValue)
        self.init(seed: mixer.next() ^ (UInt64(number) &* 0xD6E8_FEB8_6659_FD93))
    }

    /// What is drawn; each kind has its own numbers.
    enum Kind: UInt64 { case district = 1, clinic, household, patient, appointment }

    mutating func between(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + below(range.count)
    }

    /// Whether something of that likelihood happens.
    mutating func chance(percent: Int) -> Bool { below(100) < percent }

    /// A UUID of version 4 as FHIR has it: 36 lower-case characters.
    mutating func uuid() -> String {
        let high = (next() & 0xFFFF_FFFF_FFFF_0FFF) | 0x4000
        let low = (next() & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000
        let digits = hex(high) + hex(low)
        var text = ""
        for (at, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(at) { text.append("-") }
            text.append(digit)
        }
        return text
    }

    private func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// A number in decimal digits, with zeros before it.
func padded(_ number: Int, to width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
