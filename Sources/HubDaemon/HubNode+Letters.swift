import Causality
import FHIR
import Hub
import Replica
import Sync

/// Frames that are kept beside the record, and why.
extension HubNode {
    func letterList() throws -> JSON {
        let letters = try hub.node.store.reading { try hub.letters.all() }
        return .array(letters.map(json))
    }

    /// Looks again at all that is parked and refused, and says of every letter what becomes of it.
    func retryLetters() throws -> JSON {
        let before = hub.feedPositions
        let letters = try hub.retryLetters([.parked, .refused], at: SystemClock.reading())
        let after = hub.feedPositions
        committed(Set(after.filter { before[$0.key] != $0.value }.keys))
        func count(_ outcome: RetriedLetter.Outcome) -> JSON {
            .number(letters.count { $0.outcome == outcome })
        }
        return [
            "retried": .number(letters.count), "applied": count(.applied),
            "parked": count(.parked), "refused": count(.refused),
            "letters": .array(
                letters.map { letter in
                    var json = json(letter.letter)
                    json.set("outcome", .string(letter.outcome.rawValue))
                    json.set("advice", .string(letter.advice))
                    return json
                }),
        ]
    }

    private func json(_ letter: Letter) -> JSON {
        [
            "id": .number(letter.id),
            "kind": .string(letter.kind == .parked ? "parked" : "refused"),
            "clinic": hub.clinics[letter.origin.node].map { .string($0.name) } ?? .null,
            "origin": .string(letter.origin.text), "sequence": .number(letter.sequence),
            "lane": .string("\(letter.origin.lane)"), "reason": .string(letter.reason),
            "since": .string(Moment.text(letter.since)),
        ]
    }
}

extension RetriedLetter {
    /// What a person is to do about it, or need not do.
    fileprivate var advice: String {
        switch outcome {
        case .applied, .loading, .released:
            "it is in the record now, and its clinic learns of it at its next exchange"
        case .parked: "this version can't read it: upgrade hubd, which tries it again at its start"
        case .refused:
            switch refusal {
            case .wrongScope, .wrongOrigin:
                "it is refused for ever, whatever the version: have what it says entered where it "
                    + "belongs"
            case .malformed, nil:
                "it breaks this version's schema still: update hubd and try again, and report it if "
                    + "that doesn't help"
            }
        }
    }
}
