import Causality
import Foundation
import Hub
import Records
import Replica
import Sync

/// A district at rest, as files to copy: a hub, two clinics, patients that A has registered, and
/// that B holds or not. These files are also the backups that histories put back.
final class Template {
    let folder: String
    let isHeld: Bool
    let patients: [RecordID]
    let nodes: [NodeID]
    /// What each patient's registration wrote.
    private(set) var registrations: [PlainWrite] = []
    private(set) var numbers: [Stamp: Int] = [:]

    static let files = ["hub.sqlite", "a.sqlite", "b.sqlite"]

    /// - Parameters:
    ///   - isHeld: whether B holds the patients.
    init(patients count: Int, isHeld: Bool) throws {
        folder = try TrialFolder.make("template")
        self.isHeld = isHeld
        var random = SplitMix64(seed: 17)
        patients = (0..<count).map { _ in RecordID(using: &random) }
        var hub = try SmallDistrict.openHub(folder, seed: 1)
        nodes = try Side.allCases.map { side in
            let name = side.description
            let code = [UInt8](repeating: UInt8(side.rawValue), count: 8)
            let clinic = try hub.add(
                name, scope: .own, organization: name, codeID: code, verifier: [1],
                at: SmallDistrict.reading(0))
            _ = try hub.enrol(
                codeID: code, request: name, at: SmallDistrict.reading(0), verify: { _ in true },
                sign: { _, name in name })
            return clinic.node
        }
        try hub.close()
        let district = try SmallDistrict(startingIn: folder, nodes: nodes, patients: patients)
        try register(district)
        if isHeld { for patient in patients { try district.ask(patient) } }
        guard try district.drain() != nil else {
            throw Disagreement(history: "the beginning", found: "no rest")
        }
        try district.close()
        hub = try SmallDistrict.openHub(folder, seed: 1)
        try hub.close()
    }

    private func register(_ district: SmallDistrict) throws {
        for (index, patient) in patients.enumerated() {
            let stamp = try district.write(.a, purpose: "w\(index)") { transaction in
                let units = SmallSchema.units(.patient).map { unit, _ in
                    (unit, self.registered(unit, index))
                }
                try transaction.create(
                    RecordKey(entity: 1, id: patient), in: .patient(patient),
                    units.map { ($0.0, SmallSchema.value($0.1, .patient, $0.0)) })
                for (unit, value) in units {
                    self.registrations.append(
                        PlainWrite(
                            number: index, record: .patient, unit: unit, value: value, replaces: []
                        ))
                }
            }
            numbers[stamp] = index
        }
    }

    private func registered(_ unit: UInt8, _ number: Int) -> PlainValue {
        if unit == SmallSchema.registrar { return PlainValue(text: nodes[0].description) }
        return SmallSchema.value(.patient, unit, number)
    }

    /// Copies the files to a new folder.
    func copy() throws -> String {
        let copy = try TrialFolder.make("district")
        for file in Template.files { try copyFile(file, to: copy) }
        return copy
    }

    func copyFile(_ file: String, to folder: String) throws {
        for suffix in ["", "-wal", "-shm"] { unlink("\(folder)/\(file)\(suffix)") }
        try FileManager.default.copyItem(
            atPath: "\(self.folder)/\(file)", toPath: "\(folder)/\(file)")
    }

    func remove() { TrialFolder.remove(folder) }
}
