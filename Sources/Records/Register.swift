import Causality

/// One write of a unit that nobody has replaced yet.
package struct Sibling: Hashable, Sendable {
    package var stamp: Stamp
    /// Of a unit that this version does not know, or where it does not fit the unit: the bytes of
    /// its wire form.
    package var value: Value
    /// Whether the value is one that its unit can hold. One that is not stands all the same, until
    /// a write replaces it, and never shows.
    package var fits = true

    package init(stamp: Stamp, value: Value) {
        self.stamp = stamp
        self.value = value
    }

    /// A write as it came.
    ///
    /// - Parameter unit: the schema's; `nil` for one that only a newer version knows.
    package init(stamp: Stamp, wire: [UInt8], of unit: Unit?) {
        self.stamp = stamp
        if let unit, let value = try? WireValue.decoded(wire, as: unit) {
            self.value = value
        } else {
            value = .bytes(wire)
            fits = unit == nil
        }
    }

    /// The wire form of the value.
    package func wire(of unit: Unit?) -> [UInt8] {
        if unit == nil || !fits, case .bytes(let wire) = value { return wire }
        return WireValue.encoded(value)
    }
}

/// The state of one unit: a multi-value register (Shapiro, Preguiça, Baquero and Zawirski, *A
/// comprehensive study of Convergent and Commutative Replicated Data Types*, 2011, section 3.2.2)
/// whose writes name what they replace, as the context of a dotted version vector does.
///
/// Its state is the set of siblings: the writes that no other write has replaced. A stamp that
/// was replaced before it arrived is remembered, so that its late arrival changes nothing. No
/// policy forgets a sibling. Writes commute and associate; that each is taken once is the log's
/// business, which knows what has been applied.
package struct Register: Hashable, Sendable {
    /// Sorted by stamp.
    package private(set) var siblings: [Sibling] = []
    /// Replaced stamps that have not arrived.
    package private(set) var remembered: Set<Stamp> = []

    package init() {}

    package init(siblings: [Sibling], remembered: Set<Stamp>) {
        self.siblings = siblings.sorted { $0.stamp < $1.stamp }
        self.remembered = remembered
    }

    package mutating func write(_ value: Value, stamp: Stamp, replacing replaced: [Stamp]) {
        write(Sibling(stamp: stamp, value: value), replacing: replaced)
    }

    package mutating func write(_ new: Sibling, replacing replaced: [Stamp]) {
        let stamp = new.stamp
        for old in replaced where old != stamp {
            #if PLANTED
                if Planted.is(.replacedForgotten), !siblings.contains(where: { $0.stamp == old }) {
                    continue
                }
            #endif
            if let index = siblings.firstIndex(where: { $0.stamp == old }) {
                siblings.remove(at: index)
            } else {
                remembered.insert(old)
            }
        }
        // A re-issued write that was replaced before it got its new name names itself: it is
        // taken, and replaced, at once.
        if replaced.contains(stamp) {
            remembered.remove(stamp)
            return
        }
        if remembered.remove(stamp) != nil { return }
        guard !siblings.contains(where: { $0.stamp == stamp }) else { return }
        let index = siblings.firstIndex { $0.stamp > stamp } ?? siblings.endIndex
        siblings.insert(new, at: index)
    }

    /// Lets go of a remembered stamp that is known to have arrived: it can't come again.
    package mutating func forget(_ stamp: Stamp) { remembered.remove(stamp) }

    /// The sibling that shows, a pure function of the siblings; `nil` when there is none whose
    /// value fits.
    ///
    /// - Parameter rank: what a stamp counts as: its own reading, unless the hub has ranked it.
    package func shown(by policy: Policy, rank: (Stamp) -> HLC) -> Sibling? {
        let siblings = hasUnfit ? siblings.filter(\.fits) : siblings
        if siblings.count < 2 { return siblings.first }
        func precedes(_ a: Sibling, _ b: Sibling) -> Bool {
            (rank(a.stamp), a.stamp) < (rank(b.stamp), b.stamp)
        }
        #if PLANTED
            if Planted.is(.policyIgnored), case .progress = policy {
                return siblings.max(by: precedes)
            }
            if Planted.is(.lastForFirst), policy == .once { return siblings.max(by: precedes) }
        #endif
        switch policy {
        case .latest, .review(nil): return siblings.max(by: precedes)
        case .once, .append: return siblings.min(by: precedes)
        case .review(let order?), .progress(let order):
            return siblings.max { a, b in
                let (x, y) = (order.place(of: a.value), order.place(of: b.value))
                return x == y ? precedes(a, b) : x < y
            }
        }
    }

    /// Whether a person must decide between values that differ.
    package func needsReview(by policy: Policy) -> Bool {
        guard policy.raisesReview, let first = siblings.first(where: \.fits) else { return false }
        return siblings.contains { $0.fits && $0.value != first.value }
    }

    /// Whether there is a value that its unit can't hold.
    package var hasUnfit: Bool { !siblings.allSatisfy(\.fits) }
}

extension Policy.Order {
    /// How far along the order a value is; -1 for one that the order does not name.
    func place(of value: Value) -> Int {
        var value = value
        if case .group(let values) = value {
            guard values.indices.contains(field) else { return -1 }
            value = values[field]
        }
        guard case .text(let text) = value else { return -1 }
        return values.firstIndex(of: text) ?? -1
    }
}
