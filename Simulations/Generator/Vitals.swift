import Causality

/// The vital signs of one visit, plausible for the age.
struct Vitals: Sendable {
    /// One Observation: a LOINC code, its name, and a figure in UCUM, or two for blood pressure.
    struct Measure: Sendable {
        var code: String
        var name: String
        var value: String
        var unit: Unit
    }

    struct Unit: Sendable {
        /// As people write it.
        var name: String
        /// UCUM.
        var code: String
        static let celsius = Unit(name: "°C", code: "Cel")
        static let perMinute = Unit(name: "/min", code: "/min")
        static let kilogram = Unit(name: "kg", code: "kg")
        static let centimetre = Unit(name: "cm", code: "cm")
        static let percent = Unit(name: "%", code: "%")
        static let mercury = Unit(name: "mmHg", code: "mm[Hg]")
    }

    /// What was measured beside the blood pressure.
    private(set) var single: [Measure] = []
    /// Systolic and diastolic; nil for small children.
    private(set) var pressure: (systolic: Int, diastolic: Int)?

    /// All Observations of the visit; blood pressure is one, without a value of its own.
    var measures: [Measure] {
        pressure == nil
            ? single
            : single + [
                Measure(code: "85354-9", name: "Blood pressure panel", value: "", unit: .mercury)
            ]
    }

    init(ageInDays: Int, isWoman: Bool, isFebrile: Bool, using random: inout SplitMix64) {
        let age = max(0, ageInDays) / 365
        let isChild = age < 14
        let temperature = isFebrile ? random.between(378...399) : random.between(361...372)
        let pulse = random.between(isChild ? 85...125 : 60...95) + (isFebrile ? 15 : 0)
        single = [
            Measure(
                code: "8310-5", name: "Body temperature", value: Vitals.tenths(temperature),
                unit: .celsius),
            Measure(code: "8867-4", name: "Heart rate", value: "\(pulse)", unit: .perMinute),
            Measure(
                code: "29463-7", name: "Body weight",
                value: Vitals.tenths(Vitals.weight(age, isWoman, using: &random)), unit: .kilogram),
        ]
        if age > 16 && random.chance(percent: 40) {
            let height = (isWoman ? 150 : 160) + random.below(25)
            single.append(
                Measure(
                    code: "8302-2", name: "Body height", value: "\(height)", unit: .centimetre))
        }
        if isFebrile {
            let rate = random.between(isChild ? 24...44 : 16...28)
            let oxygen = random.between(91...99)
            single += [
                Measure(
                    code: "9279-1", name: "Respiratory rate", value: "\(rate)", unit: .perMinute),
                Measure(
                    code: "59408-5", name: "Oxygen saturation by pulse oximetry",
                    value: "\(oxygen)", unit: .percent),
            ]
        }
        if age >= 10 {
            pressure = (random.between(98...126) + age / 2, random.between(60...80) + age / 6)
        }
    }

    /// In tenths of a kilogram.
    private static func weight(
        _ age: Int, _ isWoman: Bool, using random: inout SplitMix64
    ) -> Int {
        if age == 0 { return random.between(38...95) }
        if age < 14 { return 80 + age * 24 + random.below(30) }
        return (isWoman ? 480 : 540) + random.below(320)
    }

    private static func tenths(_ value: Int) -> String { "\(value / 10).\(value % 10)" }
}
