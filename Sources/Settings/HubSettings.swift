import Foundation

/// The configuration of `hubd`.
package struct HubSettings: Sendable {
    package struct Backup: Equatable, Sendable {
        /// Absolute; best on another disk than the data.
        package let directory: String
        /// `nil` makes backups only when `syncctl backup` asks for one.
        package let every: Duration?
        /// How many to keep; the oldest beyond it are removed.
        package let keep: Int
    }

    package struct Exchange: Equatable, Sendable {
        /// Requests that the hub works on at once; others wait their turn.
        package let maximumInFlight: Int
        /// Bytes of one request's body, and of the change sets in one answer.
        package let maximumBytes: Int
        /// A hub takes every transaction that a clinic may write; else that would wait for ever.
        package static let leastBytes = 6 << 20
        /// Bytes of one chunk of state for a clinic that joins.
        package let chunkBytes: Int
        /// The longest that a request is kept open until there is news.
        package let longPoll: Duration
    }

    /// Absolute; all of the hub's state is in it.
    package let dataDirectory: String
    package let listen: ListenAddress
    /// Names and addresses that the server's certificate is made for.
    package let hosts: [String]
    /// The address that enrolment codes carry; `nil` makes it of the first host and the port.
    package let advertisedURL: URL?
    /// Absolute path of the Unix socket for `syncctl`.
    package let socket: String
    /// Bytes of the disk below which `status` warns.
    package let lowDisk: UInt64
    package let log: LogSettings
    package let backup: Backup
    /// How far ahead of the hub a stamp may be before it is ranked.
    package let clockBound: Duration
    package let exchange: Exchange
    /// What `--check` prints.
    package let report: SettingsReport

    static let standardDataDirectory = "data/hub"

    /// Reads the configuration.
    /// - Parameters:
    ///   - file: the YAML file, or `nil` for the environment and defaults alone.
    ///   - environment: the process's environment; its values win over the file's.
    ///   - workingDirectory: absolute; relative paths that aren't in a file start here.
    /// - Throws: `SettingsError` with everything that is wrong.
    package static func load(
        file: String?, environment: [String: String], workingDirectory: String
    ) throws(SettingsError) -> HubSettings {
        var reader = SettingsReader(
            document: file.map { SettingsDocument(path: $0) } ?? SettingsDocument(),
            environment: environment, workingDirectory: workingDirectory)
        let settings = HubSettings(from: &reader, otherNames: ClinicSettings.names)
        return try reader.finish(settings)
    }

    /// The names of all settings of `hubd`.
    static var names: Set<String> {
        var reader = SettingsReader(
            document: SettingsDocument(), environment: [:], workingDirectory: "/")
        _ = HubSettings(from: &reader, otherNames: [])
        return reader.names
    }

    init(from reader: inout SettingsReader, otherNames: Set<String>) {
        let folder = DaemonFolder(standard: Self.standardDataDirectory, from: &reader)
        dataDirectory = folder.dataDirectory
        listen = reader.value(
            "listen", .address, standard: ListenAddress(host: "127.0.0.1", port: 8443))
        hosts = reader.list(
            "hosts", of: .text("a name or address without a port, such as hub.example.org"),
            standard: ["localhost", "127.0.0.1", "::1"])
        advertisedURL = reader.value(
            "advertisedURL", .hubURL, unset: "not set; the first host and the port")
        socket = folder.socket
        lowDisk = folder.lowDisk
        log = LogSettings(from: &reader)
        backup = Self.backup(in: dataDirectory, from: &reader)
        clockBound = reader.value(
            "clock.boundSeconds", .seconds(1...86_400), standard: .seconds(300))
        exchange = Exchange(
            maximumInFlight: reader.value(
                "exchange.maximumInFlight", .count(1...10_000, of: "requests"), standard: 64),
            maximumBytes: reader.value(
                "exchange.maximumBytes",
                .bytes(
                    Exchange.leastBytes...67_108_864,
                    because: "a clinic's largest transaction and what goes with it must fit, or "
                        + "it would wait there for ever"),
                standard: 8_388_608),
            chunkBytes: reader.value(
                "exchange.chunkBytes", .bytes(4_096...16_777_216), standard: 1_048_576),
            longPoll: reader.value(
                "exchange.longPollSeconds", .seconds(0...600), standard: .seconds(60)))
        report = SettingsReport(
            entries: reader.entries, warnings: reader.strayVariables(otherNames: otherNames))
    }

    private static func backup(
        in dataDirectory: String, from reader: inout SettingsReader
    ) -> Backup {
        let every = reader.value(
            "backup.everyMinutes", .minutes(0...10_080), standard: .seconds(60 * 60))
        return Backup(
            directory: reader.path("backup.directory", standard: "\(dataDirectory)/backups"),
            every: every == .zero ? nil : every,
            keep: reader.value("backup.keep", .count(1...1_000, of: "backups"), standard: 24))
    }
}
