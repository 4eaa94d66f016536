/// One line of the table of results, and one object of `bench.json`.
package struct BenchRow: Sendable, Equatable {
    /// Which figure the budget holds for.
    package enum Judged: String, Sendable { case ours, ratio }
    /// On which side of the budget the figure must be.
    package enum Bound: String, Sendable {
        case atMost = "at most"
        case atLeast = "at least"
        var sign: String { self == .atMost ? "≤" : "≥" }
    }
    /// A bound on one of the figures.
    package struct Budget: Sendable, Equatable {
        package var value: Double
        package var bound: Bound
        package var judged: Judged

        package init(_ value: Double, bound: Bound, judged: Judged) {
            self.value = value
            self.bound = bound
            self.judged = judged
        }
        /// `ours` over `plain` may be that much.
        package static func ratio(atMost value: Double) -> Budget {
            Budget(value, bound: .atMost, judged: .ratio)
        }
        /// `ours` may be that much.
        package static func ours(atMost value: Double) -> Budget {
            Budget(value, bound: .atMost, judged: .ours)
        }
        /// `ours` must be that much.
        package static func ours(atLeast value: Double) -> Budget {
            Budget(value, bound: .atLeast, judged: .ours)
        }
    }

    /// What scripts know it by: `W1`, `exchange`.
    package var id: String
    /// The work, in a few words.
    package var what: String
    package var ours: Double
    /// What plain SQLite, or the link itself, takes.
    package var plain: Double?
    package var unit: String
    package var budget: Budget?

    package init(
        _ id: String, _ what: String, ours: Double, plain: Double? = nil, unit: String,
        budget: Budget? = nil
    ) {
        self.id = id
        self.what = what
        self.ours = ours
        self.plain = plain
        self.unit = unit
        self.budget = budget
    }

    package var ratio: Double? {
        guard let plain, plain != 0 else { return nil }
        return ours / plain
    }

    /// Whether the figure is within its budget; nil without one. A figure that is judged and not
    /// there has missed.
    package var isMet: Bool? {
        guard let budget else { return nil }
        guard let figure = budget.judged == .ours ? ours : ratio, figure.isFinite else {
            return false
        }
        return budget.bound == .atMost ? figure <= budget.value : figure >= budget.value
    }
}
