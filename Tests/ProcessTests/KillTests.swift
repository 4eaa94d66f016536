import Causality
import District
import FHIR
import Generator
import Testing

extension ProcessSuite {
    @Suite("Killed")
    struct KillTests {
        /// Four districts, fifty kills each.
        private static let kills = 50
        private static let districts: [UInt64] = [1, 2, 3, 4]

        @Test(
            """
            Killed with -9 at random moments, while importing and exchanging: no confirmed write \
            is lost, none applied twice
            """, .timeLimit(.minutes(5)), arguments: districts)
        func kills(seed: UInt64) async throws {
            print("Kills: seed \(seed)")
            try await RunningDistrict.with(clinics: ["first", "second"]) { district in
                // What comes before a clinic has joined comes to it without history.
                try await district.converge()
                let ledger = Ledger()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (place, clinic) in district.clinics.enumerated() {
                        let writer = Writer(
                            clinic: clinic, place: place, seed: seed, ledger: ledger)
                        group.addTask { try await writer.run() }
                    }
                    var random = SplitMix64(seed: seed)
                    for _ in 0..<KillTests.kills {
                        try await KillTests.killOne(of: district, using: &random)
                    }
                    group.cancelAll()
                    try await group.waitForAll()
                }
                try await KillTests.check(district, ledger, seed: seed)
            }
        }

        /// The hub as often as a clinic, a few milliseconds after it was last seen well.
        private static func killOne(
            of district: RunningDistrict, using random: inout SplitMix64
        ) async throws {
            let victims = [district.hub] + district.clinics
            let victim = victims[Int(random.next() % UInt64(victims.count))]
            try await victim.kill(after: .microseconds(Int(random.next() % 150_000)))
            try await victim.start()
            // What waits for a hub that was away would wait for longer than this test takes.
            for clinic in district.clinics { _ = try? await clinic.ask("sync", ["wait": 1]) }
        }

        private static func check(
            _ district: RunningDistrict, _ ledger: Ledger, seed: UInt64
        ) async throws {
            let records = try await district.expectEqual("seed \(seed)")
            print(
                "Kills: seed \(seed), \(ledger.writes) confirmed writes, \(records.count) records")
            var written = 0
            for clinic in district.clinics {
                let broken = try await ledger.broken(at: clinic, records: records)
                #expect(broken.prefix(5) == [], "seed \(seed), \(clinic.name)")
                let status = try await clinic.status()
                #expect(status.integer("refused") == 0 && status.integer("parked") == 0)
                #expect(status.integer("written") == status.integer("acknowledged"))
                written += status.integer("written")
            }
            #expect(try await district.hub.status().integer("changeSets") == written)
            #expect(ledger.writes <= written)
            #expect(ledger.writes > KillTests.kills, "the writers have hardly written")
            try await checkThatLossIsSeen(district, ledger, records)
        }

        /// A ledger with a write that never was must be found broken.
        private static func checkThatLossIsSeen(
            _ district: RunningDistrict, _ ledger: Ledger, _ records: RecordSet
        ) async throws {
            ledger.confirm(bundle: [
                "entry": [["resource": ["resourceType": "Observation", "id": "never-was"]]]
            ])
            let broken = try await ledger.broken(at: district.clinics[0], records: records)
            #expect(broken == ["Observation/never-was"])
        }
    }
}

/// Writes at one clinic for as long as it may: new patients, and new numbers for patients that it
/// has registered. A write without an answer is done again, or given up.
private struct Writer {
    let clinic: Daemon
    let place: Int
    let seed: UInt64
    let ledger: Ledger

    func run() async throws {
        let demo = DemoDistrict(seed: seed, clinics: 2)
        var random = SplitMix64(seed: seed &+ UInt64(place) &* 1_000_003)
        var registered: [String] = []
        var number = place
        var edits = 0
        while !Task.isCancelled {
            if registered.isEmpty || random.next() % 3 == 0 {
                guard await register(number, of: demo) else { continue }
                registered.append("Patient/\(demo.patient(number: number).id)")
                number += 2
            } else {
                let patient = registered[Int(random.next() % UInt64(registered.count))]
                edits += 1
                await edit(patient, "\(place)-\(edits)")
            }
        }
    }

    private func register(_ number: Int, of demo: DemoDistrict) async -> Bool {
        let bytes = demo.bundle(number: number)
        guard let answer = try? await clinic.take(bytes),
            let bundle = try? JSON(parsing: bytes)
        else { return await pause() }
        if answer["refused"]?.isEmpty == true { ledger.confirm(bundle: bundle) }
        return true
    }

    private func edit(_ patient: String, _ phone: String) async {
        do {
            try await clinic.setPhone(phone, of: patient)
            ledger.confirm(phone: phone, of: patient)
        } catch { _ = await pause() }
    }

    /// The daemon is away.
    private func pause() async -> Bool {
        await clinic.waitUntilRunning(within: .seconds(5))
        return false
    }
}
