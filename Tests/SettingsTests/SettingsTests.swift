import Foundation
import Logging
import Settings
import Testing

@Suite("Settings that are right")
struct SettingsTests {
    let folder: ConfigurationFolder
    init() throws { folder = try ConfigurationFolder() }

    @Test("An empty file gives the defaults")
    func defaults() throws {
        let settings = try folder.clinic("# nothing yet\n")
        #expect(settings.listen == ListenAddress(host: "127.0.0.1", port: 8080))
        #expect(settings.dataDirectory == "\(folder.path)/data/clinic")
        #expect(settings.socket == "\(folder.path)/data/clinic/control.sock")
        #expect(settings.hubURL == nil)
        #expect(settings.log.level == .info)
        #expect(settings.log.format == .text)
    }

    @Test("Each kind of value is read, in groups or with dotted names")
    func values() throws {
        let settings = try folder.clinic(
            """
            dataDirectory: /var/lib/clinic
            listen: "[::1]:0"
            hub:
              url: https://hub.example.org:8443
            socket: /run/clinic.sock
            log: {level: debug, format: json}
            sync.longPollSeconds: 20
            sync:
              idleSeconds: 90
              maximumBytes: 512 KiB
            timeZone: Africa/Nairobi
            """)
        #expect(settings.dataDirectory == "/var/lib/clinic")
        #expect(settings.listen == ListenAddress(host: "::1", port: 0))
        #expect(settings.hubURL?.absoluteString == "https://hub.example.org:8443")
        #expect(settings.socket == "/run/clinic.sock")
        #expect(settings.log.level == .debug)
        #expect(settings.log.format == .json)
        #expect(settings.sync.longPoll == .seconds(20))
        #expect(settings.sync.idle == .seconds(90))
        #expect(settings.sync.maximumBytes == 524_288)
        #expect(settings.timeZone.identifier == "Africa/Nairobi")
    }

    @Test("The hub's own settings are read, lists from YAML and from the environment")
    func hub() throws {
        let text = """
            hosts: [hub.example.org, 10.0.0.1]
            advertisedURL: https://hub.example.org
            backup: {directory: kept, everyMinutes: 0, keep: 3}
            clock: {boundSeconds: 60}
            exchange: {maximumInFlight: 8, maximumBytes: 9 MB, chunkBytes: 65536}
            """
        let settings = try folder.hub(text)
        #expect(settings.hosts == ["hub.example.org", "10.0.0.1"])
        #expect(settings.advertisedURL?.host() == "hub.example.org")
        #expect(settings.backup.directory == "\(folder.path)/kept")
        #expect(settings.backup.every == nil)
        #expect(settings.backup.keep == 3)
        #expect(settings.clockBound == .seconds(60))
        #expect(settings.exchange.maximumInFlight == 8)
        #expect(settings.exchange.maximumBytes == 9_000_000)

        let other = try folder.hub(text, environment: ["CLINICSYNC_HOSTS": "a.example, b.example"])
        #expect(other.hosts == ["a.example", "b.example"])
    }

    @Test("The environment wins over the file, and an empty variable counts as not set")
    func environment() throws {
        let settings = try folder.clinic(
            "listen: 127.0.0.1:1\nhub: {url: https://a.example}\nsync: {idleSeconds: 5}",
            environment: [
                "CLINICSYNC_LISTEN": "localhost:0", "CLINICSYNC_HUB_URL": "",
                "CLINICSYNC_SYNC_IDLE_SECONDS": "7", "CLINICSYNC_DATA_DIRECTORY": "here",
            ])
        #expect(settings.listen == ListenAddress(host: "localhost", port: 0))
        #expect(settings.hubURL?.absoluteString == "https://a.example")
        #expect(settings.sync.idle == .seconds(7))
        #expect(settings.dataDirectory == "\(folder.path)/here")
    }

    @Test("A relative path in a file starts at that file's folder")
    func relativePaths() throws {
        let file = try folder.write("dataDirectory: ../data/clinic\n", to: "config/clinicd.yaml")
        for start in ["/", folder.path] {
            let settings = try ClinicSettings.load(
                file: file, environment: [:], workingDirectory: start)
            #expect(settings.dataDirectory == "\(folder.path)/data/clinic")
        }
    }

    @Test("The report says each setting, its value and where that came from")
    func report() throws {
        let report = try folder.clinic(
            "listen: 127.0.0.1:0",
            environment: ["CLINICSYNC_LOG_LEVEL": "error", "CLINICSYNC_LOG_FROMAT": "json"]
        ).report
        let lines = report.describe().split(separator: "\n")
        #expect(
            lines.contains {
                $0.hasPrefix("listen ") && $0.hasSuffix("(\(folder.path)/clinicd.yaml:1:9)")
            })
        #expect(
            lines.contains {
                $0.hasPrefix("log.level ") && $0.contains(" error ")
                    && $0.hasSuffix("(environment variable CLINICSYNC_LOG_LEVEL)")
            })
        #expect(lines.contains { $0.hasPrefix("timeZone ") && $0.hasSuffix("(default)") })
        #expect(report.warnings.count == 1)
        #expect(report.warnings[0].contains("Is CLINICSYNC_LOG_FORMAT meant?"))
    }

    @Test("A variable of the other program's is no stray")
    func othersVariables() throws {
        let environment = ["CLINICSYNC_HUB_URL": "https://a.example"]
        #expect(try folder.hub("", environment: environment).report.warnings.isEmpty)
    }

    @Test("syncctl finds the socket of either daemon's file, whatever else is in it")
    func controlSocket() throws {
        let file = try folder.write("dataDirectory: d\nwhatever: 1\n")
        let found = try ControlSocket.candidates(
            file: file, environment: [:], workingDirectory: "/")
        #expect(found == ["\(folder.path)/d/control.sock"])

        let bare = try folder.write("listen: 127.0.0.1:1\n")
        let guesses = try ControlSocket.candidates(
            file: bare, environment: [:], workingDirectory: folder.path)
        #expect(
            guesses.map { $0.dropFirst(folder.path.count) } == [
                "/data/clinic/control.sock", "/data/hub/control.sock",
            ])

        let usual = try ControlSocket.candidates(
            file: nil, environment: [:], workingDirectory: folder.path)
        #expect(usual.first == "\(folder.path)/data/clinic/control.sock")

        let variable = try ControlSocket.candidates(
            file: nil, environment: ["CLINICSYNC_SOCKET": "/run/x.sock"], workingDirectory: "/")
        #expect(variable == ["/run/x.sock"])
    }
}
