import ControlServer
import FHIR
import Hub
import Replica

/// The merged record, as an operator looks into it.
extension HubNode {
    func showRecord(_ reference: String) throws -> JSON {
        let (type, id) = try parts(of: reference)
        let json = try hub.node.store.reading { try RecordView(hub.node).shown(type, id) }
        guard let json else { throw unknown(reference) }
        return json
    }

    func recordHistory(_ reference: String) throws -> JSON {
        let (type, id) = try parts(of: reference)
        let json = try hub.node.store.reading {
            var history = RecordHistory(hub.node)
            return try history.json(type, id)
        }
        guard let json else { throw unknown(reference) }
        return json
    }

    func reviewList() throws -> JSON {
        try hub.node.store.reading { try RecordView(hub.node).reviewItems() }
    }

    private func parts(of reference: String) throws -> (type: String, id: String) {
        guard let parts = ResourceName.parts(of: reference) else {
            throw ControlRefusal(
                400, "\(reference) names no record", remedy: "write it as TYPE/ID: Patient/p-17")
        }
        return parts
    }

    private func unknown(_ reference: String) -> ControlRefusal {
        ControlRefusal(
            404, "the hub has no record \(reference)",
            remedy: "check type and id; what a clinic has not sent yet is there only")
    }
}
