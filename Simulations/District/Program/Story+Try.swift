import District
import Generator

/// The district, for whoever wants to look around in it.
extension Story {
    func keepRunning() async throws {
        try await enrol()
        try await importPatients()
        try await showDoors()
        // Nothing ever comes of this stream. Ctrl-C cancels the task, which ends the wait for it.
        let (nothing, source) = AsyncStream<Void>.makeStream()
        for await _ in nothing {}
        source.finish()
        try Task.checkCancellation()
    }

    private func showDoors() async throws {
        narrator.heading("It is yours")
        var rows: [[String]] = []
        for daemon in [district.hub] + clinics {
            let path = daemon.role == .clinic ? "/fhir/R4" : ""
            rows.append([daemon.name, "\(try await daemon.address())\(path)"])
        }
        narrator.table(rows)
        let person = demo.patient(number: 0)
        let fhir = try await clinics[0].address()
        let programs = district.programs.path
        func syncctl(_ command: String, _ daemon: Daemon) -> String {
            "\(programs)/syncctl \(command) --config \(daemon.configuration)"
        }
        narrator.say("")
        narrator.tell("Some things to try:")
        narrator.say("")
        for line in [
            "curl '\(fhir)/fhir/R4/Patient?name=\(person.given[0])'",
            "curl \(fhir)/fhir/R4/Patient/\(person.id)",
            syncctl("status", clinics[0]),
            syncctl("record show Patient/\(person.id)", clinics[0]),
            syncctl("record history Patient/\(person.id)", clinics[0]),
            syncctl("review list", clinics[0]),
            syncctl("status", district.hub),
            syncctl("verify", district.hub),
            "kill -9 \(clinics[1].pid ?? 0)    # clinic-2; then start it again:",
            "\(programs)/clinicd --config \(clinics[1].configuration)",
        ] { narrator.say("    \(line)") }
        narrator.say("")
        narrator.tell("Ctrl-C ends the district and removes its folder, \(district.folder).")
    }
}
