import Causality

/// A person who treats patients.
package struct DemoPractitioner: Sendable {
    package let id: String
    let given: String
    let family: String
    let sex: String
    /// The number in the register of the profession.
    let registration: String
    /// What a register calls the person's profession.
    let qualification: String
}

/// A clinic of the district: an Organization, its Location and its Practitioners.
package struct DemoClinic: Sendable {
    package let name: String
    package let organizationID: String
    package let locationID: String
    package let practitioners: [DemoPractitioner]
    let village: String
    let phone: String
    /// Two letters that its card numbers begin with.
    let cardPrefix: String

    init(number: Int, seed: UInt64) {
        var random = SplitMix64(seed: seed, kind: .clinic, number: number)
        let stem = DemoNames.villageStems[
            (number * 7 + Int(seed % 5)) % DemoNames.villageStems.count]
        village = stem + random.pick(DemoNames.villageEnds)
        name = "\(village) \(DemoNames.clinicKinds[number % DemoNames.clinicKinds.count])"
        organizationID = random.uuid()
        locationID = random.uuid()
        phone = "+263 29 2\(padded(random.below(100_000), to: 5))"
        let letters = village.uppercased().filter(\.isLetter)
        cardPrefix = String(letters.prefix(2))
        practitioners = (0..<4).map { place in
            let isWoman = random.chance(percent: 60)
            return DemoPractitioner(
                id: random.uuid(), given: random.pick(isWoman ? DemoNames.women : DemoNames.men),
                family: random.pick(DemoNames.families), sex: isWoman ? "female" : "male",
                registration: "RN-\(padded(10_000 + random.below(90_000), to: 5))",
                qualification: ["Clinical officer", "Nurse", "Midwife", "Nurse"][place])
        }
    }
}
