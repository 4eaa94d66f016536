/// The demo's own patients: a district with villages, families and clinics, made from one seed.
/// The same seed and number always make the same bytes, on every machine and in any order.
///
/// They come as FHIR R4 JSON: one transaction Bundle a patient, with PUT under ids that are kept,
/// so that importing one twice changes nothing.

import Causality

package struct DemoDistrict: Sendable {
    package let seed: UInt64
    package let name: String
    package let clinics: [DemoClinic]
    /// The day on which the data ends; no visit is later.
    package let today: CivilDay
    /// Whether some patients have an appointment to come. It is the clinic's own affair, so it
    /// isn't at the other clinics.
    package let hasAppointments: Bool
    let villages: [String]

    /// Patients of one household have numbers that follow each other.
    static let householdSize = 4

    package init(
        seed: UInt64, clinics: Int = 3, today: CivilDay = CivilDay(year: 2026, month: 10, day: 30),
        hasAppointments: Bool = false
    ) {
        precondition(clinics > 0)
        self.seed = seed
        self.today = today
        self.hasAppointments = hasAppointments
        var random = SplitMix64(seed: seed, kind: .district, number: 0)
        name = random.pick(DemoNames.districts)
        self.clinics = (0..<clinics).map { DemoClinic(number: $0, seed: seed) }
        villages = (0..<40).map { _ in
            random.pick(DemoNames.villageStems) + random.pick(DemoNames.villageEnds)
        }
    }

    /// The clinic at which the patient is registered: whole households go to one.
    package func clinic(ofPatient number: Int) -> DemoClinic {
        clinics[number / DemoDistrict.householdSize % clinics.count]
    }

    /// The numbers below `count` of the patients that are registered at a clinic.
    package func patients(ofClinic clinic: Int, below count: Int) -> [Int] {
        (0..<count).filter { $0 / DemoDistrict.householdSize % clinics.count == clinic }
    }

    package func patient(number: Int) -> DemoPatient { DemoPatient(number: number, of: self) }

    /// A FHIR transaction Bundle with all that is known of one patient, as UTF-8.
    package func bundle(number: Int) -> [UInt8] {
        patient(number: number).bundle(in: self).bytes
    }

    /// A FHIR transaction Bundle with the district's organisations, locations and practitioners.
    package func directoryBundle() -> [UInt8] { directory.bytes }
}

/// What one household has in common.
struct Household {
    let family: String
    let village: String
    let road: String
    let phone: String
    let language: (code: String, name: String)

    init(ofPatient number: Int, in district: DemoDistrict) {
        let household = number / DemoDistrict.householdSize
        var random = SplitMix64(seed: district.seed, kind: .household, number: household)
        family = random.pick(DemoNames.families)
        village = random.pick(district.villages)
        road = "\(random.between(1...299)) \(random.pick(DemoNames.roads))"
        phone = Household.mobile(using: &random)
        language = random.pick(DemoNames.languages)
    }

    static func mobile(using random: inout SplitMix64) -> String {
        let digits = padded(random.below(10_000_000), to: 7)
        return "+263 7\(random.pick(["1", "3", "7", "8"])) \(digits.prefix(3)) \(digits.suffix(4))"
    }
}
