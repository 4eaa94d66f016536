import Foundation
import LinkProxy
import NIOCore
import Records
import Replica
import Sync
import Workload

/// What takes real processes, real TLS and a real disk.
enum ProcessBench {
    /// Local writes at `synchronous=FULL`, one change a transaction, beside plain SQLite.
    static func durableWrites(_ table: inout BenchTable) throws {
        var ratios: [(ours: Double, plain: Double)] = []
        for _ in 0..<3 {
            let folder = try ScratchFolder("durable", in: .disk)
            defer { folder.remove() }
            let plain = try PlainBaseline.durableWrites(
                at: folder.file("plain.sqlite"), count: 2000)
            let district = try BenchDistrict("writes", clinics: ["a"], in: .disk)
            defer { district.folder.remove() }
            let rows = PatientWorkload(count: 2000).rows
            let cost = try CPUClock.measure {
                try district.insert(rows, at: "a", perTransaction: 1)
            }
            ratios.append((2000 / cost.wallSeconds, plain.perSecond))
        }
        ratios.sort { $0.ours / $0.plain < $1.ours / $1.plain }
        table.add(
            BenchRow(
                "write-full", "transactions of one new record, durable", ours: ratios[1].ours,
                plain: ratios[1].plain, unit: "per s"))
    }

    /// New records from one clinic through the hub to another, all durable.
    static func exchange(_ table: inout BenchTable) throws {
        let count = 100_000
        let district = try BenchDistrict("exchange", clinics: ["writer", "reader"], in: .disk)
        defer { district.folder.remove() }
        // Both have joined the district while it was empty.
        try district.settle(["writer", "reader"])
        try district.insert(PatientWorkload(count: count).rows, at: "writer", perTransaction: 100)
        let (hub, port) = try district.hub()
        let hubStart = hub.cpuSeconds
        let reader = try district.clinic("reader", port: port, records: count)
        let writer = try district.clinic("writer", port: port, records: count)
        let seconds = [Double(writer.line()) ?? 0, Double(reader.line()) ?? 0]
        let cpu = [hub.cpuSeconds - hubStart, writer.cpuSeconds, reader.cpuSeconds]
        for running in [writer, reader, hub] { running.end() }
        let busiest = cpu.max()!
        table.add(
            BenchRow(
                "exchange",
                "records changed a CPU second of the busiest process "
                    + "(hub \(rounded(cpu[0])) s, writer \(rounded(cpu[1])) s, "
                    + "reader \(rounded(cpu[2])) s; \(rounded(seconds.max()!)) s by the clock)",
                ours: Double(count) / busiest, unit: "records/CPU s",
                budget: .ours(atLeast: 50_000)))
    }

    /// A clinic joins a district of 100,000 patients.
    static func join(_ table: inout BenchTable) async throws {
        let count = 100_000
        let district = try BenchDistrict("join", clinics: ["writer", "reader"], in: .disk)
        defer { district.folder.remove() }
        try district.insert(PatientWorkload(count: count).rows, at: "writer", perTransaction: 100)
        try district.settle(["writer"])
        let (hub, port) = try district.hub()
        let link = try await BadLink.start(toPort: port, conditions: .perfect)
        let reader = try district.clinic("reader", port: link.port, records: count)
        _ = reader.line()
        let (cpu, memory, counts) = (reader.cpuSeconds, reader.peakMemory, link.counts)
        reader.end()
        hub.end()
        try await link.stop()
        table.add(
            BenchRow(
                "join-bytes", "a clinic joins 100k patients: all bytes, a patient",
                ours: Double(counts.up + counts.down) / Double(count), unit: "bytes"))
        table.add(
            BenchRow("join-cpu", "the same: CPU of the clinic", ours: cpu, unit: "CPU s"))
        table.add(
            BenchRow(
                "join-memory", "the same: peak memory of the clinic",
                ours: Double(memory) / 1e6, unit: "MB", budget: .ours(atMost: 200)))
    }

    /// A clinic applies 1,000,000 changes.
    static func apply(_ table: inout BenchTable) throws {
        let count = 1_000_000
        let district = try BenchDistrict("apply", clinics: ["writer", "reader"], in: .disk)
        defer { district.folder.remove() }
        try district.settle(["reader"])
        for part in 0..<10 {
            let rows = PatientWorkload(count: count / 10, seed: UInt64(part + 100)).rows
            try district.insert(rows, at: "writer", perTransaction: 100)
        }
        try district.settle(["writer"])
        let (hub, port) = try district.hub()
        let reader = try district.clinic("reader", port: port, records: count)
        _ = reader.line()
        let memory = max(reader.peakMemory, hub.peakMemory)
        let cpu = reader.cpuSeconds
        reader.end()
        hub.end()
        table.add(
            BenchRow(
                "apply-memory", "1,000,000 changes applied: peak memory, clinic or hub",
                ours: Double(memory) / 1e6, unit: "MB", budget: .ours(atMost: 200)))
        table.add(
            BenchRow("apply-cpu", "the same: CPU of the clinic", ours: cpu, unit: "CPU s"))
    }

    /// 500 edits up and 500 down over 600 ms and 30 kbit/s, each edit its own transaction.
    static func badLink(_ table: inout BenchTable) async throws {
        let edits = 500
        let district = try BenchDistrict("link", clinics: ["a", "b"], in: .disk)
        defer { district.folder.remove() }
        let workload = PatientWorkload(count: 1000)
        try district.insert(workload.rows, at: "a", perTransaction: 100)
        try district.settle(["a", "b", "a"])
        try district.edit(workload, rows: 0..<edits, at: "a")
        try district.edit(workload, rows: edits..<2 * edits, at: "b")
        try district.settle(["b"])
        let (hub, port) = try district.hub()
        let link = try await BadLink.start(toPort: port, conditions: .secondGeneration)
        let clinic = try district.clinic("a", port: link.port, records: 1000)
        let seconds = Double(clinic.line()) ?? .infinity
        let counts = link.counts
        let limit = link.conditions.limit(up: counts.up, down: counts.down)
        clinic.end()
        hub.end()
        try await link.stop()
        table.add(
            BenchRow(
                "bad-link", "500 edits up and 500 down at 600 ms and 30 kbit/s", ours: seconds,
                plain: limit, unit: "s", budget: .ratio(atMost: 1.3)))
        table.add(
            BenchRow(
                "bad-link-bytes", "the same: all bytes of the link, an edit",
                ours: Double(counts.up + counts.down) / Double(2 * edits), unit: "bytes",
                budget: .ours(atMost: 60)))
    }

    private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}

extension BenchDistrict {
    /// Sets the phone of rows at a clinic, each in a transaction of its own.
    func edit(_ workload: PatientWorkload, rows: Range<Int>, at name: String) throws {
        let clinic = try BenchClinic.open(folder.path, name)
        for at in rows {
            let key = BenchSchema.key(workload.rows[at])
            try clinic.write(author: "Practitioner/bench", at: Clocks.reading()) { transaction in
                try transaction.put(
                    key, in: .patient(key.id), [(BenchSchema.phone, .text(workload.newPhones[at]))])
            }
        }
        try clinic.close()
    }
}
