import District
import FHIR
import Foundation
import Generator

/// The hub is away, and work goes on.
extension Story {
    func stopHub() async throws {
        narrator.heading("The hub is switched off")
        let time = try await district.hub.stop()
        narrator.result("It stopped within \(Narrator.seconds(time)).")
        narrator.tell(
            """
            A clinic reads and writes its own SQLite database, so nobody notices: what is written \
            waits in the clinic's log.
            """)
    }

    /// Many more patients come to the third clinic, whose power fails in the middle of it.
    func killDuringImport() async throws {
        narrator.heading("The power fails in the middle of an import")
        let clinic = clinics[2]
        let numbers = demo.patients(ofClinic: 2, below: Story.laterPatients)
            .filter { $0 >= Story.patients }
        let folder = try write(numbers, for: clinic)
        let before = try await clinic.status().integer("written")
        async let interrupted = clinic.syncctl("import", folder, "--json")
        // A third of them, a change set or more each.
        let isUnderWay = try await Polling.until(within: .seconds(60)) {
            try await clinic.status().integer("written") >= before + numbers.count / 3
        }
        try require(isUnderWay, "\(clinic.name) takes in what is imported")
        await clinic.killNow()
        let cut = try await interrupted.expecting(3).json()
        try require(cut["error"] != nil, "an import that was cut off says so")
        narrator.result(
            "\(clinic.name) was killed (SIGKILL) with \(cut.integer("files")) of \(numbers.count) "
                + "patients confirmed.")
        try await clinic.start()
        let rest = try await runImport(folder, at: clinic)
        let kept = rest.integer("unchanged")
        narrator.result(
            "Started again, the same import found \(kept) resources there and added the other "
                + "\(rest.integer("created")).")
        try require(
            kept >= cut.integer("created"),
            "\(cut.integer("created")) were confirmed before the kill, and \(kept) are there")
    }

    func bringHubBack() async throws {
        narrator.heading("The hub comes back")
        for clinic in clinics {
            let status = try await clinic.status()
            narrator.result(
                "\(clinic.name) has \(status.pending) change sets to send, and says: "
                    + "\(status["state"]?.text ?? "unknown").")
        }
        try await district.hub.start()
        let time = try await district.converge(within: .seconds(60))
        narrator.result("All exchanged and equal \(Narrator.seconds(time)) after it was back.")
    }
}
