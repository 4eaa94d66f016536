import Causality
import FHIR
import Records
import Replica
import Sync

/// What could not be taken, here or at the hub.
extension ClinicNode {
    func letterList() throws -> JSON {
        try read { _ in
            .array(
                try clinic.letters.all().map { letter in
                    [
                        "id": .number(Int(letter.id)),
                        "kind": letter.kind == .parked ? "parked" : "refused",
                        "origin": .string(letter.origin.text),
                        "sequence": .number(Int(letter.sequence)),
                        "lane": .string("\(letter.origin.lane)"), "reason": .string(letter.reason),
                        "since": .string(Moment.text(letter.since)),
                    ]
                })
        }
    }

    /// Applies what was parked and can be read now. What the hub refused stays refused: it has it.
    func retryLetters() throws -> JSON {
        let letters = try read { _ in try clinic.letters.all() }
        let parked = letters.filter { $0.kind == .parked }
        var applied = 0
        for letter in parked where try retry(letter) { applied += 1 }
        return [
            "retried": .number(parked.count), "applied": .number(applied),
            "parked": .number(parked.count - applied),
            "refused": .number(letters.count - parked.count),
        ]
    }

    private func retry(_ letter: Letter) throws -> Bool {
        let replica = clinic.replica
        let found = try read { _ in
            (
                try clinic.letters.bytes(letter.id),
                try replica.log.hash(
                    letter.origin, letter.sequence - 1),
                try replica.log.entry(letter.origin, letter.sequence) != nil
            )
        }
        guard let bytes = found.0, let frame = try? Frame(bytes: bytes), frame.isReadable else {
            return false
        }
        // Without the hash before it the frame has no place in its chain; the feed brings it again.
        guard found.2 || found.1 != nil else { return false }
        do {
            try clinic.write(at: MachineClock.now()) { _ in
                if !found.2, let previous = found.1 {
                    try replica.append(
                        frame, hash: frame.hash(after: previous), previous: previous)
                }
                try replica.apply(frame)
                try clinic.letters.remove(letter.id)
            }
            return true
        } catch is Malformed {
            return false
        }
    }

    // MARK: Holding

    /// Asks the hub to hold a patient's record here, or to hold it no longer.
    func ask(toHold wanted: Bool, patient: String) throws {
        try clinic.ask(
            toHold: wanted, patient: RecordID(patient), author: "", at: MachineClock.now())
        wakeExchange()
    }
}
