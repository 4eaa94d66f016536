import Foundation
import Logging
import Settings
import Synchronization
import Testing

@Suite("Log lines")
struct LogHandlerTests {
    /// Collects lines instead of writing them to standard error.
    final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func add(_ line: String) { lines.withLock { $0.append(line) } }
    }

    let lines = Lines()
    private let moment = Date(timeIntervalSince1970: 1_700_000_000.25)

    private func logger(_ format: LogSettings.Format) -> Logger {
        let (lines, moment) = (lines, moment)
        return Logger(label: "hubd") { label in
            switch format {
            case .json:
                JSONLinesLogHandler(
                    label: label, level: .info, output: { lines.add($0) }, now: { moment })
            case .text:
                TextLogHandler(
                    label: label, level: .info, output: { lines.add($0) }, now: { moment })
            }
        }
    }

    @Test("A JSON line is one object with time, level, logger, message and metadata")
    func json() throws {
        logger(.json).info(
            "said \"no\"\nand\u{1} left",
            metadata: ["clinic": "a\\b", "sets": ["1", "2"], "inner": ["x": "é"]])
        let line = try #require(lines.all.first)
        #expect(!line.contains("\n"))
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        #expect(object?["time"] as? String == "2023-11-14T22:13:20.250Z")
        #expect(object?["level"] as? String == "info")
        #expect(object?["logger"] as? String == "hubd")
        #expect(object?["message"] as? String == "said \"no\"\nand\u{1} left")
        let metadata = object?["metadata"] as? [String: Any]
        #expect(metadata?["clinic"] as? String == "a\\b")
        #expect(metadata?["sets"] as? [String] == ["1", "2"])
        #expect(metadata?["inner"] as? [String: String] == ["x": "é"])
    }

    @Test("A line of text can't be forged with a line break")
    func text() {
        logger(.text).warning("one\ntwo", metadata: ["b": "2 3", "a": "x\ny", "c": ""])
        #expect(
            lines.all == [
                "2023-11-14T22:13:20.250Z warning  hubd: one\\ntwo "
                    + "a=\"x\\ny\" b=\"2 3\" c=\"\""
            ])
    }

    @Test("What is below the level isn't written", arguments: [LogSettings.Format.json, .text])
    func level(format: LogSettings.Format) {
        logger(format).debug("quiet")
        #expect(lines.all.isEmpty)
    }

    @Test("Loggers are values: metadata and level of one don't reach another")
    func values() {
        var first = logger(.text)
        first[metadataKey: "k"] = "1"
        var second = first
        second[metadataKey: "k"] = "2"
        second.logLevel = .error
        #expect(first[metadataKey: "k"] == "1")
        #expect(first.logLevel == .info)
    }
}
