import Causality
import Records
import Testing

/// One write of a register, as a test makes it.
private struct Write {
    var stamp: Stamp
    var value: Value
    var replaces: [Stamp]
}

private func origin(_ node: UInt64) -> Origin {
    Origin(node: NodeID(rawValue: node), incarnation: Incarnation(rawValue: 1), lane: .care)
}

/// A history of writes of which each names a random part of the earlier ones.
private func history(_ random: inout SplitMix64, _ count: Int = 8) -> [Write] {
    var writes: [Write] = []
    let values: [Value] = [.text("a"), .text("b"), .text("c"), .null, .integer(3)]
    for _ in 0..<count {
        let hlc = HLC(milliseconds: random.next() % 50, counter: UInt16(writes.count))
        let replaced = writes.map(\.stamp).filter { _ in random.next() % 3 == 0 }
        writes.append(
            Write(
                stamp: Stamp(hlc: hlc, origin: origin(random.next() % 3)),
                value: values.randomElement(using: &random)!, replaces: replaced))
    }
    return writes
}

private func register(_ writes: [Write]) -> Register {
    var register = Register()
    for write in writes {
        register.write(write.value, stamp: write.stamp, replacing: write.replaces)
    }
    return register
}

private let order = Policy.Order(["a", "b", "c"])
private let policies: [Policy] = [
    .latest, .review(nil), .review(order), .progress(order), .once, .append,
]

@Suite("A register")
struct RegisterTests {
    @Test("A value that its unit can't hold stands like any other, and never shows")
    func unfit() {
        let unit = Unit(1, "n", .integer, .latest)
        let policies: [Policy] = [
            .latest, .review(nil), .once, .append, .progress(Policy.Order(["a"])),
        ]
        for policy in policies {
            var register = Register()
            let first = Stamp(hlc: HLC(rawValue: 5), origin: origin(1))
            let later = Stamp(hlc: HLC(rawValue: 6), origin: origin(2))
            let wire = WireValue.encoded(.text("x"))
            register.write(Sibling(stamp: first, wire: wire, of: unit), replacing: [])
            #expect(register.shown(by: policy, rank: \.hlc) == nil)
            #expect(register.hasUnfit && !register.needsReview(by: policy))
            register.write(.integer(1), stamp: later, replacing: [])
            #expect(register.shown(by: policy, rank: \.hlc)?.value == .integer(1))
            #expect(register.siblings.count == 2 && !register.needsReview(by: policy))
            #expect(register.siblings[0].wire(of: unit) == wire)
            let last = Stamp(hlc: HLC(rawValue: 7), origin: origin(1))
            register.write(.integer(2), stamp: last, replacing: [first, later])
            #expect(!register.hasUnfit && register.siblings.count == 1)
        }
    }

    @Test("The order of writes does not matter", arguments: 0..<300 as Range<UInt64>)
    func commutes(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let writes = history(&random)
        let straight = register(writes)
        let shuffled = register(writes.shuffled(using: &random))
        #expect(straight.siblings == shuffled.siblings)
        for policy in policies {
            #expect(
                straight.shown(by: policy, rank: \.hlc) == shuffled.shown(by: policy, rank: \.hlc))
            #expect(straight.needsReview(by: policy) == shuffled.needsReview(by: policy))
        }
    }

    @Test("Its siblings are the writes that no write names", arguments: 0..<300 as Range<UInt64>)
    func siblings(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let all = history(&random)
        let arrived = all.shuffled(using: &random).prefix(5)
        let named = Set(arrived.flatMap(\.replaces))
        let expected = arrived.filter { !named.contains($0.stamp) }
            .sorted { $0.stamp < $1.stamp }.map { Sibling(stamp: $0.stamp, value: $0.value) }
        let register = register(Array(arrived))
        #expect(register.siblings == expected)
        // What was named and has not come is remembered, or its arrival would bring it back.
        let missing = named.subtracting(arrived.map(\.stamp))
        #expect(register.remembered.isSuperset(of: missing))
    }

    @Test("A sibling that is written again changes nothing")
    func idempotent() {
        var random = SplitMix64(seed: 1)
        let writes = history(&random, 3).map {
            Write(stamp: $0.stamp, value: $0.value, replaces: [])
        }
        #expect(register(writes) == register(writes + writes))
    }

    @Test("Several writes may replace one, before it comes or after")
    func replacedTwice() {
        let old = Write(
            stamp: Stamp(hlc: HLC(rawValue: 1), origin: origin(1)), value: .text("a"), replaces: [])
        let two = (2...3).map { n in
            Write(
                stamp: Stamp(hlc: HLC(rawValue: UInt64(n)), origin: origin(UInt64(n))),
                value: .text("b"), replaces: [old.stamp])
        }
        for writes in [[old] + two, two + [old], [two[0], old, two[1]]] {
            #expect(register(writes).siblings.map(\.stamp) == two.map(\.stamp))
        }
    }

    @Test("A write that names itself is taken and replaced at once")
    func namesItself() {
        let old = Stamp(hlc: HLC(rawValue: 1), origin: origin(1))
        let own = Stamp(hlc: HLC(rawValue: 2), origin: origin(2))
        var register = Register()
        register.write(.text("a"), stamp: old, replacing: [])
        register.write(.text("b"), stamp: own, replacing: [old, own])
        #expect(register.siblings.isEmpty)
        #expect(!register.remembered.contains(own))
    }

    @Test("A taken-back status lets the concurrent one show again")
    func takenBack() {
        let booked = Stamp(hlc: HLC(rawValue: 5), origin: origin(1))
        let arrived = Stamp(hlc: HLC(rawValue: 4), origin: origin(2))
        let policy = Policy.progress(Policy.Order(["booked", "arrived", "finished"]))
        var register = Register()
        register.write(.text("booked"), stamp: booked, replacing: [])
        register.write(.text("arrived"), stamp: arrived, replacing: [])
        #expect(register.shown(by: policy, rank: \.hlc)?.stamp == arrived)
        let back = Stamp(hlc: HLC(rawValue: 6), origin: origin(2))
        register.write(.text("booked"), stamp: back, replacing: [arrived])
        #expect(register.siblings.map(\.stamp) == [booked, back])
        #expect(register.shown(by: policy, rank: \.hlc)?.value == .text("booked"))
    }
}

@Suite("What a policy shows")
struct PolicyTests {
    private func register(_ values: [Value]) -> Register {
        Register(
            siblings: values.enumerated().map { index, value in
                let hlc = HLC(rawValue: UInt64(index) + 1)
                return Sibling(stamp: Stamp(hlc: hlc, origin: origin(1)), value: value)
            }, remembered: [])
    }

    private func shown(_ values: [Value], _ policy: Policy) -> Value? {
        register(values).shown(by: policy, rank: \.hlc)?.value
    }

    @Test("Latest and review show the highest stamp, once and append the lowest")
    func ends() {
        let values: [Value] = [.text("a"), .text("b"), .text("c")]
        #expect(shown(values, .latest) == .text("c"))
        #expect(shown(values, .review(nil)) == .text("c"))
        #expect(shown(values, .once) == .text("a"))
        #expect(shown(values, .append) == .text("a"))
        for policy in policies { #expect(shown([], policy) == nil) }
    }

    @Test("An order shows the sibling furthest along it, the highest stamp of equals")
    func orders() {
        let values: [Value] = [.text("c"), .text("a"), .text("b"), .text("c"), .text("?")]
        for policy in [Policy.review(order), .progress(order)] {
            let shown = register(values).shown(by: policy, rank: \.hlc)
            #expect(shown?.value == .text("c"))
            #expect(shown?.stamp.hlc == HLC(rawValue: 4))
        }
        #expect(self.shown([.text("?"), .null, .text("!")], .progress(order)) == .text("!"))
    }

    @Test("An order looks at one field of a group")
    func orderOfGroup() {
        let order = Policy.Order(field: 1, ["active", "stopped"])
        let stopped = Value.group([.text("5 mg"), .text("stopped")])
        let active = Value.group([.text("9 mg"), .text("active")])
        #expect(shown([stopped, active, .group([.text("stopped")])], .review(order)) == stopped)
    }

    @Test("A rank takes the place of a stamp's own reading, and ties fall to the stamp")
    func ranks() {
        let register = register([.text("a"), .text("b"), .text("c")])
        let low: (Stamp) -> HLC = { $0.hlc == HLC(rawValue: 3) ? HLC(rawValue: 1) : $0.hlc }
        #expect(register.shown(by: .latest, rank: low)?.value == .text("b"))
        #expect(register.shown(by: .once, rank: low)?.value == .text("a"))
        let equal: (Stamp) -> HLC = { _ in HLC(rawValue: 1) }
        #expect(register.shown(by: .latest, rank: equal)?.value == .text("c"))
        #expect(register.shown(by: .once, rank: equal)?.value == .text("a"))
    }

    @Test("Only different values of a policy that asks for a person are a review item")
    func review() {
        let (equal, different) = (
            register([.text("a"), .text("a")]), register([.text("a"), .null])
        )
        for policy in policies {
            #expect(!equal.needsReview(by: policy))
            #expect(different.needsReview(by: policy) == policy.raisesReview)
            #expect(!register([]).needsReview(by: policy))
        }
        #expect(policies.map(\.raisesReview) == [false, true, true, false, true, true])
    }
}
