import Foundation

/// Finds the Unix socket of the daemon of this machine, for `syncctl`.
package enum ControlSocket {
    /// Where a configuration is looked for when none is named.
    package static let standardFiles = [
        "clinicd.yaml", "hubd.yaml", "/etc/clinicsync/clinicd.yaml", "/etc/clinicsync/hubd.yaml",
    ]

    /// Absolute paths of sockets that a daemon may listen on, the likeliest first; empty where
    /// there is neither a configuration nor an environment variable that says so.
    ///
    /// A file may be a clinic's or a hub's: only what both have is read, the rest passed over.
    /// - Parameter file: the configuration that was asked for, or `nil` to try the usual places.
    /// - Throws: `SettingsError` where the file, or what it says of the socket, can't be used.
    package static func candidates(
        file: String?, environment: [String: String], workingDirectory: String
    ) throws(SettingsError) -> [String] {
        let standards = [ClinicSettings.standardDataDirectory, HubSettings.standardDataDirectory]
        if let file {
            return try sockets(
                document: SettingsDocument(path: file), standards: standards,
                environment: environment, workingDirectory: workingDirectory)
        }
        let decisive = ["dataDirectory", "socket"].map(SettingName.environmentVariable)
        if decisive.contains(where: { environment[$0]?.isEmpty == false }) {
            return try sockets(
                document: SettingsDocument(), standards: standards, environment: environment,
                workingDirectory: workingDirectory)
        }
        var found: [String] = []
        for (place, name) in standardFiles.enumerated() {
            let path = SettingsReader.absolute(name, from: workingDirectory)
            guard FileManager.default.fileExists(atPath: path) else { continue }
            found += try sockets(
                document: SettingsDocument(path: path), standards: [standards[place % 2]],
                environment: environment, workingDirectory: workingDirectory)
        }
        return found
    }

    private static func sockets(
        document: SettingsDocument, standards: [String], environment: [String: String],
        workingDirectory: String
    ) throws(SettingsError) -> [String] {
        var found: [String] = []
        for standard in standards {
            var reader = SettingsReader(
                document: document, environment: environment, workingDirectory: workingDirectory)
            let folder = DaemonFolder(standard: standard, from: &reader)
            try reader.finishIgnoringOthers()
            if !found.contains(folder.socket) { found.append(folder.socket) }
        }
        return found
    }
}
