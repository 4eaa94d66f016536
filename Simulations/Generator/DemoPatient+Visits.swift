import Causality

extension DemoPatient {
    /// What the visits of a patient depend on.
    struct Person {
        var number: Int
        var born: CivilDay
        var isWoman: Bool

        func ageInYears(on day: CivilDay) -> Int { max(0, (day.number - born.number) * 4 / 1461) }
    }

    /// One to four visits, oldest first, the last in the past weeks.
    static func visits(
        of person: Person, allergicTo allergies: [Allergy], in district: DemoDistrict,
        using random: inout SplitMix64
    ) -> [Visit] {
        let clinic = district.clinic(ofPatient: person.number)
        let excluded = allergies.flatMap(\.substance.excludes)
        var days = [random.between(1...40)]
        while days.count < 4 && random.chance(percent: 45) {
            days.append(days[days.count - 1] + random.between(14...300))
        }
        var chronic: Set<String> = []
        var visits: [Visit] = []
        let past = days.reversed().map { district.today - $0 }.filter { $0 > person.born }
        for day in past.isEmpty ? [district.today] : past {
            let isLast = day == past.last ?? district.today
            let illness = illness(for: person, on: day, using: &random)
            let isKnown = chronic.contains(illness.code)
            if illness.isChronic { chronic.insert(illness.code) }
            visits.append(
                visit(
                    of: person, on: day, isLast: isLast, illness: illness, isKnown: isKnown,
                    practitioner: random.pick(clinic.practitioners), excluded: excluded,
                    using: &random))
        }
        return visits
    }

    private static func visit(
        of person: Person, on day: CivilDay, isLast: Bool, illness: Illness, isKnown: Bool,
        practitioner: DemoPractitioner, excluded: [Medicine], using random: inout SplitMix64
    ) -> Visit {
        let vitals = Vitals(
            ageInDays: day.number - person.born.number, isWoman: person.isWoman,
            isFebrile: illness.isFebrile, using: &random)
        let isChild = person.ageInYears(on: day) < 14
        // Every tenth patient has something to take now, for a demo that changes the dose.
        let isSure = isLast && person.number % 10 == 0
        var medicines: [Medicine] = []
        if let medicine = illness.medicine, isSure || random.chance(percent: 85) {
            medicines.append(medicine)
        } else if isSure {
            medicines.append(.paracetamol)
        }
        if illness.isFebrile && illness.medicine != .paracetamol && random.chance(percent: 40) {
            medicines.append(.paracetamol)
        }
        return Visit(
            encounterID: random.uuid(), observationIDs: vitals.measures.map { _ in random.uuid() },
            conditionID: isKnown ? nil : random.uuid(),
            prescriptions: medicines.map { wanted in
                let medicine =
                    !excluded.contains(wanted)
                    ? wanted : wanted == .ibuprofen ? .paracetamol : .azithromycin
                let id = random.uuid()
                return Prescription(
                    id: id, isActive: isLast, medicine: medicine,
                    dose: isChild ? medicine.dose.child : medicine.dose.adult)
            },
            practitioner: practitioner, day: day, minute: random.between(8 * 60...15 * 60 + 30),
            length: random.between(8...45), illness: illness, vitals: vitals)
    }

    private static func illness(
        for person: Person, on day: CivilDay, using random: inout SplitMix64
    ) -> Illness {
        let age = person.ageInYears(on: day)
        let fitting = Illness.all.filter {
            switch $0.fits {
            case .anyone: true
            case .children: age < 14
            case .adults: age >= 18
            case .women: person.isWoman && (16...45).contains(age)
            }
        }
        return random.pick(fitting)
    }
}
