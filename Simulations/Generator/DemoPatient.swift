import Causality

/// One invented patient with their visits. The ids are those of the resources in the patient's
/// Bundle, for a demo that goes on to edit them.
package struct DemoPatient: Sendable {
    package let number: Int
    package let id: String
    /// AllergyIntolerance resources. Every tenth patient (number 0, 10, 20, …) has at least one.
    package let allergies: [Allergy]
    package let visits: [Visit]
    /// Every tenth patient has at least one prescription that is active.
    package var prescriptions: [Prescription] { visits.flatMap(\.prescriptions) }

    /// One or two words; empty where the patient has a single name.
    package let family: String
    package let given: [String]
    package let sex: String
    /// FHIR's date: a day, a month or only a year.
    package let birthDate: String
    let born: CivilDay
    let isChild: Bool
    /// The number in a register of the country, and on the clinic's card.
    let nationalNumber: String
    let cardNumber: String
    let ownPhone: String?
    let household: Household
    let kin: String?

    package struct Allergy: Sendable {
        package let id: String
        let substance: Substance
        let reaction: String
        let isSevere: Bool
        let recorded: CivilDay
    }

    package struct Visit: Sendable {
        package let encounterID: String
        package let observationIDs: [String]
        package let conditionID: String?
        package let prescriptions: [Prescription]
        let practitioner: DemoPractitioner
        let day: CivilDay
        /// Of the day.
        let minute: Int
        let length: Int
        let illness: Illness
        let vitals: Vitals
    }

    package struct Prescription: Sendable {
        package let id: String
        package let isActive: Bool
        let medicine: Medicine
        let dose: String
    }

    init(number: Int, of district: DemoDistrict) {
        var random = SplitMix64(seed: district.seed, kind: .patient, number: number)
        let clinic = district.clinic(ofPatient: number)
        let household = Household(ofPatient: number, in: district)
        let place = number % DemoDistrict.householdSize
        let age =
            switch place {
            case 0, 1: random.between(19...58)
            case 2: random.between(0...17)
            default: random.chance(percent: 25) ? random.between(60...88) : random.between(0...12)
            }
        let isWoman = place == 0 || (place > 1 && random.chance(percent: 50))
        self.number = number
        self.household = household
        id = random.uuid()
        born = district.today - (age * 365 + age / 4 + random.between(1...364))
        isChild = age < 14
        sex = isWoman ? "female" : "male"
        // Some people have one name, written here as the only given one.
        let hasOneName = random.chance(percent: 6)
        let names = isWoman ? DemoNames.women : DemoNames.men
        let first = random.pick(names)
        let second = random.pick(names)
        given =
            hasOneName || first == second || random.chance(percent: 55) ? [first] : [first, second]
        family = hasOneName ? "" : household.family
        birthDate = DemoPatient.known(born, age: age, using: &random)
        nationalNumber = DemoPatient.nationalNumber(number, using: &random)
        cardNumber = DemoPatient.checked("\(clinic.cardPrefix)-\(padded(number + 1, to: 6))")
        ownPhone = age > 15 && random.chance(percent: 70) ? Household.mobile(using: &random) : nil
        kin = random.chance(percent: 30) ? random.pick(DemoNames.women) : nil
        allergies = DemoPatient.allergies(of: number, born: born, in: district, using: &random)
        visits = DemoPatient.visits(
            of: Person(number: number, born: born, isWoman: isWoman), allergicTo: allergies,
            in: district, using: &random)
    }

    /// A birth as it is known: the older, the more often only the year.
    private static func known(_ born: CivilDay, age: Int, using random: inout SplitMix64) -> String
    {
        let percent = age > 55 ? 50 : age > 18 ? 12 : 3
        if random.chance(percent: percent) { return String(born.text.prefix(4)) }
        if random.chance(percent: 4) { return String(born.text.prefix(7)) }
        return born.text
    }

    private static func nationalNumber(_ number: Int, using random: inout SplitMix64) -> String {
        let letter = random.pick(["A", "B", "F", "G", "K", "M", "R", "T"])
        return "63-\(padded(number, to: 6))\(random.below(10))-\(letter)-\(random.between(10...86))"
    }

    /// The number with a check digit after it, by the method of Luhn (ISO/IEC 7812-1, annex B) over
    /// its digits.
    private static func checked(_ text: String) -> String {
        var sum = 0
        for (place, digit) in text.compactMap(\.wholeNumberValue).reversed().enumerated() {
            let weighed = place % 2 == 0 ? digit * 2 : digit
            sum += weighed / 10 + weighed % 10
        }
        return "\(text)-\((10 - sum % 10) % 10)"
    }

    private static func allergies(
        of number: Int, born: CivilDay, in district: DemoDistrict, using random: inout SplitMix64
    ) -> [Allergy] {
        guard number % 10 == 0 || random.chance(percent: 12) else { return [] }
        let substance = random.pick(Substance.all)
        let recorded = max(born, district.today - random.between(30...1500))
        return [
            Allergy(
                id: random.uuid(), substance: substance, reaction: random.pick(substance.reactions),
                isSevere: random.chance(percent: 30), recorded: recorded)
        ]
    }
}
