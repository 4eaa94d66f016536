import District
import FHIR
import Foundation
import Generator

/// The story of one district: its hub, its three clinics, and what was found of them.
final class Story: Sendable {
    let district: RunningDistrict
    let demo: DemoDistrict
    let narrator: Narrator
    /// Patients that are registered before the hub goes away, and after.
    static let patients = 300
    static let laterPatients = 900

    init(seed: UInt64, narrator: Narrator) async throws {
        self.narrator = narrator
        demo = DemoDistrict(seed: seed, clinics: 3)
        narrator.heading("A district from nothing (seed \(seed))")
        narrator.tell(
            """
            One hub and three clinics, each a process of its own with a folder of its own, that \
            meet over TLS 1.3 on this machine. The hub makes its own certificate authority; each \
            clinic joins with a code that can be used once.
            """)
        district = try await RunningDistrict()
    }

    /// Runs a body, and ends all processes however it ends.
    func closing(_ body: () async throws -> Void) async throws {
        do { try await body() } catch {
            await district.remove()
            throw error
        }
        await district.remove()
    }

    var clinics: [Daemon] { district.clinics }

    func tell() async throws {
        try await enrol()
        try await importPatients()
        try await stopHub()
        let edits = try await editOnBothSides()
        try await killDuringImport()
        try await bringHubBack()
        try await compare()
        try await check(edits)
        try await settle(edits)
        try await showTable()
        try await end()
    }

    // MARK: Parts

    func enrol() async throws {
        for place in demo.clinics.indices {
            _ = try await district.addClinic("clinic-\(place + 1)")
        }
        narrator.result("The hub and \(clinics.count) clinics run and know each other.")
    }

    func importPatients() async throws {
        narrator.heading("\(Story.patients) patients, and everybody sees them")
        narrator.tell(
            """
            Families of the district, with their visits, prescriptions and allergies, are \
            imported where they live, as FHIR bundles. In this district every clinic holds every \
            patient, so that whoever walks in is known.
            """)
        try await importDirectory()
        let results = try await withThrowingTaskGroup(of: (Int, JSON).self) { group in
            for place in clinics.indices {
                let folder = try write(
                    demo.patients(ofClinic: place, below: Story.patients), for: clinics[place])
                group.addTask { [self] in
                    (place, try await runImport(folder, at: clinics[place]))
                }
            }
            return try await group.reduce(into: [Int: JSON]()) { $0[$1.0] = $1.1 }
        }
        for place in clinics.indices {
            let created = results[place]?.integer("created") ?? 0
            narrator.result("\(clinics[place].name): \(created) resources imported.")
        }
        let time = try await district.converge(within: .seconds(60))
        narrator.result("All exchanged and equal \(Narrator.seconds(time)) after the last import.")
        for clinic in clinics {
            let found = try await patientCount(clinic)
            try require(found == Story.patients, "\(clinic.name) has \(found) patients")
        }
    }

    private func importDirectory() async throws {
        let answer = try await clinics[0].take(demo.directoryBundle())
        try require(answer["refused"]?.isEmpty == true, "the directory was refused")
    }

    /// Writes a bundle a patient, and returns their folder.
    func write(_ numbers: [Int], for clinic: Daemon) throws -> String {
        let folder = "\(clinic.folder)/import-\(numbers.first ?? 0)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        for number in numbers {
            let digits = String(number)
            let name = String(repeating: "0", count: 5 - digits.count) + digits
            try Data(demo.bundle(number: number))
                .write(to: URL(filePath: "\(folder)/patient-\(name).json"))
        }
        return folder
    }

    func runImport(_ folder: String, at clinic: Daemon) async throws -> JSON {
        let run = try await clinic.syncctl("import", folder, "--json")
        let result = try run.expecting(0).json()
        try require(result["refused"]?.isEmpty == true, "an import at \(clinic.name) was refused")
        return result
    }

    func patientCount(_ clinic: Daemon) async throws -> Int {
        try await RecordSet.read(from: clinic, types: ["Patient"]).count
    }

    func require(_ condition: Bool, _ what: String) throws {
        guard condition else { throw DistrictFailure.unexpected("A promise was broken: \(what).") }
    }
}
