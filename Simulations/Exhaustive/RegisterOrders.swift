import Causality
import Records

/// The register alone, as a value: every history of some writes of one unit, every order of their
/// stamps, and every order in which they arrive, by every policy.
///
/// A history says of each write which of those before it its author had heard, any of them, and
/// perhaps that one write was replaced before it got its name. Every order of arrival is executed,
/// and the register is compared after each step with what the plain model says of the set that
/// has arrived; what each policy shows of that, and asks, is compared once a set.
package struct RegisterOrders {
    package struct Count: Sendable, Equatable {
        package var histories = 0
        package var orders = 0
        package var steps = 0
        /// Sets of writes of which every policy was asked what shows.
        package var sets = 0
    }

    package struct Options: Sendable {
        /// Histories of up to so many writes, with every order of their stamps.
        package var writes = 4
        /// Of histories of one write more, so many orders of their stamps, spread over all.
        package var stampOrdersOfLonger = 9
        package var wrong: PlainModel.Wrong?

        package init() {}
    }

    static let words = ["arrived", "finished", "booked", "arrived", "lost"]
    static let order = Policy.Order(["booked", "arrived", "finished"])
    static let policies: [(Policy, PlainPolicy)] = [
        (.latest, .last), (.review(nil), .lastAndAsk), (.review(order), .furthestAndAsk),
        (.progress(order), .furthest), (.once, .firstAndAsk), (.append, .firstAndAsk),
    ]

    private let options: Options
    private let progress: (Count) -> Void
    package private(set) var count = Count()

    package static func run(
        _ options: Options, progress: @escaping (Count) -> Void = { _ in }
    ) throws -> Count {
        var orders = RegisterOrders(options: options, progress: progress)
        for writes in 1...options.writes {
            for ranks in permutations(writes) {
                try orders.histories(ranks, bornReplaced: true)
            }
        }
        let longer = permutations(options.writes + 1)
        let apart = max(1, longer.count / max(1, options.stampOrdersOfLonger))
        for index in 0..<options.stampOrdersOfLonger where index * apart < longer.count {
            try orders.histories(longer[index * apart], bornReplaced: false)
        }
        return orders.count
    }

    private init(options: Options, progress: @escaping (Count) -> Void) {
        self.options = options
        self.progress = progress
    }

    static func permutations(_ count: Int) -> [[Int]] {
        guard count > 0 else { return [[]] }
        return permutations(count - 1).flatMap { shorter in
            (0...shorter.count).map { place in
                var longer = shorter
                longer.insert(count - 1, at: place)
                return longer
            }
        }
    }

    /// Every history whose writes have stamps in the order of `ranks`.
    private mutating func histories(_ ranks: [Int], bornReplaced: Bool) throws {
        let pairs = ranks.count * (ranks.count - 1) / 2
        for heard in 0..<(1 << pairs) {
            try history(ranks, heard, born: nil)
            guard bornReplaced else { continue }
            for write in ranks.indices { try history(ranks, heard, born: write) }
        }
    }

    private struct History {
        var model = PlainModel()
        var stamps: [Stamp] = []
        var values: [Value] = []
        var replaces: [[Stamp]] = []
        /// What each set of arrivals must come to, by its bits.
        var expected: [Register] = []
    }

    private mutating func history(_ ranks: [Int], _ heard: Int, born: Int?) throws {
        let history = try makeHistory(ranks, heard, born: born)
        try arrive(history, Register(), 0, "ranks \(ranks), heard \(heard), born \(born ?? -1)")
        count.histories += 1
        if count.histories % 4096 == 0 { progress(count) }
    }

    private mutating func makeHistory(_ ranks: [Int], _ heard: Int, born: Int?) throws -> History {
        var history = History()
        history.model.wrong = options.wrong
        var bits = heard
        for write in ranks.indices {
            // Two of three clocks read the same, so that the name decides.
            let reading = HLC(rawValue: UInt64(1000 + ranks[write] / 2))
            let origin = Origin(
                node: NodeID(rawValue: UInt64(1 + ranks[write] % 2)),
                incarnation: Incarnation(rawValue: UInt64(ranks[write])), lane: .care)
            history.stamps.append(Stamp(hlc: reading, origin: origin))
            history.values.append(.text(RegisterOrders.words[write]))
            let seen = Set((0..<write).filter { bits >> $0 & 1 == 1 })
            bits >>= write
            var replaced = Set(history.model.standing(.name, 1, seen).map(\.number))
            if write == born { replaced.insert(write) }
            history.replaces.append(replaced.sorted().map { history.stamps[$0] })
            let place = RegisterOrders.order.values.firstIndex(of: RegisterOrders.words[write])
            history.model.stamps[write] = PlainStamp(history.stamps[write])
            history.model.writes.append(
                PlainWrite(
                    number: write, record: .name, unit: 1,
                    value: PlainValue(text: RegisterOrders.words[write], place: place ?? -1),
                    replaces: replaced))
        }
        for set in 0..<(1 << ranks.count) {
            history.expected.append(
                expected(history, Set(ranks.indices.filter { set >> $0 & 1 == 1 })))
            try show(history, set)
        }
        return history
    }

    private func expected(_ history: History, _ known: Set<Int>) -> Register {
        Register(
            siblings: history.model.standing(.name, 1, known).map {
                Sibling(stamp: history.stamps[$0.number], value: history.values[$0.number])
            },
            remembered: Set(history.model.awaited(.name, 1, known).map { history.stamps[$0] }))
    }

    /// What every policy shows of a set, and whether it asks.
    private mutating func show(_ history: History, _ set: Int) throws {
        let known = Set(history.stamps.indices.filter { set >> $0 & 1 == 1 })
        let register = history.expected[set]
        for (policy, plain) in RegisterOrders.policies {
            let shown = register.shown(by: policy) { $0.hlc }
            let expected = history.model.shown(.name, 1, plain, known)
            guard shown?.stamp == expected.map({ history.stamps[$0.number] }),
                register.needsReview(by: policy) == history.model.asks(.name, 1, plain, known)
            else {
                throw Disagreement(
                    history: "\(register)", found: "\(policy) shows \(String(describing: shown))")
            }
        }
        count.sets += 1
    }

    private mutating func arrive(
        _ history: History, _ register: Register, _ come: Int, _ name: @autoclosure () -> String
    ) throws {
        guard come != history.expected.count - 1 else {
            count.orders += 1
            return
        }
        for write in history.stamps.indices where come >> write & 1 == 0 {
            var next = register
            next.write(
                history.values[write], stamp: history.stamps[write],
                replacing: history.replaces[write])
            count.steps += 1
            // As where the log is asked what has arrived: such a stamp can't come again.
            for (earlier, stamp) in history.stamps.enumerated() where come >> earlier & 1 == 1 {
                if history.replaces[write].contains(stamp) { next.forget(stamp) }
            }
            let set = come | 1 << write
            guard next == history.expected[set] else {
                throw Disagreement(
                    history: "\(name()); \(write) comes to \(register)",
                    found: "\(next), not \(history.expected[set])")
            }
            try arrive(history, next, set, name())
        }
    }
}
