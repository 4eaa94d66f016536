import Causality
import Hub
import Records
import Replica

/// The merged record, as an operator looks into it.
extension HubNode {
    private var documents: RecordDocument { RecordDocument(node: hub.node) }

    func showRecord(_ reference: String) throws -> Document {
        let (type, id) = try parts(of: reference)
        let document = try hub.node.store.reading { try documents.shown(type, id) }
        guard let document else { throw unknown(reference) }
        return document
    }

    func recordHistory(_ reference: String) throws -> Document {
        let (type, id) = try parts(of: reference)
        let document = try hub.node.store.reading { try documents.history(type, id) }
        guard let document else { throw unknown(reference) }
        return document
    }

    func reviewList() throws -> Document {
        try hub.node.store.reading { try documents.reviewItems() }
    }

    private func parts(of reference: String) throws -> (type: String, id: String) {
        guard let slash = reference.firstIndex(of: "/") else {
            throw CommandRefusal(
                400, "\(reference) names no record", remedy: "write it as TYPE/ID: Patient/p-17")
        }
        return (
            String(reference[..<slash]), String(reference[reference.index(after: slash)...])
        )
    }

    private func unknown(_ reference: String) -> CommandRefusal {
        CommandRefusal(
            404, "the hub has no record \(reference)",
            remedy: "check type and id; what a clinic has not sent yet is there only")
    }
}
