/// One transaction of a history: who wrote what, having heard what.
struct Act: Sendable {
    /// One of the three replicas.
    var author: Int
    var deed: Deed
    /// The numbers of the frames that the author had: all of their own, any of the others'. A
    /// stick carries a frame past those that it follows.
    var seen: Set<Int>
    /// The number of the first frame that it makes.
    var first: Int

    var frames: Range<Int> { first..<first + deed.frames }
}

/// Transactions at three replicas, and with them every way in which their frames may travel.
struct SmallHistory: Sendable, CustomStringConvertible {
    static let replicas = 3

    private(set) var acts: [Act] = []

    var frames: Range<Int> { 0..<(acts.last?.frames.upperBound ?? 0) }

    func own(_ author: Int) -> [Act] { acts.filter { $0.author == author } }

    func adding(_ act: Act) -> SmallHistory {
        var longer = self
        longer.acts.append(act)
        return longer
    }

    /// Every transaction that may come next. Replicas are numbered as they first write: another
    /// numbering is the same history under other names.
    func next(_ deeds: [Deed], framesAtMost limit: Int) -> [Act] {
        let authors = min((acts.map(\.author).max() ?? -1) + 2, SmallHistory.replicas)
        var all: [Act] = []
        for author in 0..<authors {
            let own = own(author)
            let had = own.reduce(into: Set<Int>()) { $0.formUnion($1.seen.union($1.frames)) }
            let others = frames.filter { !had.contains($0) }
            for choice in 0..<(1 << others.count) {
                let heard = others.indices.filter { choice >> $0 & 1 == 1 }.map { others[$0] }
                for deed in deeds where frames.upperBound + deed.frames <= limit {
                    all.append(
                        Act(
                            author: author, deed: deed, seen: had.union(heard),
                            first: frames.upperBound))
                }
            }
        }
        return all
    }

    var description: String {
        acts.map { act in
            let seen = act.seen.sorted().map(String.init).joined(separator: ", ")
            return "replica \(act.author), having \(seen.isEmpty ? "nothing" : seen), \(act.deed)"
                + " (\(act.frames.map(String.init).joined(separator: ", ")))"
        }.joined(separator: "; ")
    }
}

/// Counts the histories: the orders in which writes and deliveries may happen at three replicas.
///
/// What happens at one replica depends on nothing but what happened there before, so the orders
/// of each replica are executed one by one, and the ways in which they interleave are counted.
struct Interleavings {
    private var known: [[Int]: Int] = [:]

    mutating func count(_ history: SmallHistory) -> Int {
        let shape = history.acts.flatMap { act in
            [act.author, act.deed.frames] + act.seen.sorted() + [-1]
        }
        if let count = known[shape] { return count }
        let count = Interleavings.count(history)
        known[shape] = count
        return count
    }

    /// The linear extensions of "happens before", by the sets of events that have happened.
    private static func count(_ history: SmallHistory) -> Int {
        let before = events(history)
        var ways = [Int](repeating: 0, count: 1 << before.count)
        ways[0] = 1
        for set in ways.indices where ways[set] > 0 {
            for event in before.indices
            where set >> event & 1 == 0 && before[event] & set == before[event] {
                ways[set | 1 << event] += ways[set]
            }
        }
        return ways[ways.count - 1]
    }

    /// For each event the events that come before it.
    private static func events(_ history: SmallHistory) -> [Int] {
        var places: [[Int]: Int] = [:]
        for (index, _) in history.acts.enumerated() { places[[index]] = places.count }
        for replica in 0..<SmallHistory.replicas {
            for (index, act) in history.acts.enumerated() where act.author != replica {
                for frame in act.frames { places[[index, replica, frame]] = places.count }
            }
        }
        var before = [Int](repeating: 0, count: places.count)
        for (name, event) in places where name.count == 3 {
            before[event] |= 1 << places[[name[0]]]!
            for (index, act) in history.acts.enumerated() where act.author == name[1] {
                let write = places[[index]]!
                if act.seen.contains(name[2]) {
                    before[write] |= 1 << event
                } else {
                    before[event] |= 1 << write
                }
            }
        }
        for author in 0..<SmallHistory.replicas {
            let own = history.acts.indices.filter { history.acts[$0].author == author }
            for (earlier, later) in zip(own, own.dropFirst()) {
                before[places[[later]]!] |= 1 << places[[earlier]]!
            }
        }
        return before
    }
}
