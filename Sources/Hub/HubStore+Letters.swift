import Causality
import Records
import Replica
import Sync

/// What was put aside is looked at again: after an upgrade, and when an operator asks.
extension HubStore {
    /// Tries letters again, each in a transaction of its own. One that is taken goes into the record
    /// and the feeds as if it came now, and its author is told.
    ///
    /// - Parameter kinds: parked ones, refused ones, or both.
    package func retryLetters(
        _ kinds: Set<Letter.Kind>, at now: ClockReading
    ) throws -> [RetriedLetter] {
        let all = try node.store.reading { try letters.all() }.filter { kinds.contains($0.kind) }
        return try all.map { try retry($0, at: reading(now).now) }
    }

    private func retry(_ letter: Letter, at now: UInt64) throws -> RetriedLetter {
        let kept: RetriedLetter.Outcome = letter.kind == .parked ? .parked : .refused
        guard let bytes = try node.store.reading({ try letters.bytes(letter.id) }),
            let frame = try? Frame(bytes: bytes), frame.isReadable
        else { return RetriedLetter(letter, kept) }
        do {
            try node.transaction {
                guard let entry = try node.log.entry(letter.origin, letter.sequence) else {
                    throw Malformed.invalid("place of a letter")
                }
                try checkScope(frame)
                try rank(frame, at: now)
                // First, so that it counts as arrived.
                try letters.remove(letter.id)
                try node.log.restore(entry.position, with: frame)
                try distribute(
                    frame, try applied(frame), position: entry.position, hash: entry.hash,
                    again: true)
                try saveFeeds()
            }
            return RetriedLetter(letter, .applied)
        } catch is Malformed {
            return RetriedLetter(letter, kept)
        } catch HubRefusal.wrongScope {
            return RetriedLetter(try refused(letter, .wrongScope), .refused)
        }
    }

    /// What was parked can be read now, and is refused.
    private func refused(_ letter: Letter, _ reason: RefusalReason) throws -> Letter {
        guard letter.kind == .parked else { return letter }
        var letter = letter
        (letter.kind, letter.reason) = (.refused, reason.description)
        try node.transaction { try letters.refuse(letter.id, reason: letter.reason) }
        return letter
    }
}
