import Causality
import Foundation
import Hub
import LinkProxy
import NIOCore
import Records
import Replica
import Sync
import Trust
import Workload

/// A hub and clinics of a benchmark in one folder, prepared in this process and run in processes
/// of their own.
final class BenchDistrict {
    let folder: ScratchFolder
    private let authority: Authority
    private(set) var nodes: [String: NodeID] = [:]

    init(_ name: String, clinics: [String], in place: ScratchFolder.Place) throws {
        folder = try ScratchFolder(name, in: place)
        let credentials = try CredentialFolder(path: folder.file("credentials"))
        authority = try credentials.authority(commonName: "bench", now: Date())
        try write("root.crt", authority.rootCertificatePEM)
        let hub = try BenchHub.open(folder.path)
        for (index, clinic) in clinics.enumerated() {
            let registered = try hub.add(
                clinic, scope: .district, organization: clinic,
                codeID: [UInt8](repeating: UInt8(index + 1), count: 8), verifier: [1],
                at: Clocks.reading())
            let key = ClinicKey()
            let certificate = try authority.sign(
                csrPEM: try key.csrPEM(name: clinic), node: registered.node.rawValue, name: clinic,
                now: Date())
            try write("\(clinic).crt", certificate)
            try write("\(clinic).secret", key.privateKeyPEM)
            try write("\(clinic).node", "\(registered.node.rawValue)")
            nodes[clinic] = registered.node
        }
        try hub.close()
    }

    private func write(_ file: String, _ text: String) throws {
        try text.write(toFile: folder.file(file), atomically: true, encoding: .utf8)
    }

    /// Lets clinics exchange with the hub within this process, until nothing moves.
    func settle(_ names: [String]) throws {
        let hub = try BenchHub.open(folder.path)
        for name in names {
            let clinic = try BenchClinic.open(folder.path, name)
            try InProcess.settle(clinic, with: hub)
            try clinic.close()
        }
        try hub.close()
    }

    /// Writes rows at a clinic, `perTransaction` in each transaction.
    func insert(_ rows: some Collection<PatientRow>, at name: String, perTransaction: Int) throws {
        let clinic = try BenchClinic.open(folder.path, name)
        var batch: [PatientRow] = []
        func flush() throws {
            try clinic.write(author: "Practitioner/bench", at: Clocks.reading()) { transaction in
                for row in batch {
                    let key = BenchSchema.key(row)
                    try transaction.create(key, in: .patient(key.id), BenchSchema.units(row))
                }
            }
            batch.removeAll(keepingCapacity: true)
        }
        for row in rows {
            batch.append(row)
            if batch.count == perTransaction { try flush() }
        }
        if !batch.isEmpty { try flush() }
        try clinic.close()
    }

    /// A program of this district in a process of its own.
    final class Running {
        let process = Process()
        private let input = Pipe()
        private let output = Pipe()

        init(_ arguments: [String]) throws {
            process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            process.arguments = arguments
            process.standardInput = input
            process.standardOutput = output
            try process.run()
        }

        /// The next line that it prints.
        func line() -> String {
            var bytes: [UInt8] = []
            while let byte = try? output.fileHandleForReading.read(upToCount: 1)?.first, byte != 10
            {
                bytes.append(byte)
            }
            return String(decoding: bytes, as: UTF8.self)
        }

        var cpuSeconds: Double { ProcessFigures.cpuSeconds(of: process.processIdentifier) ?? 0 }
        var peakMemory: Int { ProcessFigures.peakMemory(of: process.processIdentifier) ?? 0 }

        func end() {
            try? input.fileHandleForWriting.close()
            process.waitUntilExit()
        }
    }

    func hub() throws -> (Running, port: Int) {
        let running = try Running(["--role", "hub", folder.path])
        guard let port = Int(running.line()) else {
            throw BenchFailure(description: "the benchmark's hub did not start")
        }
        return (running, port)
    }

    func clinic(_ name: String, port: Int, records: Int) throws -> Running {
        try Running(["--role", "clinic", folder.path, name, "\(port)", "\(records)"])
    }
}

struct BenchFailure: Error, CustomStringConvertible { var description: String }

/// Exchanges without a network, for preparation and for counting bytes.
enum InProcess {
    /// One exchange: what goes up and down in bodies.
    @discardableResult
    static func exchange(_ clinic: Clinic, with hub: HubStore, push: Int = 1 << 20) throws -> (
        up: Int, down: Int
    ) {
        let now = Clocks.reading()
        let sent = try clinic.exchange(
            pushBytes: push, pulls: true, wait: 0, limit: 1 << 20, at: now)
        guard
            case .answer(let bytes, _) = try hub.answer(
                sent.bytes, from: clinic.node, at: now, mayWait: false)
        else { throw BenchFailure(description: "the hub waits") }
        _ = try clinic.apply(bytes, to: sent, at: now)
        return (sent.bytes.count, bytes.count)
    }

    static func settle(_ clinic: Clinic, with hub: HubStore) throws {
        for _ in 0..<1_000_000 {
            let before = clinic.comparisons
            if let chunk = try clinic.chunkRequest(limit: 1 << 20) {
                guard
                    case .answer(let bytes, _) = try hub.answer(
                        chunk.encoded(), from: clinic.node, at: Clocks.reading(), mayWait: false)
                else { throw BenchFailure(description: "the hub waits") }
                try clinic.apply(bytes, to: chunk)
            }
            let (_, down) = try exchange(clinic, with: hub)
            if try !clinic.hasPending && clinic.chunkRequest(limit: 1) == nil && down < 250,
                !before.isEmpty
            {
                return
            }
        }
    }
}
