import Causality
import Records
import Replica
import Testing

private let today: UInt64 = 1_800_000_000_000
private let id = RecordID("pat-1")
private let home = Compartment.patient(id)
private let person = RecordKey(entity: Ward.person, id: id)

@Suite("Ranks")
struct RankTests {
    private func stamp(_ node: UInt64, _ milliseconds: UInt64) -> Stamp {
        let origin = Origin(
            node: NodeID(rawValue: node), incarnation: Incarnation(rawValue: 1), lane: .care)
        return Stamp(hlc: HLC(milliseconds: milliseconds), origin: origin)
    }

    private func frame(_ stamp: Stamp, _ unit: UInt8, _ text: String) -> Frame {
        let header = FrameHeader(
            origin: stamp.origin, sequence: 1, hlc: stamp.hlc, quality: .disbelieved)
        let write = UnitWrite(unit: unit, value: .text(text))
        let set = ChangeSet(compartment: home, changes: [Change(key: person, units: [write])])
        return Frame(
            header: header, salt: Salt(high: 1, low: 1), changeSets: [set.encoded(stamp: stamp)])
    }

    private func shown(_ replica: Replica, _ column: String) throws -> [[Column]] {
        try RawDatabase(replica.path).rows("SELECT \(column) FROM person")
    }

    @Test(
        "A rank changes what shows, and its absence changes it back, whatever came first",
        arguments: [true, false])
    func changesWhatShows(rankFirst: Bool) throws {
        try withTemporaryFolder { folder in
            let replica = try Replica(folder, 1)
            let (far, near) = (stamp(8, 4_070_908_800_000), stamp(9, today))
            let low = HLC(milliseconds: today - 1000)
            if rankFirst { try replica.setRank(far, low) }
            try replica.receive([frame(far, 1, "far"), frame(near, 1, "near")])
            if !rankFirst {
                #expect(try shown(replica, "phone") == [[.text("far")]])
                try replica.setRank(far, low)
            }
            #expect(try shown(replica, "phone") == [[.text("near")]])
            let sum = try replica.sum(of: home)
            try replica.setRank(far, nil, epoch: 2)
            #expect(try shown(replica, "phone") == [[.text("far")]])
            #expect(try replica.sum(of: home) == sum)
            try replica.setRank(far, low, epoch: 3)
            // The order outlives the process.
            try replica.reopen(Ward.schema)
            #expect(try shown(replica, "phone") == [[.text("near")]])
            #expect(replica.node.ranks.rank(far) == low)
            #expect(replica.node.ranks.rank(near) == near.hlc)
        }
    }

    @Test("Of a unit where the first counts, a rank below makes the later one the first")
    func once() throws {
        try withTemporaryFolder { folder in
            let replica = try Replica(folder, 1)
            let (far, near) = (stamp(8, 4_070_908_800_000), stamp(9, today))
            try replica.receive([frame(far, 4, "far"), frame(near, 4, "near")])
            #expect(try shown(replica, "number") == [[.text("near")]])
            try replica.setRank(far, HLC(milliseconds: today - 1))
            #expect(try shown(replica, "number") == [[.text("far")]])
        }
    }

    @Test(
        "A write over a ranked value counts for more than its rank, and no clock adopts the far stamp"
    )
    func writeOverRanked() throws {
        try withTemporaryFolder { folder in
            var random = SplitMix64(seed: 1)
            let replica = try Replica(folder, 1)
            let far = stamp(8, 4_070_908_800_000)
            try replica.receive([frame(far, 1, "far")])
            try replica.setRank(far, HLC(milliseconds: today + 50))
            let (hlc, _) = try replica.write(at: today, using: &random) { transaction in
                try transaction.put(person, in: home, [(1, .text("own"))])
            }
            #expect(hlc == HLC(milliseconds: today + 50, counter: 1))
            #expect(try shown(replica, "phone") == [[.text("own")]])
        }
    }

    @Test("An order that changes nothing says so, and one that fails leaves none in memory")
    func rollsBack() throws {
        try withTemporaryFolder { folder in
            struct Stop: Error {}
            let replica = try Replica(folder, 1)
            let (far, near) = (stamp(8, 4_070_908_800_000), stamp(9, today))
            try replica.receive([frame(far, 1, "far"), frame(near, 1, "near")])
            #expect(throws: Stop.self) {
                try replica.transaction {
                    #expect(try replica.node.setRank(far, HLC(milliseconds: 1), epoch: 1))
                    #expect(try !replica.node.setRank(far, HLC(milliseconds: 1), epoch: 1))
                    throw Stop()
                }
            }
            #expect(replica.node.ranks.order(for: far) == nil)
            #expect(try shown(replica, "phone") == [[.text("far")]])
        }
    }
}
