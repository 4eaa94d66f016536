/// One of the two clinics of a small district: the first registers the patient.
package enum Side: Int, CaseIterable, Sendable, CustomStringConvertible {
    case a = 0
    case b = 1

    package var description: String { self == .a ? "A" : "B" }
}

/// What may happen in a small district. A step of people happens to one patient, a step of
/// machines to everything.
package enum Step: Hashable, Sendable, CustomStringConvertible {
    // People.
    case write(Side)
    case child(Side)
    case both(Side)
    case delete(Side)
    /// B asks to hold the patient.
    case join
    /// B asks to hold it no longer.
    case leave
    // Machines.
    /// A request is made and taken by the hub; its answer is on its way.
    case send(Side)
    case receive(Side)
    /// The answer is lost.
    case lose(Side)
    /// A request is put on a stick instead of the wire.
    case pack(Side)
    /// The stick comes to the hub, which takes what is on it and adds its answer.
    case carry(Side)
    /// The stick's answer comes to the clinic.
    case unpack(Side)
    /// A backup of the clinic's folder, from before the history, is put in its place.
    case restore(Side)
    /// The same under the machine's own identity, as of a virtual machine: only the hub can tell.
    case rollBack(Side)
    /// The hub is put back to its backup from before the history.
    case hubBack

    package var description: String {
        switch self {
        case .write(let side): "\(side) writes"
        case .child(let side): "\(side) writes a part"
        case .both(let side): "\(side) writes in two lanes"
        case .delete(let side): "\(side) deletes"
        case .join: "B joins"
        case .leave: "B leaves"
        case .send(let side): "\(side) sends"
        case .receive(let side): "\(side) receives"
        case .lose(let side): "\(side)'s answer is lost"
        case .pack(let side): "\(side) packs a stick"
        case .carry(let side): "\(side)'s stick comes to the hub"
        case .unpack(let side): "\(side)'s stick comes back"
        case .restore(let side): "\(side) is restored"
        case .rollBack(let side): "\(side) is rolled back"
        case .hubBack: "the hub is put back"
        }
    }

    /// What a person does, if it is one.
    var deed: (side: Side, deed: Deed)? {
        switch self {
        case .write(let side): (side, .whole)
        case .child(let side): (side, .child)
        case .both(let side): (side, .both)
        case .delete(let side): (side, .deletePatient)
        default: nil
        }
    }

    var isOfPeople: Bool { deed != nil || self == .join || self == .leave }

    package static let people: [Step] =
        [.write(.a), .write(.b), .delete(.a), .delete(.b), .both(.a), .child(.b), .join, .leave]
    package static let machines: [Step] =
        Side.allCases.flatMap { side in
            [
                .send(side), .receive(side), .lose(side), .pack(side), .carry(side), .unpack(side),
                .restore(side), .rollBack(side),
            ]
        } + [.hubBack]
    package static let all = people + machines

    /// What it touches: 1 for A, 2 for B, 4 for the hub. Steps that touch nothing in common may
    /// change places.
    private var touches: Int {
        switch self {
        case .write(let side), .child(let side), .both(let side), .delete(let side),
            .receive(let side), .lose(let side), .pack(let side), .unpack(let side):
            1 << side.rawValue
        case .join, .leave: 2
        case .send(let side), .carry(let side): 4 | 1 << side.rawValue
        // Whether it is one disaster too many depends on what everybody has.
        case .restore, .rollBack, .hubBack: 7
        }
    }

    func commutes(with other: Step) -> Bool { touches & other.touches == 0 }
}

/// The steps that histories are made of, in the order in which those stand that may change places.
struct Alphabet: Sendable {
    let steps: [Step]
    let people: [Step]
    let machines: [Step]
    private let places: [Step: Int]

    init(_ steps: [Step]) {
        self.steps = steps
        people = steps.filter(\.isOfPeople)
        machines = steps.filter { !$0.isOfPeople }
        places = Dictionary(uniqueKeysWithValues: steps.enumerated().map { ($1, $0) })
    }

    /// Whether a step may not change places with the last, or stands in this order after it.
    func isFirstOfItsOrders(_ steps: [Step], _ step: Step) -> Bool {
        guard let last = steps.last, last.commutes(with: step) else { return true }
        return places[last]! <= places[step]!
    }

    /// What ends in a stick that goes nowhere, or in a lost answer, comes to what it is without.
    static func isShorter(_ steps: [Step]) -> Bool {
        switch steps.last {
        case .pack, .lose: true
        default: false
        }
    }

    /// How many histories of a length there are, in every order of their steps.
    func count(_ length: Int, _ traffic: Traffic) -> Int {
        guard length > 0 else { return 1 }
        return steps.reduce(0) { sum, step in
            var next = traffic
            return next.take(step) ? sum + count(length - 1, next) : sum
        }
    }

    /// Everything that machines may do in so many steps.
    func machines(_ length: Int, _ traffic: Traffic, _ body: ([Step]) throws -> Void) rethrows {
        try machines([], length, traffic, body)
    }

    private func machines(
        _ steps: [Step], _ left: Int, _ traffic: Traffic, _ body: ([Step]) throws -> Void
    ) rethrows {
        guard left > 0 else { return try body(steps) }
        for step in machines {
            var next = traffic
            guard next.take(step) else { continue }
            try machines(steps + [step], left - 1, next, body)
        }
    }
}

/// What is under way, by which the next steps are known without doing them.
struct Traffic: Sendable {
    private struct Lines: Sendable {
        var isWaiting = false
        var hasPacked = false
        var hasStickAnswer = false
        var stickIsForgotten = false
        var isPutBack = false
    }

    private var lines = [Lines(), Lines()]
    // The hub's only way to see that a machine was rolled back is what it has of the other life:
    // both disasters at once are kept out.
    private var hubIsBack = false
    private var hasRolledBack = false
    private var hasJoined: Bool

    /// - Parameter isHeld: whether B holds the patient from the beginning.
    init(isHeld: Bool) { hasJoined = isHeld }

    /// Takes a step, if it can be taken now.
    mutating func take(_ step: Step) -> Bool {
        switch step {
        case .write, .child, .both, .delete: return true
        case .join:
            guard !hasJoined else { return false }
            hasJoined = true
        case .leave:
            guard hasJoined else { return false }
            hasJoined = false
        case .send(let side):
            guard !lines[side.rawValue].isWaiting else { return false }
            lines[side.rawValue].isWaiting = true
        case .receive(let side), .lose(let side):
            guard lines[side.rawValue].isWaiting else { return false }
            lines[side.rawValue].isWaiting = false
        case .pack(let side):
            guard !lines[side.rawValue].hasPacked else { return false }
            lines[side.rawValue].hasPacked = true
        case .carry(let side):
            guard lines[side.rawValue].hasPacked else { return false }
            lines[side.rawValue].hasStickAnswer = !lines[side.rawValue].stickIsForgotten
        case .unpack(let side):
            guard lines[side.rawValue].hasStickAnswer else { return false }
        case .restore(let side), .rollBack(let side):
            // The first life's request is forgotten with it; the stick is still on its way.
            guard !lines[side.rawValue].isPutBack else { return false }
            if case .rollBack = step {
                guard !hubIsBack else { return false }
                hasRolledBack = true
            }
            let packed = lines[side.rawValue].hasPacked
            lines[side.rawValue] = Lines(
                hasPacked: packed, stickIsForgotten: packed, isPutBack: true)
        case .hubBack:
            guard !hubIsBack, !hasRolledBack else { return false }
            hubIsBack = true
        }
        return true
    }
}
