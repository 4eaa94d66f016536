import Causality
import Hub
import Records
import Replica
import Sync
import Testing

@Suite("A clinic is given nothing that it may not hold")
struct NecessaryTests {
    @Test(
        "In a random history no byte of what a clinic never held reaches it",
        arguments: (1...20).map { UInt64($0) })
    func randomHistory(seed: UInt64) throws {
        try withWorld(seed: seed, clinics: 3) { world in
            // Losses and repetitions, but no restored or cloned machines: a restored one is given
            // what its former lives wrote.
            world.faults = 910
            var everHeld: [NodeID: Set<Compartment>] = [:]
            func note() throws {
                for machine in world.machines {
                    let node = machine.clinic.node
                    everHeld[node, default: []].formUnion(try world.holds(of: node))
                }
            }
            for _ in 0..<250 {
                try world.step()
                try note()
            }
            try world.settle(rounds: 8, note)
            try world.check()
            var wasWithheld = false
            for machine in world.machines {
                let may = everHeld[machine.clinic.node] ?? []
                let secrets = try secrets(of: world, from: machine.clinic.node) { compartment in
                    compartment.kind == .patient && may.contains(compartment)
                }
                wasWithheld = wasWithheld || !secrets.isEmpty
                #expect(try leaks(world, machine, secrets).isEmpty)
                let replica = machine.clinic.replica
                #expect(try replica.store.reading { try replica.damagedFrames() }.isEmpty)
            }
            #expect(wasWithheld)
        }
    }

    @Test("A frame that writes in two compartments reaches each holder with its part alone")
    func parts() throws {
        try withWorld(clinics: 3) { world in
            let (a, b, c) = (world.machines[0], world.machines[1], world.machines[2])
            let (first, second) = (try world.register(a, "v1"), try world.register(a, "v2"))
            try world.hold(b, first)
            try world.hold(c, second)
            try world.meet()
            try a.clinic.write(at: world.clock(a)) { transaction in
                for (patient, text) in [(first, "v-for-first"), (second, "v-for-second")] {
                    try transaction.put(
                        RecordKey(entity: 1, id: patient), in: .patient(patient), [(1, .text(text))]
                    )
                }
            }
            try world.pay(a, "v-books-of-a")
            try world.meet()
            #expect(try world.shown(first, at: b) == .text("v-for-first"))
            #expect(try world.shown(second, at: c) == .text("v-for-second"))
            let secrets = ["v-for-first", "v-for-second", "v-books-of-a", "v1", "v2"]
            #expect(try leaks(world, b, secrets) == ["v-for-first", "v1"])
            #expect(try leaks(world, c, secrets) == ["v-for-second", "v2"])
            // Both verify the chain all the same, over hashes of what is withheld from them.
            for machine in [b, c] {
                let replica = machine.clinic.replica
                let frames = try replica.store.reading { try replica.log.frames(of: a.clinic.node) }
                #expect(frames.contains { $0.partCount == 2 && !$0.isWhole })
                #expect(try replica.store.reading { try replica.damagedFrames() }.isEmpty)
            }
            try world.check()
        }
    }

    @Test("The scan notices what it looks for")
    func planted() throws {
        try withWorld { world in
            let a = world.machines[0]
            try world.register(a, "v-canary-of-a")
            try world.register(world.machines[1], "v-canary-of-b")
            try world.enrol("district", .district)
            try world.meet()
            let found = try leaks(
                world, world.machines[2], ["v-canary-of-a", "v-canary-of-b", "v-none"])
            #expect(found == ["v-canary-of-a", "v-canary-of-b"])
        }
    }

    /// The values that a clinic may not have been given: those of compartments that it never held
    /// and that it has not written itself.
    private func secrets(
        of world: World, from node: NodeID, unless may: (Compartment) -> Bool
    ) throws -> [String] {
        var secrets: Set<String> = []
        try world.hub.node.store.reading {
            try world.hub.node.log.forEach { entry in
                guard entry.frame.header.origin.node != node else { return true }
                try entry.frame.forEachChangeSet { _, reader in
                    let set = try ChangeSet(&reader, schema: World.schema)
                    guard set.compartment.kind != .reference, !may(set.compartment) else { return }
                    for case .text(let text) in set.changes.flatMap(\.units).map(\.value)
                    where text.hasPrefix("v") {
                        secrets.insert(text)
                    }
                }
                return true
            }
        }
        return secrets.sorted()
    }

    /// Which of the values stand in anything that the hub ever sent to a machine.
    private func leaks(
        _ world: World, _ machine: World.Machine, _ values: [String]
    ) throws -> [String] {
        let streams = try (world.received[machine.name] ?? []).flatMap { bytes in
            let parts = try MessageParts(sealed: bytes)
            return [parts.plain, parts.raw]
        }
        return values.filter { value in
            streams.contains { $0.contains(word: Array(value.utf8)) }
        }
    }
}

extension [UInt8] {
    /// Whether a word stands anywhere in the bytes.
    fileprivate func contains(word: [UInt8]) -> Bool {
        var start = startIndex
        while let at = self[start...].firstIndex(of: word[0]), at + word.count <= endIndex {
            if self[at..<at + word.count].elementsEqual(word) { return true }
            start = at + 1
        }
        return false
    }
}

extension FrameLog {
    /// A node's frames.
    func frames(of node: NodeID) throws -> [Frame] {
        var frames: [Frame] = []
        try forEach { entry in
            if entry.frame.header.origin.node == node { frames.append(entry.frame) }
            return true
        }
        return frames
    }
}
