import Causality
import Records
import Replica

/// The merge engine alone, on SQLite: every small history of three replicas, and of each history
/// every order in which its frames may arrive.
///
/// What happens at a replica is a function of what happened there before, and replicas share
/// nothing. So a history is three sequences, one a replica, and their interleaving. The sequences
/// are executed one by one on the real store, sharing what they begin with (a savepoint each);
/// after every step of each, all that is kept is compared with the plain model. How many histories
/// that makes is the number of interleavings, which are counted, not executed.
package struct EngineOrders {
    package struct Options: Sendable {
        /// Every history of so many transactions is executed.
        package var acts = 3
        /// Of the histories of one transaction more, one in so many; 0 for none.
        package var oneIn = 0
        package var deeds = Deed.allCases
        /// The most frames of a history.
        package var frames = 4
        package var planted = Planted()

        package init() {}
    }

    package struct Count: Sendable, Equatable {
        /// Sets of transactions that differ in who wrote what, having heard what.
        package var programs = 0
        /// Their interleavings at three replicas.
        package var histories = 0
        /// Sequences of one replica, each executed to its end.
        package var orders = 0
        /// Steps executed, each followed by a comparison of everything.
        package var steps = 0
        /// Frames that came again.
        package var repeats = 0
        /// Programs of the next length, executed and left out.
        package var longer = 0
        package var leftOut = 0
    }

    private let options: Options
    private let replica: TrialReplica
    private var interleavings = Interleavings()
    private var clock = ClockCase.equal
    package private(set) var count = Count()
    private let progress: (Count) -> Void

    package static func run(
        _ options: Options, progress: @escaping (Count) -> Void = { _ in }
    ) throws -> Count {
        var orders = EngineOrders(options, try TrialReplica(), progress)
        defer { orders.replica.remove() }
        try orders.replica.node.transaction { try orders.runAll() }
        return orders.count
    }

    private init(_ options: Options, _ replica: TrialReplica, _ progress: @escaping (Count) -> Void)
    {
        self.options = options
        self.replica = replica
        self.progress = progress
    }

    private mutating func runAll() throws {
        for clock in ClockCase.allCases {
            self.clock = clock
            var model = PlainModel()
            model.wrong = options.planted.wrong
            try extend(Program(model: model), by: options.acts)
        }
    }

    /// Transactions with the frames that they made.
    private struct Program {
        var history = SmallHistory()
        var parcels: [Parcel] = []
        var model: PlainModel

        /// What the author of an act wrote before it.
        func own(_ act: Act) -> HLC {
            let own = history.own(act.author).last { $0.first < act.first }
            return own.map { parcels[$0.first].stamp.hlc } ?? .zero
        }
    }

    private mutating func extend(_ program: Program, by left: Int) throws {
        for act in program.history.next(options.deeds, framesAtMost: options.frames) {
            guard act.deed.isPossible(program.model, act.seen) else { continue }
            if left == 0 {
                count.longer += 1
                if count.longer % options.oneIn != 0 {
                    count.leftOut += 1
                    continue
                }
            }
            let longer = try perform(act, in: program)
            if left <= 1 { try execute(longer) }
            if left > 1 || left == 1 && options.oneIn > 0 { try extend(longer, by: left - 1) }
        }
    }

    private func perform(_ act: Act, in program: Program) throws -> Program {
        var longer = program
        longer.history = program.history.adding(act)
        let writes = act.deed.writes(act.first, Seen(program.model, act.seen))
        try replica.trying {
            for number in act.seen.sorted() { try replica.receive(program.parcels[number]) }
            longer.parcels += try replica.perform(act, clock, after: heard(act, program))
        }
        guard longer.parcels.count == longer.history.frames.count else {
            throw Disagreement(
                history: longer.history.description, found: "a write made another number of frames")
        }
        for parcel in longer.parcels[act.first...] {
            longer.model.stamps[parcel.number] = PlainStamp(parcel.stamp)
        }
        longer.model.writes += writes
        return longer
    }

    /// Where the author's clock stands: it adopts what it hears, or not.
    private func heard(_ act: Act, _ program: Program) -> HLC {
        guard clock == .equal else { return program.own(act) }
        return act.seen.map { program.parcels[$0].stamp.hlc }.max() ?? .zero
    }

    // MARK: One program

    private mutating func execute(_ program: Program) throws {
        var run = Run(program)
        for author in 0..<SmallHistory.replicas {
            run.own = program.history.own(author)
            // Replicas that write nothing are all alike.
            if author > 0, run.own.isEmpty, program.history.own(author - 1).isEmpty { continue }
            try step(&run, [])
        }
        count.programs += 1
        count.histories += interleavings.count(program.history)
        if count.programs % 256 == 0 { progress(count) }
    }

    private struct Run {
        let program: Program
        let stamps: [Int: Stamp]
        var own: [Act] = []
        private var expected: [Set<Int>: Content] = [:]
        private var asked: [Set<Int>: [AskedFor]] = [:]

        init(_ program: Program) {
            self.program = program
            stamps = Dictionary(uniqueKeysWithValues: program.parcels.map { ($0.number, $0.stamp) })
        }

        mutating func expected(_ known: Set<Int>) -> Content {
            if let content = expected[known] { return content }
            let content = Content.expected(program.model, known, TrialReplica.patient, stamps)
            expected[known] = content
            return content
        }

        mutating func asked(_ known: Set<Int>) -> [AskedFor] {
            if let items = asked[known] { return items }
            let items = AskedFor.expected(program.model, known)
            asked[known] = items
            return items
        }
    }

    /// Goes every way on from what has come, in order, to a replica.
    private mutating func step(_ run: inout Run, _ come: [Int]) throws {
        let known = Set(come)
        let next = run.own.first { !known.contains($0.first) }
        if let act = next, act.seen == known {
            // The author has heard just what they had heard when they wrote.
            try taking(&run, come + act.frames) { orders, run in
                try orders.write(act, again: run.program)
            }
            return
        }
        let mine = Set(run.own.flatMap(\.frames))
        let waiting = run.program.parcels.filter { parcel in
            !known.contains(parcel.number) && !mine.contains(parcel.number)
                && next.map { $0.seen.contains(parcel.number) } != false
        }
        for parcel in waiting {
            try taking(&run, come + [parcel.number]) { orders, _ in
                try orders.replica.receive(parcel)
            }
        }
        guard waiting.isEmpty else { return }
        count.orders += 1
        guard try asked() == run.asked(known) else {
            throw disagreement(run, come, "review items")
        }
    }

    private func asked() throws -> [AskedFor] {
        try AskedFor.found(replica.node)[.patient(TrialReplica.patient)] ?? []
    }

    /// Takes one step, looks at everything, goes on, and takes it back.
    private mutating func taking(
        _ run: inout Run, _ come: [Int], _ body: (EngineOrders, Run) throws -> Void
    ) throws {
        count.steps += 1
        try replica.trying {
            try body(self, run)
            if let damage = options.planted.damage { try replica.node.store.execute(damage.sql) }
            let known = Set(come)
            let found = try Content(replica.node, TrialReplica.patient, sum: replica.sum)
            let expected = run.expected(known)
            guard found == expected else {
                throw disagreement(run, come, "found \(found)\nexpected \(expected)")
            }
            for number in come {
                guard try replica.has(run.program.parcels[number]) else {
                    throw disagreement(run, come, "frame \(number) would be applied twice")
                }
                count.repeats += 1
            }
            try step(&run, come)
        }
    }

    /// Writes at the author's own replica, by the path of local writes: whatever way brought it to
    /// what the author had heard, the frames are the same bytes.
    private func write(_ act: Act, again program: Program) throws {
        let made = try replica.perform(act, clock, after: heard(act, program))
        guard made.map(\.frame) == act.frames.map({ program.parcels[$0].frame }) else {
            throw Disagreement(
                history: program.history.description,
                found: "another order of what was heard made other bytes of what was written")
        }
    }

    private func disagreement(_ run: Run, _ come: [Int], _ what: String) -> Disagreement {
        let order = come.map(String.init).joined(separator: ", ")
        let at = run.own.first.map { "at replica \($0.author)" } ?? "at a replica that only hears"
        return Disagreement(
            history: "\(clock) clocks: \(run.program.history); order \(order) \(at)", found: what)
    }
}

extension PlainStamp {
    init(_ stamp: Stamp) {
        self.init(
            time: stamp.hlc.rawValue, node: stamp.origin.node.rawValue,
            life: stamp.origin.incarnation.rawValue, lane: stamp.origin.lane.rawValue)
    }
}
