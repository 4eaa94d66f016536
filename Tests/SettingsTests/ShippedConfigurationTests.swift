import Foundation
import Settings
import Testing

@Suite("The configuration files that come with the programs")
struct ShippedConfigurationTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "config")

    /// Each line that shows a setting behind a "#", with the "#" taken away.
    private func uncommented(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard let match = line.wholeMatch(of: /( *)# ([A-Za-z]+: [^ ].*)/) else {
                return String(line)
            }
            return "\(match.1)\(match.2)"
        }.joined(separator: "\n")
    }

    private func text(_ name: String) throws -> String {
        try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
    }

    @Test("They are accepted as they are, and reach nothing outside the repository")
    func asTheyAre() throws {
        let root = Self.folder.deletingLastPathComponent().path(percentEncoded: false)
        let clinic = try ClinicSettings.load(
            file: Self.folder.appending(path: "clinicd.yaml").path(percentEncoded: false),
            environment: [:], workingDirectory: "/")
        #expect(clinic.dataDirectory == "\(root)data/clinic")
        #expect(clinic.listen.isLoopback)
        let hub = try HubSettings.load(
            file: Self.folder.appending(path: "hubd.yaml").path(percentEncoded: false),
            environment: [:], workingDirectory: "/")
        #expect(hub.dataDirectory == "\(root)data/hub")
        #expect(hub.listen.isLoopback)
    }

    @Test("They show every setting, and each line that is commented out can be used")
    func everySetting() throws {
        let folder = try ConfigurationFolder()
        let reports = [
            try folder.clinic(uncommented(text("clinicd.yaml"))).report,
            try folder.hub(uncommented(text("hubd.yaml"))).report,
        ]
        for report in reports {
            let missing = report.describe().split(separator: "\n").filter {
                $0.hasSuffix("(default)")
            }
            #expect(missing.isEmpty)
        }
    }

    @Test("What they call the default is the default")
    func defaults() throws {
        let folder = try ConfigurationFolder()
        let clinic = try folder.clinic(uncommented(text("clinicd.yaml")))
        let hub = try folder.hub(uncommented(text("hubd.yaml")))
        #expect(try clinic.sync == folder.clinic("").sync)
        #expect(try clinic.log == folder.clinic("").log)
        #expect(try hub.exchange == folder.hub("").exchange)
        #expect(try hub.clockBound == folder.hub("").clockBound)
        #expect(try hub.backup.every == folder.hub("").backup.every)
        #expect(try hub.backup.keep == folder.hub("").backup.keep)
    }
}
