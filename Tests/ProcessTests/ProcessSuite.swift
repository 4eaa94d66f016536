import District
import FHIR
import Foundation
import Generator
import Testing

/// The programs as they are shipped, run as they will be run: real processes, real TLS, real
/// files, and real kills. One test after another: each has a district to itself.
@Suite("Processes", .serialized)
enum ProcessSuite {
    /// Where the real data lies, beside the repository; nil where it doesn't.
    static func data(_ folder: String) -> String? {
        let path = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "shared/data/\(folder)").path
        let exists = FileManager.default.fileExists(atPath: path)
        if !exists { print("Skipped: there is no ../shared/data/\(folder) beside the repository.") }
        return exists ? path : nil
    }
}

extension RunningDistrict {
    /// Imports patients at a clinic, and expects nothing to be refused.
    func register(_ numbers: Range<Int>, of demo: DemoDistrict, at clinic: Daemon) async throws {
        for number in numbers {
            let answer = try await clinic.take(demo.bundle(number: number))
            #expect(answer["refused"]?.isEmpty == true, "patient \(number)")
        }
    }

    /// Expects that all clinics and the hub hold the same, whichever way it is looked at.
    /// - Returns: what they hold.
    @discardableResult
    func expectEqual(_ note: Comment? = nil) async throws -> RecordSet {
        try await converge()
        let first = try await RecordSet.read(from: clinics[0])
        for clinic in clinics.dropFirst() {
            let other = try await RecordSet.read(from: clinic)
            #expect(first.differences(from: other).prefix(5) == [], note)
        }
        for daemon in clinics + [hub] {
            let run = try await daemon.syncctl("verify", "--json")
            #expect(run.status == 0, "\(daemon.name): \(run.output)")
        }
        return first
    }
}

extension Daemon {
    func service() async throws -> LoopbackHTTP { try LoopbackHTTP(address: await address()) }

    /// Writes a telephone number into a patient's record.
    func setPhone(_ number: String, of patient: String) async throws {
        try await service().edit(patient) { $0.setLastPhone(number) }
    }

    /// All telephone numbers that were ever written to a patient's record, each as often as it
    /// was written.
    func phonesEver(of patient: String) async throws -> [String] {
        let history = try await ask("record-history", ["reference": .string(patient)])
        return (history["entries"]?.elements ?? []).compactMap { $0["value"]?["value"]?.text }
    }
}

extension JSON {
    mutating func setLastPhone(_ number: String) {
        var phones = self["telecom"]?.elements ?? []
        guard var last = phones.popLast() else { return }
        last.set("value", .string(number))
        set("telecom", .array(phones + [last]))
    }
}
