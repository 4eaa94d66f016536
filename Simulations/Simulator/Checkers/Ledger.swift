import Causality
import Records

/// A unit of a record of a compartment: where one register lives.
struct Place: Hashable, Comparable, CustomStringConvertible {
    var compartment: Compartment
    var key: RecordKey
    /// 0 for the record's deletion.
    var unit: UInt8

    static func < (a: Place, b: Place) -> Bool {
        (a.compartment, a.key, a.unit) < (b.compartment, b.key, b.unit)
    }

    var description: String {
        "\(compartment.kind) \(compartment.id) \(key.entity)/\(key.id) unit \(unit)"
    }
}

/// What a write left in a register.
enum Written: Hashable {
    case value(Value)
    /// What a delete lists, and what was gone when somebody brought the record back.
    case deletion(Set<Stamp>, settled: Set<Stamp>)
}

/// What somebody wrote in one place, and the siblings that they saw there.
struct PlaceWrite: Hashable {
    var place: Place
    var written: Written
    var replaces: Set<Stamp>

    /// The stamps of other writes that it names.
    var named: Set<Stamp> {
        guard case .deletion(let listed, let settled) = written else { return replaces }
        return replaces.union(listed).union(settled)
    }
}

/// What somebody wrote in one go, in one lane, as it was confirmed to them. It keeps its name when
/// the product has to give it another stamp.
struct WriteName: Hashable, Comparable, CustomStringConvertible {
    var number: Int
    var lane: Lane

    static func < (a: WriteName, b: WriteName) -> Bool {
        (a.number, a.lane) < (b.number, b.lane)
    }

    var description: String { "write \(number) (\(lane))" }

    /// The author that the product is given: it travels in the frame's header.
    var author: String { "w\(number)" }

    init(number: Int, lane: Lane) {
        self.number = number
        self.lane = lane
    }

    init?(_ header: FrameHeader) {
        guard header.author.hasPrefix("w"), let number = Int(header.author.dropFirst()) else {
            return nil
        }
        self.init(number: number, lane: header.origin.lane)
    }
}

/// A write under one of its stamps.
struct LedgerEntry {
    var name: WriteName
    var stamp: Stamp
    var machine: String
    var writes: [PlaceWrite]

    /// Whether the hub must refuse it: it writes into another clinic's own affairs.
    var isForbidden: Bool {
        writes.contains {
            $0.place.compartment.kind == .clinic
                && $0.place.compartment != .clinic(stamp.origin.node)
        }
    }
}

/// All that people wrote, with the stamps and the replaced siblings that were seen when they wrote
/// it. The checkers know the truth from here, and from nowhere in the product.
final class Ledger {
    private(set) var entries: [LedgerEntry] = []
    private(set) var byStamp: [Stamp: [Int]] = [:]
    private(set) var byName: [WriteName: [Int]] = [:]
    /// Writes that were on one disk alone when that was lost.
    var lost: Set<WriteName> = []
    /// Writes that some life of the hub has had.
    var ever: Set<WriteName> = []
    /// Compartments that a node may have been given: because it wrote there, or a record names it.
    private(set) var mayHold: [NodeID: Set<Compartment>] = [:]
    /// The compartment of each canary, by write and index.
    private var canaries: [[Compartment]] = []
    private(set) var writes = 0
    /// Writes that were never confirmed, and may be on a disk or not.
    var doubtful: [Int: [PlaceWrite]] = [:]

    func newNumber() -> Int {
        writes += 1
        canaries.append([])
        return writes
    }

    /// A value that no other write has, and that says where it belongs.
    func canary(_ number: Int, in compartment: Compartment) -> String {
        canaries[number - 1].append(compartment)
        return "\(Canary.prefix)\(number).\(canaries[number - 1].count);"
    }

    func compartment(of canary: Canary) -> Compartment? {
        guard canaries.indices.contains(canary.write - 1),
            canaries[canary.write - 1].indices.contains(canary.index - 1)
        else { return nil }
        return canaries[canary.write - 1][canary.index - 1]
    }

    /// The entry that a frame is.
    func entry(_ header: FrameHeader) -> LedgerEntry? {
        guard let name = WriteName(header) else { return nil }
        return byStamp[header.stamp]?.map { entries[$0] }.first { $0.name == name }
    }

    /// - Parameter mayRepeat: whether its machine was rolled back and can't know it yet: its stamps
    ///   are given anew before anybody else sees them.
    /// - Throws: ``Failure`` when the stamp names another write already.
    func add(_ entry: LedgerEntry, mayRepeat: Bool = false) throws {
        if let known = byStamp[entry.stamp]?.first, !mayRepeat {
            throw Failure(
                .stamp, "\(entry.name) and \(entries[known].name) have one stamp, \(entry.stamp)")
        }
        byStamp[entry.stamp, default: []].append(entries.count)
        byName[entry.name, default: []].append(entries.count)
        entries.append(entry)
        for write in entry.writes { note(write, by: entry.stamp.origin.node) }
    }

    /// The writes that a stamp names: one, but for a machine that was rolled back.
    func names(_ stamp: Stamp) -> Set<WriteName> {
        Set((byStamp[stamp] ?? []).map { entries[$0].name })
    }

    /// Whether stamps name the same writes, whatever was issued again since.
    func areAlike(_ a: Set<Stamp>, _ b: Set<Stamp>) -> Bool {
        func covers(_ a: Set<Stamp>, _ b: Set<Stamp>) -> Bool {
            a.allSatisfy { x in b.contains { x == $0 || !names(x).isDisjoint(with: names($0)) } }
        }
        return covers(a, b) && covers(b, a)
    }

    func allow(_ node: NodeID, _ compartment: Compartment) {
        mayHold[node, default: []].insert(compartment)
    }

    private func note(_ write: PlaceWrite, by node: NodeID) {
        allow(node, write.place.compartment)
        guard case .value(.text(let text)) = write.written else { return }
        typealias Number = SimulatedSchema.Number
        switch (write.place.key.entity, write.place.unit) {
        case (Number.patient, Number.registrar), (Number.patient, Number.home):
            named[text, default: []].insert(write.place.compartment)
        case (Number.hold, Number.holdTarget):
            allow(node, .patient(RecordID(text)))
        default: break
        }
    }

    /// Patients by what their records call a clinic.
    private var named: [String: Set<Compartment>] = [:]

    func isNamed(_ names: [String], by compartment: Compartment) -> Bool {
        names.contains { named[$0]?.contains(compartment) ?? false }
    }
}

/// A value's text, as the scan of messages finds it.
struct Canary: Hashable {
    var write: Int
    var index: Int
    static let prefix = "~v"

    /// Calls `body` with each canary in some bytes.
    static func scan(_ bytes: [UInt8], _ body: (Canary) throws -> Void) rethrows {
        var at = 0
        func number(until end: UInt8) -> Int? {
            var value = 0
            let start = at
            while at < bytes.count, bytes[at] >= 0x30, bytes[at] <= 0x39, at - start < 12 {
                value = value * 10 + Int(bytes[at] - 0x30)
                at += 1
            }
            guard at > start, at < bytes.count, bytes[at] == end else { return nil }
            at += 1
            return value
        }
        while at + 1 < bytes.count {
            guard bytes[at] == UInt8(ascii: "~"), bytes[at + 1] == UInt8(ascii: "v") else {
                at += 1
                continue
            }
            at += 2
            if let write = number(until: UInt8(ascii: ".")),
                let index = number(until: UInt8(ascii: ";"))
            {
                try body(Canary(write: write, index: index))
            }
        }
    }
}
