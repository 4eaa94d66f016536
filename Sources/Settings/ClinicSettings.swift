import Foundation

/// The configuration of `clinicd`.
package struct ClinicSettings: Sendable {
    package struct Sync: Equatable, Sendable {
        /// How long the hub may keep a request open until there is news; zero asks for none.
        package let longPoll: Duration
        /// How long to wait between exchanges that bring nothing, where long polls don't work.
        package let idle: Duration
        /// Bytes of change sets in one request or answer.
        package let maximumBytes: Int
        /// What a hub takes, whatever its configuration.
        package static let mostBytes = 4 << 20
    }

    /// Absolute; all of the clinic's state is in it.
    package let dataDirectory: String
    /// Where FHIR is served; of this machine alone.
    package let listen: ListenAddress
    /// `nil` until the clinic is told of one; enrolling sets the hub's address too.
    package let hubURL: URL?
    /// Absolute path of the Unix socket for `syncctl`.
    package let socket: String
    /// Bytes of the disk below which `status` warns.
    package let lowDisk: UInt64
    package let log: LogSettings
    package let sync: Sync
    /// The zone of the clinic's wall clocks: of its diary, not of its stamps.
    package let timeZone: TimeZone
    /// What `--check` prints.
    package let report: SettingsReport

    static let standardDataDirectory = "data/clinic"

    /// Reads the configuration.
    /// - Parameters:
    ///   - file: the YAML file, or `nil` for the environment and defaults alone.
    ///   - environment: the process's environment; its values win over the file's.
    ///   - workingDirectory: absolute; relative paths that aren't in a file start here.
    /// - Throws: `SettingsError` with everything that is wrong.
    package static func load(
        file: String?, environment: [String: String], workingDirectory: String
    ) throws(SettingsError) -> ClinicSettings {
        var reader = SettingsReader(
            document: file.map { SettingsDocument(path: $0) } ?? SettingsDocument(),
            environment: environment, workingDirectory: workingDirectory)
        let settings = ClinicSettings(from: &reader, otherNames: HubSettings.names)
        return try reader.finish(settings)
    }

    /// The names of all settings of `clinicd`.
    static var names: Set<String> {
        var reader = SettingsReader(
            document: SettingsDocument(), environment: [:], workingDirectory: "/")
        _ = ClinicSettings(from: &reader, otherNames: [])
        return reader.names
    }

    init(from reader: inout SettingsReader, otherNames: Set<String>) {
        let folder = DaemonFolder(standard: Self.standardDataDirectory, from: &reader)
        dataDirectory = folder.dataDirectory
        listen = reader.value(
            "listen", .loopbackAddress, standard: ListenAddress(host: "127.0.0.1", port: 8080))
        hubURL = reader.value("hub.url", .hubURL, unset: "not set; enrolling sets it")
        socket = folder.socket
        lowDisk = folder.lowDisk
        log = LogSettings(from: &reader)
        sync = Sync(
            longPoll: reader.value(
                "sync.longPollSeconds", .seconds(0...600), standard: .seconds(50)),
            idle: reader.value("sync.idleSeconds", .seconds(1...86_400), standard: .seconds(60)),
            maximumBytes: reader.value(
                "sync.maximumBytes",
                .bytes(16_384...Sync.mostBytes, because: "every hub must take such a message"),
                standard: 1_048_576))
        timeZone = reader.value(
            "timeZone", .timeZone, standard: .current,
            standardText: "\(TimeZone.current.identifier) (this machine's)")
        report = SettingsReport(
            entries: reader.entries, warnings: reader.strayVariables(otherNames: otherNames))
    }
}
