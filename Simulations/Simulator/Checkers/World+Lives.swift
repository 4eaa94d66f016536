import Causality
import Records
import Replica
import Sync

/// What must be true of every write at the moment when it is confirmed.
extension World {
    /// Milliseconds that others may carry a right clock ahead: up to there the hub ranks nothing.
    private static let tolerance: UInt64 = 300_000

    /// One life writes under an incarnation, and its clock is not carried away.
    func checkLife(_ machine: ClinicMachine, _ entry: LedgerEntry) throws {
        let incarnation = entry.stamp.origin.incarnation
        let life = lives[incarnation] ?? machine.identity
        lives[incarnation] = life
        guard life == machine.identity else {
            throw Failure(
                .stamp, "\(machine.name) goes on under the incarnation of another copy of its disk")
        }
        let copies = machines.filter { $0.node == machine.node }
        guard hub.clock.wasAlwaysRight, copies.allSatisfy(\.clock.wasAlwaysRight) else { return }
        guard entry.stamp.hlc.milliseconds <= time + World.tolerance else {
            throw Failure(
                .stamp,
                "the clock of \(machine.name), which is right, was carried away to "
                    + "\(entry.stamp.hlc.milliseconds)")
        }
    }

    /// Sums are equal exactly when contents are: looks at those of the compartments of a write.
    func checkSums(_ machine: ClinicMachine, _ writes: [PlaceWrite]) throws {
        guard machine.events % options.statusEvery == 0 else { return }
        let replica = machine.replica
        for compartment in Set(writes.map(\.place.compartment)).sorted() {
            let (sum, content) = try replica.store.reading {
                guard let root = try replica.tables.root(compartment) else {
                    throw Failure(.content, "\(machine.name) lacks \(compartment.id)")
                }
                return (
                    try replica.snapshots.sum(of: root),
                    contentHash(try replica.reader.records(of: root))
                )
            }
            let known = contents[sum] ?? content
            contents[sum] = content
            guard known == content else {
                throw Failure(
                    .digest, "two contents of \(compartment.kind) \(compartment.id) have one sum")
            }
        }
    }

    /// A hash of all stamps of some records, which shares nothing with the product's sums.
    private func contentHash(_ records: [StoredRecord]) -> UInt64 {
        var places: [UInt64] = []
        for record in records {
            let key = Trace.hash("\(record.key.entity)/\(record.key.id)".utf8)
            for (unit, register) in record.registers {
                for sibling in register.siblings {
                    let (hlc, origin) = (sibling.stamp.hlc, sibling.stamp.origin)
                    places.append(
                        Trace.hash(words: [
                            key, UInt64(unit), hlc.rawValue, origin.node.rawValue,
                            origin.incarnation.rawValue, UInt64(origin.lane.rawValue),
                        ]))
                }
            }
        }
        return Trace.hash(words: places.sorted())
    }
}
