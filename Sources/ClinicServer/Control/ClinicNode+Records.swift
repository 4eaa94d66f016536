import ControlServer
import FHIR
import Sync

/// The record as it is kept here, with who wrote what.
extension ClinicNode {
    func showRecord(_ type: String, _ id: String) throws -> JSON {
        let json = try read { _ in try RecordView(clinic.replica).shown(type, id) }
        guard let json else { throw unknown(type) }
        return json
    }

    func recordHistory(_ type: String, _ id: String) throws -> JSON {
        let json = try read { _ in
            var history = RecordHistory(clinic.replica)
            return try history.json(type, id)
        }
        guard let json else { throw unknown(type) }
        return json
    }

    func reviewList() throws -> JSON {
        try read { _ in try RecordView(clinic.replica).reviewItems() }
    }

    private func unknown(_ type: String) -> ControlRefusal {
        ControlRefusal(
            404, "there is no \(type) of this id here",
            remedy: "check it, or ask for the patient's record with syncctl hold")
    }
}
