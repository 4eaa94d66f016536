import Causality
import Records
import Replica

/// A disk was cloned, or a virtual machine rolled back: under one incarnation two lives wrote.
/// What the hub doesn't hold byte for byte is issued again under a new one, with new names
/// throughout; what the other life wrote comes back from the hub.
extension Clinic {
    func addFork(_ origin: Origin, different: UInt64) {
        // Where nothing is here, as an answer to older heads may find it, nothing can differ.
        guard different > 0, cuts[origin] == nil, !forks.contains(where: { $0.origin == origin })
        else { return }
        forks.append(Fork(origin: origin, alike: 0, different: different))
    }

    /// The next probe, if a fork's beginning is not known yet.
    package func probe() throws -> ProbeRequest? {
        guard let fork = forks.first else { return nil }
        let span = fork.different - fork.alike
        let count = min(UInt64(ProbeRequest.width), span)
        let samples = try replica.store.reading {
            try (1...count).map { step in
                let sequence = fork.alike + span * step / count
                return (sequence, try replica.log.hash(fork.origin, sequence)?.prefix ?? 0)
            }
        }
        return ProbeRequest(
            incarnation: fork.origin.incarnation, lane: fork.origin.lane, samples: samples)
    }

    /// Takes the answer to a probe.
    package func apply(_ bytes: [UInt8], to probe: ProbeRequest) throws {
        let answer = try MessageParts(sealed: bytes).read { (reader) throws(Malformed) in
            guard try reader.plain.byte() == ProbeAnswer.kind else {
                throw .invalid("kind of an answer")
            }
            return try ProbeAnswer(&reader)
        }
        guard answer.alike <= probe.samples.count,
            let index = forks.firstIndex(where: {
                $0.origin.incarnation == probe.incarnation && $0.origin.lane == probe.lane
            })
        else { throw Malformed.invalid("number of samples") }
        if answer.alike > 0 { forks[index].alike = probe.samples[answer.alike - 1].sequence }
        if answer.alike < probe.samples.count {
            forks[index].different = probe.samples[answer.alike].sequence
        } else {
            // All alike: the hub has caught up in between, and there is no fork.
            forks.remove(at: index)
            return
        }
        let fork = forks[index]
        guard fork.different <= fork.alike + 1 else { return }
        forks.remove(at: index)
        cuts[fork.origin] = fork.alike
        #if PLANTED
            if Planted.is(.forkCutLate) { cuts[fork.origin] = fork.different }
        #endif
        try replica.transaction {
            try settleForks()
            try saveFeeds()
        }
    }

    /// Issues again what was written since the lives parted, once all lanes of an incarnation have
    /// been probed.
    func settleForks() throws {
        guard forks.isEmpty, !cuts.isEmpty else { return }
        let parted = Set(cuts.keys.map(\.incarnation))
        var all: [Origin: UInt64] = [:]
        for origin in ownOrigins where parted.contains(origin.incarnation) {
            all[origin] = cuts[origin] ?? replica.head(origin)!.acknowledged
        }
        if parted.contains(incarnation) { try startIncarnation(hlc: hlc) }
        try reissue(after: all)
        cuts = [:]
    }

    private func reissue(after cuts: [Origin: UInt64]) throws {
        var old: [Frame] = []
        for (origin, cut) in cuts.sorted(by: { $0.key < $1.key }) {
            try replica.log.forEach(origin, after: cut) { entry in
                old.append(entry.frame)
                return true
            }
        }
        old.sort { ($0.header.hlc, $0.header.sequence) < ($1.header.hlc, $1.header.sequence) }
        for (origin, cut) in cuts { try replica.cut(origin, after: cut) }
        let sets = try old.map { frame in
            var sets: [ChangeSet] = []
            try frame.forEachChangeSet { _, reader in
                sets.append(try ChangeSet(&reader, schema: replica.schema))
            }
            return sets
        }
        let replacedAgain = Reissue.replaced(sets)
        var reissue = Reissue(replaced: replacedAgain)
        for (frame, sets) in zip(old, sets) where !sets.isEmpty {
            try issueAgain(frame, sets, &reissue)
        }
    }

    private func issueAgain(_ frame: Frame, _ sets: [ChangeSet], _ reissue: inout Reissue) throws {
        let origin = Origin(node: node, incarnation: incarnation, lane: frame.header.origin.lane)
        guard let next = hlc.ticked(at: 0) else { throw WriteRefusal.clockExhausted }
        hlc = next
        let (old, new) = (frame.header.stamp, Stamp(hlc: next, origin: origin))
        reissue.names[old] = new
        var encoded: [[UInt8]] = []
        for set in sets {
            let root = try replica.tables.makeRoot(set.compartment).root
            let isHere = try isHere(set.compartment, root)
            var renamed = set
            for (index, change) in set.changes.enumerated() {
                let record = try replica.reader.record(change.key, in: set.compartment)
                for (position, write) in change.units.enumerated() {
                    let siblings = record?.register(write.unit)?.siblings ?? []
                    // What is here of a compartment that is not held, or that has yet to be loaded,
                    // says nothing: another life's write may never have been applied to it.
                    let isDead =
                        isHere && record != nil && !siblings.contains { $0.stamp == old }
                        && !reissue.isReplaced(old, change.key, write.unit)
                    let again = try reissue.renamed(write, as: isDead ? new : nil)
                    renamed.changes[index].units[position] = again
                    // Under its old name it may be on its way to the hub, and come back from there.
                    if isDead {
                        try replica.remember(change.key, write.unit, in: root, replaced: old)
                    }
                    try replica.rename(
                        change.key, write.unit, in: root, from: old, to: new,
                        value: write.unit == Unit.deletion
                            ? .bytes(WireValue.encoded(again.value)) : nil)
                }
            }
            encoded.append(renamed.encoded(stamp: new))
        }
        let header = FrameHeader(
            origin: origin, sequence: (replica.head(origin)?.sequence ?? 0) + 1, hlc: next,
            quality: frame.header.quality, author: frame.header.author,
            purpose: frame.header.purpose)
        _ = try replica.append(
            Frame(header: header, salt: Salt(using: &random), changeSets: encoded))
    }

    /// Whether a compartment is held, and all that the hub had of it has come.
    private func isHere(_ compartment: Compartment, _ root: RootReference) throws -> Bool {
        guard let feed = feed(of: compartment, root) else { return false }
        let joins = joins(of: root, by: feed)
        return try joins.isEmpty || chunk(of: root, joins) != nil
    }
}

/// The new names of a re-issue.
private struct Reissue {
    struct Place: Hashable {
        var stamp: Stamp
        var key: RecordKey
        var unit: UInt8
    }

    var names: [Stamp: Stamp] = [:]
    private let replaced: Set<Place>

    init(replaced: Set<Place>) { self.replaced = replaced }

    /// The stamps that the sets to be issued again replace themselves.
    static func replaced(_ sets: [[ChangeSet]]) -> Set<Place> {
        var places: Set<Place> = []
        for change in sets.joined().flatMap(\.changes) {
            for write in change.units {
                for stamp in write.replaces {
                    places.insert(Place(stamp: stamp, key: change.key, unit: write.unit))
                }
            }
        }
        return places
    }

    func isReplaced(_ stamp: Stamp, _ key: RecordKey, _ unit: UInt8) -> Bool {
        replaced.contains(Place(stamp: stamp, key: key, unit: unit))
    }

    /// A write under the new names of what it replaces.
    ///
    /// - Parameter born: its own new name, where a set that stays has replaced it: it is born
    ///   replaced, by itself.
    func renamed(_ write: UnitWrite, as born: Stamp?) throws -> UnitWrite {
        var again = write
        again.replaces = write.replaces.map { names[$0] ?? $0 }
        #if PLANTED
            if Planted.is(.reissueKeepsReplaced) { again.replaces = write.replaces }
        #endif
        if let born { again.replaces.append(born) }
        if write.unit == Unit.deletion { again.value = try renamed(write.value) }
        return again
    }

    private func renamed(_ value: Value) throws -> Value {
        #if PLANTED
            if Planted.is(.reissueForgetsDeleteLists) { return value }
        #endif
        guard case .bytes(let bytes) = value else { return value }
        let list = try DeleteList.decoded(bytes)
        func renamed(_ stamps: [Stamp]) -> [Stamp] { stamps.map { names[$0] ?? $0 } }
        return .bytes(DeleteList(renamed(list.listed), settled: renamed(list.settled)).encoded)
    }
}
