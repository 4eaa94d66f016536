import Foundation
import Settings

/// A folder for one test with configuration files in it, removed with its last reference.
final class ConfigurationFolder: Sendable {
    let path: String

    init() throws {
        let random = String(UInt32.random(in: .min ... .max), radix: 36)
        path = "/tmp/settings-\(random)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file and gives its path.
    func write(_ text: String, to name: String = "clinicd.yaml") throws -> String {
        let file = "\(path)/\(name)"
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: file))
        return file
    }

    /// The clinic's settings of a file with this text.
    func clinic(
        _ text: String, environment: [String: String] = [:]
    ) throws -> ClinicSettings {
        try ClinicSettings.load(
            file: write(text), environment: environment, workingDirectory: path)
    }

    /// The hub's settings of a file with this text.
    func hub(_ text: String, environment: [String: String] = [:]) throws -> HubSettings {
        try HubSettings.load(
            file: write(text, to: "hubd.yaml"), environment: environment, workingDirectory: path)
    }

    /// What is wrong with a clinic's configuration of this text.
    func problems(
        _ text: String, environment: [String: String] = [:]
    ) throws -> [SettingProblem] {
        do {
            _ = try clinic(text, environment: environment)
            return []
        } catch let error as SettingsError {
            return error.problems
        }
    }
}
