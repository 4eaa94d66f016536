import Causality
import Records
import Replica
import Testing

private let today: UInt64 = 1_800_000_000_000
private let id = RecordID("pat-1")
private let home = Compartment.patient(id)
private let person = RecordKey(entity: Ward.person, id: id)
private let alias = RecordKey(entity: Ward.alias, id: RecordID("a"))
private let note = RecordKey(entity: Ward.note, id: RecordID("n"))

@Suite("Deleting, keeping and bringing back")
struct DeleteTests {
    /// Two replicas that both hold a patient with a name and a note.
    private struct Pair {
        let (a, b): (Replica, Replica)
        var random = SplitMix64(seed: 3)
        var frames: [Frame] = []

        init(_ folder: String) throws {
            (a, b) = (try Replica(folder, 1), try Replica(folder, 2))
            try write(a) { transaction in
                try transaction.create(person, in: home, [(1, .text("0700"))])
                try transaction.create(alias, in: home, [(1, .text("Achieng"))])
                try transaction.create(note, in: home, [(1, .text("seen"))])
            }
            try meet()
        }

        mutating func write(_ replica: Replica, _ body: (LocalTransaction) throws -> Void) throws {
            frames += try replica.write(at: today, using: &random, body).frames
        }

        func meet() throws {
            try a.receive(frames)
            try b.receive(frames.reversed())
            #expect(a.sums == b.sums)
        }

        /// The records that show, and the review items, which must be the same on both.
        func state() throws -> (shown: [RecordKey], items: [ReviewItem]) {
            let states = try [a, b].map { replica in
                (
                    try replica.records(of: home).filter { !$0.isHidden }.map(\.key),
                    try replica.node.store.reading { try replica.node.reviews.all() }
                )
            }
            #expect(states[0].0 == states[1].0 && states[0].1 == states[1].1)
            for replica in [a, b] { #expect(try replica.sum(of: home) == replica.sums[home]) }
            return states[0]
        }

        func expect(
            _ shown: [RecordKey], conflicts: Int = 0,
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let state = try state()
            #expect(state.shown == shown.sorted(), sourceLocation: sourceLocation)
            #expect(
                state.items.map(\.kind)
                    == Array(repeating: .deletedAndEdited, count: conflicts),
                sourceLocation: sourceLocation)
        }
    }

    private func withPair(_ body: (inout Pair) throws -> Void) throws {
        try withTemporaryFolder { folder in
            var pair = try Pair(folder)
            try body(&pair)
        }
    }

    /// The patient is deleted at one place and edited at the other.
    private func conflict(_ pair: inout Pair) throws {
        try pair.write(pair.a) { try $0.delete(person, in: home) }
        try pair.write(pair.b) { try $0.put(person, in: home, [(1, .text("0711"))]) }
        try pair.meet()
        try pair.expect([person], conflicts: 1)
    }

    @Test("A record that was deleted and edited at once is settled by keeping it, with all of it")
    func keep() throws {
        try withPair { pair in
            try conflict(&pair)
            try pair.write(pair.b) { try $0.keep(person, in: home) }
            try pair.meet()
            try pair.expect([person, alias, note])
            // Once is enough: it writes nothing more.
            let count = pair.frames.count
            try pair.write(pair.a) { try $0.keep(person, in: home) }
            #expect(pair.frames.count == count)
            // It can be deleted again.
            try pair.write(pair.a) { try $0.delete(person, in: home) }
            try pair.meet()
            try pair.expect([])
        }
    }

    @Test("It is settled by deleting it, too")
    func deleteAgain() throws {
        try withPair { pair in
            try conflict(&pair)
            try pair.write(pair.b) { try $0.delete(person, in: home) }
            try pair.meet()
            try pair.expect([])
        }
    }

    @Test("Who saw a delete and writes the record brings it back alone, and that is no conflict")
    func bringBack() throws {
        try withPair { pair in
            try pair.write(pair.a) { try $0.delete(person, in: home) }
            try pair.meet()
            try pair.expect([])
            try pair.write(pair.b) { try $0.put(person, in: home, [(1, .text("0722"))]) }
            try pair.meet()
            try pair.expect([person])
            // Later edits are none either; a child that is written again comes back as well.
            try pair.write(pair.a) { transaction in
                try transaction.put(person, in: home, [(1, .text("0733"))])
                try transaction.put(alias, in: home, [(1, .text("Atieno"))])
            }
            try pair.meet()
            try pair.expect([person, alias])
        }
    }

    @Test("A delete by one who did not know that the record was brought back is a conflict")
    func bringBackMeetsDelete() throws {
        try withPair { pair in
            try pair.write(pair.a) { try $0.delete(alias, in: home) }
            try pair.meet()
            try pair.write(pair.a) { try $0.put(alias, in: home, [(1, .text("Atieno"))]) }
            try pair.write(pair.b) { try $0.delete(alias, in: home) }
            try pair.meet()
            try pair.expect([person, alias, note], conflicts: 1)
            try pair.write(pair.b) { try $0.keep(alias, in: home) }
            try pair.meet()
            try pair.expect([person, alias, note])
        }
    }

    @Test("Keeping brings back nothing that had been deleted in peace before")
    func keepAfterBringBack() throws {
        try withPair { pair in
            try pair.write(pair.a) { try $0.delete(person, in: home) }
            try pair.write(pair.a) { try $0.put(person, in: home, [(1, .text("0722"))]) }
            try pair.meet()
            try conflict(&pair)
            try pair.write(pair.a) { try $0.keep(person, in: home) }
            try pair.meet()
            try pair.expect([person])
        }
    }

    @Test("A write by an author who had seen an older version replaces no delete")
    func staleAuthor() throws {
        try withPair { pair in
            try pair.write(pair.a) { try $0.delete(alias, in: home) }
            try pair.meet()
            try pair.write(pair.a) { transaction in
                try transaction.put(alias, in: home, [(1, .text("Atieno"))], seen: [0: []])
            }
            try pair.meet()
            try pair.expect([person, alias, note], conflicts: 1)
        }
    }

    @Test("A delete lists what the deletes list that it replaces: that may still be on its way")
    func union() throws {
        try withTemporaryFolder { folder in
            var pair = try Pair(folder)
            let late = try Replica(folder, 3)
            // The third replica hears of the delete, and deletes again, before what was deleted.
            let before = pair.frames
            try pair.write(pair.a) { try $0.delete(alias, in: home) }
            let deleted = pair.frames.suffix(1)
            let previous = try #require(
                try pair.a.node.store.reading {
                    try pair.a.node.log.hash(
                        deleted.first!.header.origin, deleted.first!.header.sequence - 1)
                })
            try late.receive(deleted.first!, after: previous)
            _ = try pair.write(late) { try $0.delete(alias, in: home) }
            try late.receive(before)
            try pair.meet()
            try pair.expect([person, note])
            #expect(
                try late.records(of: home).filter { !$0.isHidden }.map(\.key) == [person, note])
        }
    }

    @Test("What a transaction writes and then deletes is only deleted")
    func putThenDelete() throws {
        try withPair { pair in
            try pair.write(pair.a) { transaction in
                try transaction.put(alias, in: home, [(1, .text("Atieno"))])
                try transaction.delete(alias, in: home)
            }
            try pair.meet()
            try pair.expect([person, note])
            try pair.write(pair.b) { transaction in
                try transaction.put(note, in: home, [(2, .integer(1))])
                try transaction.put(person, in: home, [(1, .text("0711"))])
                try transaction.delete(person, in: home)
            }
            try pair.meet()
            try pair.expect([])
        }
    }

    @Test("What a transaction deletes and then writes is there, and no conflict")
    func deleteThenPut() throws {
        try withPair { pair in
            try pair.write(pair.a) { transaction in
                try transaction.delete(person, in: home)
                try transaction.put(person, in: home, [(1, .text("0711"))])
            }
            try pair.meet()
            try pair.expect([person])
            try pair.write(pair.b) { transaction in
                try transaction.delete(person, in: home)
                try transaction.keep(person, in: home)
            }
            try pair.meet()
            try pair.expect([person])
        }
    }

    @Test("What a transaction makes and deletes was never there")
    func createThenDelete() throws {
        try withPair { pair in
            let other = RecordKey(entity: Ward.alias, id: RecordID("b"))
            let count = pair.frames.count
            try pair.write(pair.a) { transaction in
                try transaction.create(other, in: home, [(1, .text("Atieno"))])
                try transaction.delete(other, in: home)
            }
            #expect(pair.frames.count == count)
            try pair.write(pair.a) { transaction in
                try transaction.create(other, in: home, [(1, .text("Atieno"))])
                try transaction.delete(other, in: home)
                try transaction.create(other, in: home, [(1, .text("Adhiambo"))])
            }
            try pair.meet()
            try pair.expect([person, alias, note, other])
        }
    }

    @Test("A record that a transaction has written can't be created in it")
    func createTwice() throws {
        try withPair { pair in
            let other = RecordKey(entity: Ward.alias, id: RecordID("b"))
            for isPut in [false, true] {
                #expect(throws: WriteRefusal.exists(other)) {
                    try pair.write(pair.a) { transaction in
                        if isPut {
                            try transaction.put(other, in: home, [(1, .text("Atieno"))])
                        } else {
                            try transaction.create(other, in: home, [(1, .text("Atieno"))])
                        }
                        try transaction.create(other, in: home, [(1, .text("Adhiambo"))])
                    }
                }
            }
            // In another compartment it is another record.
            try pair.write(pair.a) { transaction in
                try transaction.create(other, in: home, [(1, .text("Atieno"))])
                try transaction.create(
                    other, in: .patient(RecordID("pat-2")), [(1, .text("Adhiambo"))])
            }
            try pair.meet()
            try pair.expect([person, alias, note, other])
        }
    }
}
