import Causality
import Records
import Replica

/// What can't be taken is laid aside, and tried again after an upgrade.
extension Clinic {
    private static let loadsName = "chunksTaken"

    /// How many chunks of state this replica has ever taken.
    private var loads: UInt64 {
        get throws { try replica.store.metaNumber(Clinic.loadsName) ?? 0 }
    }

    /// Counts a chunk that is taken in the current transaction.
    func countLoad() throws { try replica.store.setMeta(Clinic.loadsName, loads + 1) }

    /// Lays a frame aside that can't be taken. Feeds may each bring some of its change sets.
    func park(_ frame: Frame, after previous: FrameHash, _ reason: String) throws {
        let (origin, sequence) = (frame.header.origin, frame.header.sequence)
        guard let known = try letters.letter(origin, sequence) else {
            return try letters.add(
                .parked, origin, sequence, reason: reason, since: time.highWaterMark,
                bytes: frame.bytes, previous: previous, loads: loads)
        }
        guard known.kind == .parked, let bytes = try letters.bytes(known.id),
            let mine = try? Frame(bytes: bytes)
        else { return }
        guard mine.hash(after: previous) == frame.hash(after: previous) else {
            throw Malformed.invalid("two frames of one sequence")
        }
        try letters.replace(known.id, bytes: mine.joined(with: frame).bytes)
    }

    /// Takes a frame of this clinic's own of which the hub says that it has taken it after all: what
    /// it wrote into is loaded anew, with it.
    func takeRetaken(_ origin: Origin, _ sequence: UInt64) throws {
        guard origin.node == node, let entry = try replica.log.entry(origin, sequence) else {
            return
        }
        if let letter = try letters.letter(origin, sequence), letter.kind == .refused {
            try letters.remove(letter.id)
        }
        guard entry.frame.isReadable else { return }
        try entry.frame.forEachChangeSet { _, reader in
            guard let root = try replica.tables.root(reader.compartment), let feed = feed(of: root)
            else { return }
            try loadAnew([root], feed)
        }
    }

    // MARK: Trying again

    /// Tries what is parked again, each letter in a transaction of its own. What the hub refused is
    /// the hub's to take: it stays.
    package func retryLetters() throws -> [RetriedLetter] {
        let all = try replica.store.reading { try letters.all() }
        return try all.map { RetriedLetter($0, try retry($0)) }
    }

    private func retry(_ letter: Letter) throws -> RetriedLetter.Outcome {
        guard letter.kind == .parked else { return .refused }
        guard let bytes = try replica.store.reading({ try letters.bytes(letter.id) }),
            let frame = try? Frame(bytes: bytes), frame.isReadable
        else { return .parked }
        do {
            return try replica.transaction {
                let outcome = try take(letter, frame)
                try saveFeeds()
                return outcome
            }
        } catch is Malformed {
            return .parked
        }
    }

    /// Takes a letter's change sets of what is held here, into the log and the record.
    private func take(_ letter: Letter, _ frame: Frame) throws -> RetriedLetter.Outcome {
        let entry = try replica.log.entry(letter.origin, letter.sequence)
        var places: [Int: (feed: FeedKind, root: RootReference)] = [:]
        try frame.forEachChangeSet { index, reader in
            // What came once more meanwhile, and could be read then, has been applied.
            if letter.origin.node != node, case .present = entry?.frame.parts[index] { return }
            let root = try replica.tables.makeRoot(reader.compartment).root
            if let feed = feed(of: root) { places[index] = (feed, root) }
        }
        try letters.remove(letter.id)
        guard !places.isEmpty else { return .released }
        let isLogged = try log(letter, frame.withholding { places[$0] != nil }, entry)
        guard try isLogged && letter.loads == loads else {
            for index in places.keys.sorted() {
                try loadAnew([places[index]!.root], places[index]!.feed)
            }
            return .loading
        }
        // What is being loaded comes with all that the hub has, and so with this.
        try replica.apply(frame) { index, _ in
            places[index].map { joins(of: $0.root, by: $0.feed).isEmpty } ?? false
        }
        return .applied
    }

    /// Puts a letter's frame into the log. Returns whether it has a place there.
    private func log(
        _ letter: Letter, _ frame: Frame, _ entry: FrameLog.Entry?
    ) throws -> Bool {
        if let entry {
            if letter.origin.node != node { try replica.complete(entry, with: frame) }
            return true
        }
        let before = try replica.log.hash(letter.origin, letter.sequence - 1)
        guard let previous = letter.previous ?? before else { return false }
        try replica.append(frame, hash: frame.hash(after: previous), previous: previous)
        return true
    }
}
