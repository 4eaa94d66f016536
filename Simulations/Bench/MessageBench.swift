import Causality
import Foundation
import Hub
import Records
import Replica
import Sync
import Workload

/// What small exchanges cost in bytes, and that their cost does not grow with what the hub holds.
enum MessageBench {
    static func bytes(_ table: inout BenchTable) throws {
        let district = try BenchDistrict("bytes", clinics: ["a", "b"], in: .memory)
        defer { district.folder.remove() }
        let rows = PatientWorkload(count: 1000).rows
        try district.insert(rows, at: "a", perTransaction: 1)
        try district.settle(["a", "b", "a"])
        let hub = try BenchHub.open(district.folder.path)
        let clinic = try BenchClinic.open(district.folder.path, "a")
        let idle = try InProcess.exchange(clinic, with: hub)
        table.add(
            BenchRow(
                "W5-bytes", "nothing new: bodies, both directions",
                ours: Double(idle.up + idle.down), unit: "bytes", budget: .ours(atMost: 160)))
        try clinic.write(author: "Practitioner/bench", at: Clocks.reading()) { transaction in
            let key = BenchSchema.key(rows[0])
            try transaction.put(
                key, in: .patient(key.id), [(BenchSchema.phone, .text("+265 991 234 567"))])
        }
        let edit = try InProcess.exchange(clinic, with: hub)
        guard !clinic.hasPending, clinic.comparisons.values.allSatisfy(\.isEqual) else {
            throw BenchFailure(description: "W6: one round trip was not enough")
        }
        table.add(
            BenchRow(
                "W6-bytes", "one field: bodies, both directions, one round trip",
                ours: Double(edit.up + edit.down), unit: "bytes", budget: .ours(atMost: 250)))
        try clinic.close()
        try hub.close()
    }

    /// CPU of one exchange that brings one new record, when the hub holds ever more.
    static func growth(_ table: inout BenchTable) throws {
        let district = try BenchDistrict("growth", clinics: ["writer", "reader"], in: .memory)
        defer { district.folder.remove() }
        var seed: UInt64 = 1000
        func rows(_ count: Int) -> [PatientRow] {
            seed += 1
            return PatientWorkload(count: count, seed: seed).rows
        }
        try district.settle(["reader"])
        var costs: [Double] = []
        var held = 0
        for size in [10_000, 100_000, 1_000_000] {
            while held < size {
                let count = min(100_000, size - held)
                try district.insert(rows(count), at: "writer", perTransaction: 100)
                try district.settle(["writer"])
                held += count
            }
            try district.settle(["reader"])
            costs.append(try cost(district, rows(200)))
        }
        let names = ["10 thousand", "100 thousand", "1 million"]
        for (index, cost) in costs.enumerated() {
            table.add(
                BenchRow(
                    index == 2 ? "pull-growth" : "pull-\(index)",
                    "one exchange with one new record, the hub holding \(names[index])",
                    ours: cost * 1e6, plain: costs[0] * 1e6, unit: "CPU µs",
                    budget: index == 2 ? .ratio(atMost: 1.5) : nil))
        }
    }

    private static func cost(_ district: BenchDistrict, _ rows: [PatientRow]) throws -> Double {
        let hub = try BenchHub.open(district.folder.path)
        let writer = try BenchClinic.open(district.folder.path, "writer")
        let reader = try BenchClinic.open(district.folder.path, "reader")
        var samples: [Double] = []
        for row in rows {
            try writer.write(at: Clocks.reading()) { transaction in
                let key = BenchSchema.key(row)
                try transaction.create(key, in: .patient(key.id), BenchSchema.units(row))
            }
            try InProcess.exchange(writer, with: hub)
            samples.append(
                try CPUClock.measure { try InProcess.exchange(reader, with: hub) }.cpuSeconds)
        }
        for clinic in [writer, reader] { try clinic.close() }
        try hub.close()
        return samples.sorted()[samples.count / 2]
    }
}
