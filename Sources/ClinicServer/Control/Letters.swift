import Causality
import FHIR
import Records
import Replica
import Sync

/// What could not be taken, here or at the hub.
extension ClinicNode {
    func letterList() throws -> JSON {
        try read { _ in .array(try clinic.letters.all().map(\.json)) }
    }

    /// Applies what was parked and can be read now, and says of every letter what becomes of it.
    func retryLetters() throws -> JSON {
        let letters = try clinic.retryLetters()
        // What is loaded anew is asked for at once.
        if letters.contains(where: { $0.outcome == .loading }) { hurry() }
        if letters.contains(where: { $0.outcome == .applied }) { indexBell.ring() }
        func count(_ outcomes: RetriedLetter.Outcome...) -> JSON {
            .number(letters.count { outcomes.contains($0.outcome) })
        }
        return [
            "retried": .number(letters.count { $0.letter.kind == .parked }),
            "applied": count(.applied, .loading, .released), "parked": count(.parked),
            "refused": count(.refused), "letters": .array(letters.map(\.json)),
        ]
    }

    // MARK: Holding

    /// Asks the hub to hold a patient's record here, or to hold it no longer.
    func ask(toHold wanted: Bool, patient: String) throws {
        try clinic.ask(
            toHold: wanted, patient: RecordID(patient), author: "", at: MachineClock.now())
        wakeExchange()
    }
}

extension Letter {
    fileprivate var json: JSON {
        [
            "id": .number(Int(id)), "kind": kind == .parked ? "parked" : "refused",
            "origin": .string(origin.text), "sequence": .number(Int(sequence)),
            "lane": .string("\(origin.lane)"), "reason": .string(reason),
            "since": .string(Moment.text(since)),
        ]
    }
}

extension RetriedLetter {
    fileprivate var json: JSON {
        var json = letter.json
        json.set("outcome", .string(outcome.rawValue))
        json.set("advice", .string(advice))
        return json
    }

    /// What a person is to do about it, or need not do.
    private var advice: String {
        switch outcome {
        case .applied: "it is in the record now; nothing is left to do"
        case .loading:
            "what it wrote into is loaded anew from the hub, which has it: wait for the next "
                + "exchange, or run syncctl sync"
        case .released: "nothing of it is held here any more; nothing is left to do"
        case .parked:
            "this version can't read it: upgrade clinicd, which tries it again when it starts"
        case .refused:
            switch refusal {
            case .wrongScope:
                "the hub never takes this, so nothing is to be tried again: only that clinic writes "
                    + "its own affairs. Have it entered there; what was written stays in this list"
            case .wrongOrigin:
                "the hub never takes this, so nothing is to be tried again: report it, and enter "
                    + "again what it says"
            case .malformed, nil:
                "only the hub can try this again: have it updated, and syncctl letters retry run "
                    + "there; this letter ends by itself once the hub has taken it"
            }
        }
    }
}
