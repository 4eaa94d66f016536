import Causality
import FHIR
import Hub
import Replica
import Sync

/// Frames that are kept beside the record, and why.
extension HubNode {
    func letterList() throws -> Document {
        let letters = try hub.node.store.reading { try hub.letters.all() }
        return .list(
            letters.map { letter in
                [
                    "id": .number(letter.id),
                    "kind": .text(letter.kind == .parked ? "parked" : "refused"),
                    "clinic": hub.clinics[letter.origin.node].document { .text($0.name) },
                    "origin": .text(letter.origin.text),
                    "sequence": .count(letter.sequence), "lane": .text("\(letter.origin.lane)"),
                    "reason": .text(letter.reason), "since": .text(Moment.text(letter.since)),
                ]
            })
    }

    /// Tries again to apply what is parked. What was refused is a clinic's to send anew.
    func retryLetters() throws -> Document {
        let before = hub.feedPositions
        let parked = try hub.node.store.reading { try hub.letters.count(.parked) }
        try hub.node.transaction { try hub.retryParked() }
        let after = hub.feedPositions
        committed(Set(after.filter { before[$0.key] != $0.value }.keys))
        let (left, refused) = try hub.node.store.reading {
            (try hub.letters.count(.parked), try hub.letters.count(.refused))
        }
        return [
            "retried": .count(parked), "applied": .count(parked - left), "parked": .count(left),
            "refused": .count(refused),
        ]
    }
}
