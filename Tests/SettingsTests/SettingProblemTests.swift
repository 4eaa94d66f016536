import Foundation
import Settings
import Testing

@Suite("Settings that are wrong")
struct SettingProblemTests {
    let folder: ConfigurationFolder
    init() throws { folder = try ConfigurationFolder() }

    private func place(_ line: Int, _ column: Int) -> SettingSource {
        .file(path: "\(folder.path)/clinicd.yaml", line: line, column: column)
    }

    @Test(
        "An unknown name is refused with the one that was meant",
        arguments: [
            ("lisen: 127.0.0.1:1", "lisen", "listen", 1, 1),
            ("log:\n  levle: info", "log.levle", "log.level", 2, 3),
            ("hbu:\n  url: https://a.example", "hbu.url", "hub.url", 2, 3),
            ("datadirectory: x", "datadirectory", "dataDirectory", 1, 1),
            ("url: https://a.example", "url", "hub.url", 1, 1),
        ])
    func unknown(text: String, key: String, nearest: String, line: Int, column: Int) throws {
        let problems = try folder.problems(text)
        #expect(problems.count == 1)
        #expect(problems.first?.kind == .unknownKey(nearest: nearest))
        #expect(problems.first?.key == key)
        #expect(problems.first?.source == place(line, column))
        #expect(problems.first?.remedy.contains(nearest) == true)
    }

    @Test("A name like no other is refused with the list of all")
    func unknownWithoutNearest() throws {
        let problem = try #require(try folder.problems("entirelyDifferent: 1").first)
        #expect(problem.kind == .unknownKey(nearest: nil))
        #expect(problem.remedy.contains("sync.maximumBytes"))
    }

    @Test(
        "A value of the wrong kind is refused at its place, with what would be right",
        arguments: [
            ("listen: 8080", "listen", 9, "host:port"),
            ("listen: localhost:99999", "listen", 9, "host:port"),
            ("listen: 0.0.0.0:8080", "listen", 9, "this machine alone"),
            ("hub.url: http://hub.example", "hub.url", 10, "https://"),
            ("hub.url: https://", "hub.url", 10, "https://"),
            ("log.level: loud", "log.level", 12, "warning, error"),
            ("sync.idleSeconds: soon", "sync.idleSeconds", 19, "from 1 to 86400"),
            ("sync.idleSeconds: 0", "sync.idleSeconds", 19, "from 1 to 86400"),
            ("sync.maximumBytes: 9223372036854775807 MB", "sync.maximumBytes", 20, "KiB"),
            ("timeZone: Nairobi", "timeZone", 11, "Africa/Nairobi"),
            ("dataDirectory: [a, b]", "dataDirectory", 16, "path"),
            ("dataDirectory: \"\"", "dataDirectory", 16, "path"),
            ("hub: here", "hub", 6, "below it"),
        ])
    func wrongValue(text: String, key: String, column: Int, right: String) throws {
        let problems = try folder.problems(text)
        #expect(problems.count == 1)
        #expect(problems.first?.kind == .wrongValue)
        #expect(problems.first?.key == key)
        #expect(problems.first?.source == place(1, column))
        #expect(problems.first?.remedy.contains(right) == true)
    }

    @Test("A hub that would not take what a clinic may write is refused, and told why")
    func tooSmall() throws {
        for text in ["exchange.maximumBytes: 4 MiB", "exchange.maximumBytes: 6291455"] {
            #expect {
                _ = try folder.hub(text)
            } throws: { error in
                let problem = (error as? SettingsError)?.problems.first
                return problem?.key == "exchange.maximumBytes"
                    && problem?.remedy.contains("from 6291456") == true
                    && problem?.remedy.contains("wait there for ever") == true
            }
        }
        #expect(try folder.hub("exchange.maximumBytes: 6 MiB").exchange.maximumBytes == 6 << 20)
        let problems = try folder.problems("sync.maximumBytes: 5 MiB")
        #expect(problems.first?.remedy.contains("every hub must take") == true)
    }

    @Test("A name without a value is refused, a group with nothing in it is not")
    func nothing() throws {
        #expect(try folder.problems("listen:\n").first?.kind == .wrongValue)
        #expect(try folder.problems("hub:\n  # url: https://a.example\n").isEmpty)
    }

    @Test("A group where one value belongs is refused")
    func groupForValue() throws {
        let problem = try #require(try folder.problems("listen:\n  port: 8080\n").first)
        #expect(problem.kind == .wrongValue)
        #expect(problem.problem.contains("one value"))
        #expect(problem.source == place(2, 3))
    }

    @Test("A wrong variable of the environment is named")
    func environment() throws {
        let problem = try #require(
            try folder.problems("", environment: ["CLINICSYNC_LISTEN": "here"]).first)
        #expect(problem.source == .environment("CLINICSYNC_LISTEN"))
        #expect(problem.key == "listen")
        #expect(problem.description.hasPrefix("environment variable CLINICSYNC_LISTEN: listen: "))
    }

    @Test("What is no YAML is refused at its line")
    func malformed() throws {
        let tab = try #require(try folder.problems("listen: 127.0.0.1:1\n\thub: x\n").first)
        #expect(tab.kind == .malformed)
        guard case .file(_, let line, _) = tab.source else {
            Issue.record("no place in the file")
            return
        }
        #expect(line == 2)
        #expect(try folder.problems("just a sentence").first?.kind == .malformed)
        #expect(try folder.problems("- a\n- b\n").first?.kind == .malformed)
    }

    @Test("A setting given twice is refused", arguments: ["log.level: info", "log: {level: info}"])
    func twice(second: String) throws {
        let problem = try #require(try folder.problems("log.level: info\n\(second)\n").first)
        #expect(problem.kind == .malformed)
        #expect(problem.problem.contains("twice"))
    }

    @Test("A file that can't be read says why")
    func unreadable() throws {
        func problem(_ path: String) -> SettingProblem? {
            do throws(SettingsError) {
                _ = try HubSettings.load(file: path, environment: [:], workingDirectory: "/")
                return nil
            } catch {
                return error.problems.first
            }
        }
        #expect(problem("\(folder.path)/none.yaml")?.problem == "there is no such file")
        #expect(problem(folder.path)?.problem == "this is a folder")
        let latin = "\(folder.path)/latin.yaml"
        try Data([0x61, 0x3A, 0x20, 0xE9]).write(to: URL(filePath: latin))
        #expect(problem(latin)?.problem == "it is not UTF-8 text")
        let large = try folder.write(String(repeating: "# \n", count: 100_000), to: "large.yaml")
        #expect(problem(large)?.problem.contains("larger than") == true)
    }

    @Test("A socket path that no Unix socket can have is refused")
    func longSocket() throws {
        let long = "/tmp/\(String(repeating: "d", count: 100))"
        let problem = try #require(try folder.problems("dataDirectory: \(long)\n").first)
        #expect(problem.key == "socket")
        #expect(problem.problem.contains("118 bytes"))
        #expect(problem.remedy.contains("/run/clinicsync/control.sock"))
        #expect(try folder.problems("dataDirectory: \(long)\nsocket: /run/c.sock\n").isEmpty)
    }

    @Test("All that is wrong is told at once, in the order of the file")
    func all() throws {
        let problems = try folder.problems(
            "timeZone: x\nlisten: y\nlogg: 1\n", environment: ["CLINICSYNC_LOG_LEVEL": "z"])
        #expect(problems.map(\.key) == ["timeZone", "listen", "logg", "log.level"])
        #expect(SettingsErrorText.lines(of: problems) == 4)
    }
}

/// An error's text has a line a problem.
enum SettingsErrorText {
    static func lines(of problems: [SettingProblem]) -> Int {
        problems.map(\.description).joined(separator: "\n").split(separator: "\n").count
    }
}
