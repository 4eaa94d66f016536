import Causality
import Foundation
import Records
import Replica
import Workload

/// The product's engine doing the official workload: a node without a network.
final class EngineReplica {
    let store: NodeStore
    let node: NodeID
    private let incarnation = Incarnation(rawValue: 7)
    private var random = SplitMix64(seed: 1)
    private var hlc = HLC.zero
    private var now: UInt64 = 1_800_000_000_000
    private let path: String
    /// The sum of the content, kept up to date at each write as a holder of all keeps it.
    private(set) var sum = ContentSum()

    init(path: String, node: UInt64) throws {
        self.path = path
        self.node = NodeID(rawValue: node)
        store = try NodeStore(path: path, schema: BenchSchema.schema, durability: .normal)
        store.account = { [unowned self] applied, _ in sum += applied.delta }
    }

    func write(_ body: (LocalTransaction) throws -> Void) throws {
        // A transaction every 3 to 4 seconds, as a clinic's clock would stamp them.
        now += 3000 + random.next() % 1000
        let author = Authorship(
            node: node, incarnation: incarnation, hlc: hlc, now: now, quality: .measured)
        try store.transaction {
            if let hlc = try store.write(as: author, salts: &random, body).0 { self.hlc = hlc }
        }
    }

    func insert(_ workload: PatientWorkload) throws {
        for range in PatientWorkload.transactions(of: workload.rows.count) {
            try write { transaction in
                for row in workload.rows[range] {
                    let key = BenchSchema.key(row)
                    try transaction.create(key, in: .patient(key.id), BenchSchema.units(row))
                }
            }
        }
    }

    func update(_ workload: PatientWorkload) throws {
        for range in PatientWorkload.transactions(of: workload.rows.count) {
            try write { transaction in
                for at in range {
                    let key = BenchSchema.key(workload.rows[at])
                    let phone = Value.text(workload.newPhones[at])
                    try transaction.put(key, in: .patient(key.id), [(BenchSchema.phone, phone)])
                }
            }
        }
    }

    func edit(_ edits: [PatientWorkload.Edit], _ workload: PatientWorkload) throws {
        for range in PatientWorkload.transactions(of: edits.count) {
            try write { transaction in
                for edit in edits[range] {
                    let key = BenchSchema.key(workload.rows[edit.row])
                    let unit = edit.column == .phone ? BenchSchema.phone : BenchSchema.address
                    try transaction.put(key, in: .patient(key.id), [(unit, .text(edit.value))])
                }
            }
        }
    }

    private var origin: Origin { Origin(node: node, incarnation: incarnation, lane: .care) }

    var head: UInt64 { store.head(origin)?.sequence ?? 0 }

    /// The log after a sequence, in messages of about 1 MB before compression.
    func export(after sequence: UInt64) throws -> [[UInt8]] {
        var messages: [[UInt8]] = []
        var batch: [Frame] = []
        var size = 0
        func flush() {
            var out = MessageWriter()
            FramePack.write(batch, to: &out)
            messages.append(out.finish())
            (batch, size) = ([], 0)
        }
        try store.store.reading {
            try store.log.forEach(origin, after: sequence) { entry in
                batch.append(entry.frame)
                size += entry.frame.bytes.count
                if size >= 1 << 20 { flush() }
                return true
            }
        }
        if !batch.isEmpty { flush() }
        return messages
    }

    /// Applies messages that ``export(after:)`` gave elsewhere, some in one transaction: what each
    /// costs is shared, and what is in memory stays bounded.
    func apply(_ messages: [[UInt8]]) throws {
        var rest = messages[...]
        while !rest.isEmpty {
            try store.transaction {
                var changes = 0
                while changes < EngineReplica.changesPerTransaction, let message = rest.popFirst() {
                    changes += try apply(message)
                }
            }
        }
    }

    private static let changesPerTransaction = 20_000

    /// Applies one message. Returns how many change sets it had.
    private func apply(_ message: [UInt8]) throws -> Int {
        let frames = try MessageParts(message).read { (reader) throws(Malformed) in
            try FramePack.read(&reader)
        }
        for frame in frames {
            _ = try store.append(frame)
            try store.apply(frame)
            hlc = max(hlc, frame.header.hlc)
        }
        return frames.reduce(0) { $0 + $1.partCount }
    }

    /// The state of everything, as a clinic that joins loads it: chunks of about 1 MB.
    func snapshot() throws -> [[UInt8]] {
        try store.store.reading {
            var chunks: [[UInt8]] = []
            var roots = try store.tables.roots(of: .patient, after: nil, limit: .max)[...]
            while !roots.isEmpty {
                var out = MessageWriter()
                _ = try store.snapshots.write(to: &out, limit: 1 << 20) { roots.popFirst() }
                chunks.append(out.finish())
            }
            return chunks
        }
    }

    /// Takes in what ``snapshot()`` gave elsewhere, each chunk in one transaction.
    func load(_ chunks: [[UInt8]]) throws {
        for chunk in chunks {
            let parts = try MessageParts(chunk)
            try store.transaction {
                try parts.plain.withUnsafeBytes { plain in
                    try parts.raw.withUnsafeBytes { raw in
                        var reader = MessageReader(plain: ByteReader(plain), raw: ByteReader(raw))
                        let latest = try store.snapshots.replace(from: &reader) {
                            _, _, before, after in
                            sum -= before
                            sum += after
                        }
                        hlc = max(hlc, latest)
                    }
                }
            }
        }
    }

    /// Bytes of the file, all of the log included.
    func fileBytes() throws -> Int {
        try store.store.checkpoint()
        return try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    }

    /// Bytes of the file without its log.
    func fileBytesWithoutLog() throws -> Int {
        let copy = path + ".nolog"
        try store.store.copy(to: copy)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        let database = try Store(path: copy, durability: .normal)
        try database.transaction { try database.execute("DELETE FROM _log") }
        try database.vacuum()
        try database.close()
        return try FileManager.default.attributesOfItem(atPath: copy)[.size] as? Int ?? 0
    }
}
