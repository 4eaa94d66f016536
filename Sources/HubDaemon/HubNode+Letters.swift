import Causality
import FHIR
import Hub
import Replica
import Sync

/// Frames that are kept beside the record, and why.
extension HubNode {
    func letterList() throws -> Document {
        let letters = try hub.node.store.reading { try hub.letters.all() }
        return .list(letters.map { .object(members(of: $0)) })
    }

    /// Looks again at all that is parked and refused, and says of every letter what becomes of it.
    func retryLetters() throws -> Document {
        let before = hub.feedPositions
        let letters = try hub.retryLetters([.parked, .refused], at: SystemClock.reading())
        let after = hub.feedPositions
        committed(Set(after.filter { before[$0.key] != $0.value }.keys))
        func count(_ outcome: RetriedLetter.Outcome) -> Document {
            .count(letters.count { $0.outcome == outcome })
        }
        return [
            "retried": .count(letters.count), "applied": count(.applied),
            "parked": count(.parked), "refused": count(.refused),
            "letters": .list(
                letters.map { letter in
                    var members = members(of: letter.letter)
                    members["outcome"] = .text(letter.outcome.rawValue)
                    members["advice"] = .text(letter.advice)
                    return .object(members)
                }),
        ]
    }

    private func members(of letter: Letter) -> [String: Document] {
        [
            "id": .number(letter.id), "kind": .text(letter.kind == .parked ? "parked" : "refused"),
            "clinic": hub.clinics[letter.origin.node].document { .text($0.name) },
            "origin": .text(letter.origin.text), "sequence": .count(letter.sequence),
            "lane": .text("\(letter.origin.lane)"), "reason": .text(letter.reason),
            "since": .text(Moment.text(letter.since)),
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
