import Foundation
import Simulator

/// What districts of some sizes cost their hubs: as a table in Markdown, or as JSON.
struct ScaleTable {
    var sizes: [Int]
    var days: Int
    var seed: UInt64

    func run(json: Bool) throws {
        var all: [ScaleFigures] = []
        if !json { tell(header) }
        for clinics in sizes {
            let figures = try Scale.measure(clinics: clinics, days: days, seed: seed)
            all.append(figures)
            if !json { tell(row(figures)) }
        }
        guard json else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        tell(String(decoding: try encoder.encode(all), as: UTF8.self))
    }

    /// Writes a line at once: the next one may take minutes.
    private func tell(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }

    private var header: String {
        let names = [
            "clinics", "days", "hub CPU a clinic-day", "on the last day", "a request",
            "bytes up, down a clinic-day", "feed entries, bytes a clinic-day", "hub’s database",
            "of it log, feeds", "backup, CPU", "join: requests, bytes", "CPU at hub, clinic",
            "all CPU",
        ]
        return "| " + names.joined(separator: " | ") + " |\n|"
            + String(repeating: "---|", count: names.count)
    }

    private func row(_ figures: ScaleFigures) -> String {
        let join = figures.join
        let cells = [
            "\(figures.clinics)", "\(figures.days)", "\(whole(figures.hubMicroseconds)) µs",
            "\(whole(figures.hubMicrosecondsOnLastDay)) µs",
            "\(whole(figures.hubMicrosecondsPerRequest)) µs",
            "\(whole(figures.bytesUp)), \(whole(figures.bytesDown))",
            "\(whole(figures.feedEntries)), \(whole(figures.feedBytes))",
            "\(megabytes(figures.hubBytes)) MB",
            "\(megabytes(figures.logBytes)), \(megabytes(figures.feedTableBytes)) MB",
            "\(milliseconds(figures.backupSeconds)) ms",
            "\(join.requests), \(join.bytesUp + join.bytesDown)",
            "\(milliseconds(join.hubSeconds)), \(milliseconds(join.clinicSeconds)) ms",
            "\(whole(figures.processSeconds)) s",
        ]
        return "| " + cells.joined(separator: " | ") + " |"
    }

    private func whole(_ value: Double) -> String { String(format: "%.0f", value) }
    private func milliseconds(_ seconds: Double) -> String { String(format: "%.1f", seconds * 1e3) }
    private func megabytes(_ bytes: Int) -> String { String(format: "%.1f", Double(bytes) / 1e6) }
}
