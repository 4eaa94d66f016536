import FHIR
import Foundation
import Synchronization

/// One hub and its clinics.
package final class RunningDistrict: Sendable {
    package let folder: String
    package let programs: ProgramFolder
    package let hub: Daemon
    package let hubPort: Int
    private let daemons = Mutex<[Daemon]>([])

    /// Makes the folder and starts the hub.
    ///
    /// - Parameter settings: more of the hub's configuration, YAML.
    package init(hubSettings settings: String = "") async throws {
        programs = try ProgramFolder.find()
        let name = String(UInt32.random(in: .min ... .max), radix: 36)
        folder = "/tmp/clinicsync-\(name)"
        hubPort = try FreePort.find()
        hub = try Daemon(
            .hub, name: "the hub", folder: "\(folder)/hub", programs: programs,
            settings: "listen: 127.0.0.1:\(hubPort)\nhosts: [127.0.0.1]\n\(settings)")
        do { try await hub.start() } catch {
            await remove()
            throw error
        }
    }

    package var clinics: [Daemon] { daemons.withLock { $0 } }

    package enum Scope: String, Sendable { case own, district }

    /// Adds a clinic, enrols it and starts it.
    ///
    /// - Parameters:
    ///   - hubURL: where the clinic takes the hub to be, if not where it is.
    ///   - isCounted: whether it is one of ``clinics``; else the caller stops it.
    package func addClinic(
        _ name: String, scope: Scope = .district, hubURL: String? = nil,
        folder place: String? = nil, isCounted: Bool = true
    ) async throws -> Daemon {
        let clinic = try makeClinic(name, hubURL: hubURL, folder: place)
        try await enrol(clinic, scope: scope)
        try await clinic.start()
        if isCounted { daemons.withLock { $0.append(clinic) } }
        return clinic
    }

    /// A clinic's folder and configuration, neither enrolled nor started.
    package func makeClinic(
        _ name: String, hubURL: String? = nil, folder place: String? = nil
    ) throws -> Daemon {
        try Daemon(
            .clinic, name: name, folder: place ?? "\(folder)/\(name)", programs: programs,
            settings: RunningDistrict.clinicSettings(hubURL: hubURL))
    }

    package static func clinicSettings(hubURL: String? = nil) -> String {
        let hub = hubURL.map { "hub:\n  url: \($0)\n" } ?? ""
        return "listen: 127.0.0.1:0\n\(hub)"
    }

    /// Has a code made at the hub, and the clinic enrol with it.
    /// - Returns: the code.
    @discardableResult
    package func enrol(_ clinic: Daemon, scope: Scope = .district) async throws -> String {
        let code = try await code(clinic.name, scope: scope)
        try await enrol(clinic, code: code).expecting(0)
        return code
    }

    package func code(_ name: String, scope: Scope = .district) async throws -> String {
        let answer = try await hub.syncctl(
            "clinic", "add", name, "--scope", scope.rawValue, "--json")
        guard let code = try answer.expecting(0).json()["code"]?.text else {
            throw DistrictFailure.unexpected("clinic add gave no code.")
        }
        return code
    }

    /// `clinicd enrol --code CODE`.
    package func enrol(_ clinic: Daemon, code: String) async throws -> CommandRun {
        try await CommandRun.run(
            programs.program("clinicd"),
            ["enrol", "--config", clinic.configuration, "--code", code], in: clinic.folder)
    }

    /// Has a clinic looked after that was made by hand.
    package func add(_ clinic: Daemon) { daemons.withLock { $0.append(clinic) } }

    // MARK: The end

    /// Stops all that runs, the clinics first, and removes the folder.
    package func remove() async {
        for daemon in clinics + [hub] where daemon.isRunning {
            do { try await daemon.stop() } catch { await daemon.killNow() }
        }
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Runs a body with a district, and removes that however it ends.
    package static func with<Result: Sendable>(
        clinics: [String], scope: Scope = .district, hubSettings: String = "",
        _ body: (RunningDistrict) async throws -> Result
    ) async throws -> Result {
        let district = try await RunningDistrict(hubSettings: hubSettings)
        do {
            for name in clinics { _ = try await district.addClinic(name, scope: scope) }
            let result = try await body(district)
            await district.remove()
            return result
        } catch {
            await district.remove()
            throw error
        }
    }
}
