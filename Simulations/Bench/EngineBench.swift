import Foundation
import Records
import Replica
import Workload

/// W1 to W4 and sizes: the engine beside plain SQLite and its session extension, in one run.
enum EngineBench {
    static let rounds = 5

    private struct Round {
        var plain: PlainBaseline.Figures
        var bytesPlain: PlainBaseline.Figures
        var insert, update, exchange: Cost
        var transfer: Cost
        var logBytes, stateBytes: Double
        var size, sizeWithLog: Double
    }

    static func run(_ table: inout BenchTable) throws {
        let workload = PatientWorkload()
        let rows = Double(workload.rows.count)
        var all: [Round] = []
        for _ in 0..<rounds { all.append(try round(workload)) }
        func median(_ figure: (Round) -> Double) -> Double {
            all.map(figure).sorted()[all.count / 2]
        }
        /// A row with both figures of the round that has the middle ratio: what was measured within
        /// seconds of each other, on a machine whose speed changes.
        func row(
            _ id: String, _ what: String, _ ours: (Round) -> Cost, over plain: (Round) -> Cost,
            atMost bound: Double? = nil
        ) -> BenchRow {
            let figures = all.map { (ours($0).cpuSeconds, plain($0).cpuSeconds) }
            let (ours, plain) = figures.sorted { $0.0 / $0.1 < $1.0 / $1.1 }[all.count / 2]
            return BenchRow(
                id, what, ours: ours, plain: plain, unit: "CPU s",
                budget: bound.map { .ratio(atMost: $0) })
        }
        table.add(
            row(
                "W1", "insert 100k patients, transactions of 100", { $0.insert },
                over: { $0.plain.insert }, atMost: 1.5))
        table.add(
            row(
                "W2", "update one field of each", { $0.update }, over: { $0.plain.update },
                atMost: 2.0))
        table.add(
            row(
                "W3", "export all of it and apply it elsewhere", { $0.transfer },
                over: { $0.plain.insert }, atMost: 1.5))
        table.add(
            BenchRow(
                "W3-bytes", "log with both writes, a patient", ours: median { $0.logBytes } / rows,
                unit: "bytes", budget: .ours(atMost: 80)))
        table.add(
            BenchRow(
                "W3-state-bytes", "state by snapshot, a patient",
                ours: median { $0.stateBytes } / rows, unit: "bytes", budget: .ours(atMost: 55)))
        table.add(
            row(
                "W4", "50k conflicting edits on each side, exchanged", { $0.exchange },
                over: { $0.plain.insert }, atMost: 1.0))
        table.add(
            BenchRow(
                "size", "replica after W2, without its log", ours: median { $0.size },
                plain: median { Double($0.plain.fileBytes) }, unit: "bytes",
                budget: .ratio(atMost: 1.3)))
        table.add(
            BenchRow(
                "size-with-log", "replica after W2", ours: median { $0.sizeWithLog },
                plain: median { Double($0.plain.fileBytes) }, unit: "bytes",
                budget: .ratio(atMost: 2.2)))
        table.add(
            row(
                "W1-16", "W1 beside a plain table with 16-byte ids", { $0.insert },
                over: { $0.bytesPlain.insert }))
        let plain = median { $0.plain.insert.cpuSeconds }
        let plainUpdate = median { $0.plain.update.cpuSeconds }
        try session(workload, plain: plain, plainUpdate: plainUpdate, &table)
    }

    private static func round(_ workload: PatientWorkload) throws -> Round {
        let folder = try ScratchFolder("bench", in: .memory)
        defer { folder.remove() }
        let plain = try PlainBaseline.run(workload, at: folder.file("plain.sqlite"))
        let bytesPlain = try PlainBaseline.run(
            workload, at: folder.file("bytes.sqlite"), ids: .bytes)
        let a = try EngineReplica(path: folder.file("a.sqlite"), node: 1)
        let b = try EngineReplica(path: folder.file("b.sqlite"), node: 2)
        let insert = try CPUClock.measure { try a.insert(workload) }
        let update = try CPUClock.measure { try a.update(workload) }
        var messages: [[UInt8]] = []
        let transfer = try CPUClock.measure {
            messages = try a.export(after: 0)
            try b.apply(messages)
        }
        guard a.sum == b.sum else { throw BenchFailure(description: "W3: the replicas differ") }
        let state = try a.snapshot()
        let (heads, sizes) = ((a.head, b.head), (try a.fileBytesWithoutLog(), try a.fileBytes()))
        try a.edit(workload.editsAtA, workload)
        try b.edit(workload.editsAtB, workload)
        let exchange = try CPUClock.measure {
            let (fromA, fromB) = (try a.export(after: heads.0), try b.export(after: heads.1))
            try a.apply(fromB)
            try b.apply(fromA)
        }
        guard a.sum == b.sum else { throw BenchFailure(description: "W4: the replicas differ") }
        let losers = try a.store.store.reading {
            try a.store.store.count("SELECT count(*) FROM _sibling")
        }
        guard losers == workload.rows.count / 4 else {
            throw BenchFailure(description: "W4: \(losers) losers were kept")
        }
        try a.store.close()
        try b.store.close()
        return Round(
            plain: plain, bytesPlain: bytesPlain, insert: insert, update: update,
            exchange: exchange, transfer: transfer, logBytes: bytes(messages),
            stateBytes: bytes(state), size: Double(sizes.0), sizeWithLog: Double(sizes.1))
    }

    private static func bytes(_ messages: [[UInt8]]) -> Double {
        Double(messages.reduce(0) { $0 + $1.count })
    }

    /// What SQLite's session extension takes for the same, which sends rows and merges nothing.
    private static func session(
        _ workload: PatientWorkload, plain: Double, plainUpdate: Double, _ table: inout BenchTable
    ) throws {
        let folder = try ScratchFolder("session", in: .memory)
        defer { folder.remove() }
        let figures = try SessionBaseline.run(workload, in: folder.path)
        let rows: [(String, String, Double, Double)] = [
            ("W1-session", "W1 by the session extension", figures.insert.cpuSeconds, plain),
            ("W2-session", "W2 by the session extension", figures.update.cpuSeconds, plainUpdate),
            (
                "W3-session", "W3 by the session extension",
                (figures.export + figures.apply).cpuSeconds, plain
            ),
            ("W4-session", "W4 by the session extension", figures.exchange.cpuSeconds, plain),
        ]
        for (id, what, ours, plain) in rows {
            table.add(BenchRow(id, what, ours: ours, plain: plain, unit: "CPU s"))
        }
        let bytes = Zstandard.compressed(figures.exported).count
        table.add(
            BenchRow(
                "W3-bytes-session", "last state of each row, a patient",
                ours: Double(bytes) / Double(workload.rows.count), unit: "bytes"))
    }
}
