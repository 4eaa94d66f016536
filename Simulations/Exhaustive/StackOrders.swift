/// The whole stack of a hub and two clinics: every interleaving of small histories, each played
/// from its beginning on real files and brought to rest.
///
/// Steps that touch no machine in common leave the same bytes in either order; of histories that
/// differ in such an order alone one is played.
package struct StackOrders {
    package struct Options: Sendable {
        /// Every history of up to so many steps is played in a district of its own.
        package var alone = 2
        /// Every history of up to so many steps is played beside others.
        package var steps = 3
        /// Of the longer histories, by length, those are played in which machines do one in so
        /// many of the things that they may do.
        package var oneIn: [Int: Int] = [:]
        package var alphabet = Step.all
        package var planted = Planted()

        package init() {}
    }

    package struct Count: Sendable, Equatable {
        /// Histories played, by their length.
        package var histories: [Int: Int] = [:]
        /// In how many orders of their steps, where all of a length were played.
        package var orders: [Int: Int] = [:]
        /// Of the histories played, those in districts of their own.
        package var alone = 0
        /// Histories of two disasters at once.
        package var keptOut = 0
        /// Of the lengths that were not played whole, what machines may do, and what was played.
        package var ways: [Int: Int] = [:]
        package var waysPlayed: [Int: Int] = [:]
        package var districts = 0
        package var messages = 0
        /// The most messages that it took to come to rest.
        package var longestDrain = 0

        package var all: Int { histories.values.reduce(0, +) }
    }

    private let options: Options
    private let alphabet: Alphabet
    private let progress: (Count) -> Void
    private var count = Count()
    private let isHeld: Bool
    private var templates: [Int: Template] = [:]

    package static func run(
        _ options: Options, progress: @escaping (Count) -> Void = { _ in }
    ) throws -> Count {
        var count = Count()
        for isHeld in [true, false] {
            var orders = StackOrders(options, isHeld, count, progress)
            defer { for template in orders.templates.values { template.remove() } }
            try orders.runAll()
            count = orders.count
        }
        return count
    }

    private init(
        _ options: Options, _ isHeld: Bool, _ count: Count, _ progress: @escaping (Count) -> Void
    ) {
        self.options = options
        self.isHeld = isHeld
        self.count = count
        self.progress = progress
        alphabet = Alphabet(options.alphabet)
    }

    private var start: Traffic { Traffic(isHeld: isHeld) }

    private mutating func runAll() throws {
        let longest = max(options.alone, options.steps, options.oneIn.keys.max() ?? 0)
        for length in 0...longest {
            let isWhole = length <= max(options.alone, options.steps)
            guard isWhole || options.oneIn[length] != nil else { continue }
            if isWhole { count.orders[length, default: 0] += alphabet.count(length, start) }
            for machines in ways(length, oneIn: isWhole ? 1 : options.oneIn[length]!) {
                let group = SideBySide(machines, length: length, alphabet, isHeld: isHeld)
                if length <= options.alone || !SideBySide.canShare(machines) {
                    for play in group.plays { try playAlone(play) }
                } else {
                    for part in group.parts { try playTogether(part, length) }
                }
            }
        }
    }

    /// What machines may do in histories of a length: all of it, or one in so many.
    private mutating func ways(_ length: Int, oneIn: Int) -> [[Step]] {
        var ways: [[Step]] = []
        var all = 0
        for steps in 0...length {
            alphabet.machines(steps, start) { machines in
                all += 1
                if all % oneIn == oneIn / 2 { ways.append(machines) }
            }
        }
        if oneIn > 1 {
            count.ways[length, default: 0] += all
            count.waysPlayed[length, default: 0] += ways.count
        }
        return ways
    }

    // MARK: Playing

    private mutating func playTogether(_ group: SideBySide, _ length: Int) throws {
        do {
            note(try group.play(in: template(group.plays.count), options.planted))
        } catch let found as Disagreement {
            // Alone it is told shorter.
            for play in group.plays { try playAlone(play) }
            throw found
        }
        count.histories[length, default: 0] += group.plays.count
        progress(count)
    }

    private mutating func playAlone(_ steps: [Step]) throws {
        let history = try StackHistory(template(1), options.planted)
        defer { history.remove() }
        do {
            for step in steps {
                try history.perform(step)
                try history.checkStatus()
            }
            note(try history.finish())
        } catch is StackHistory.KeptOut {
            count.keptOut += 1
            return
        } catch let error where !(error is Disagreement) {
            throw history.disagreement("\(error)")
        }
        count.alone += 1
        count.histories[steps.count, default: 0] += 1
        progress(count)
    }

    private mutating func note(_ messages: Int) {
        count.districts += 1
        count.messages += messages
        count.longestDrain = max(count.longestDrain, messages)
    }

    /// A district at rest with at least so many patients.
    private mutating func template(_ patients: Int) throws -> Template {
        var size = 1
        while size < patients { size *= 4 }
        if let known = templates[size] { return known }
        let made = try Template(patients: size, isHeld: isHeld)
        templates[size] = made
        return made
    }
}
