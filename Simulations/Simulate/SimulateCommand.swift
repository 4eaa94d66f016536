// `simulate`: a district's years in minutes, each from one number, and what they broke.

import ArgumentParser
import Foundation
import Simulator

@main
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Run the product's hub and clinics in a simulated district, seed by seed.",
        discussion: """
            Each seed draws a district and everything that goes wrong in it. Afterwards all faults \
            stop, and what was promised is checked. The last line names the seeds that failed.

            Exit status: 0 when none failed, 1 when any did, 64 for wrong usage, 73 where a report \
            can't be written.
            """)

    @Option(
        help: "The seeds to run: one, or A..B, both included.", transform: SeedRange.init(argument:)
    )
    var seeds: SeedRange?
    @Option(help: "One seed alone.")
    var seed: UInt64?
    @Option(help: "That many seeds that nobody has run yet; 0: until stopped.")
    var fresh: Int?
    @Option(help: "A failure as it was printed: SEED and what it is cut down to. Prints its trace.")
    var replay: String?
    @Flag(help: "Print everything that happens. With one seed.")
    var trace = false
    @Flag(help: "Cut a failing history down, and print the smallest as a story. With one seed.")
    var shrink = false
    @Flag(help: "Print JSON.")
    var json = false
    @Flag(help: "Light days: 20 edits and 4 exchanges a clinic, no faults. Measures speed.")
    var light = false
    @Option(help: "Clinics at the start, whatever the seed draws.")
    var clinics: Int?
    @Option(help: "Days, whatever the seed draws.")
    var days: Int?
    @Option(help: "Faults that never come, with commas between.")
    var without: String?
    @Option(help: "Put a fault of this name into the product; it must be found.")
    var planted: String?
    @Flag(help: "List the faults that can be planted.")
    var listPlanted = false
    @Flag(help: "Plant each fault in turn, and print how many seeds it takes to be found.")
    var plantedTable = false
    @Option(help: "A folder for a page with charts of what was measured: index.html.")
    var report: String?
    @Option(
        help: """
            Measure what districts of so many clinics cost their hubs: CLINICS,… with --days N \
            (\(daysOfScale) by default).
            """, transform: ClinicCounts.init(argument:))
    var scale: ClinicCounts?
    @Option(help: "Worlds at a time; by default one for each processor.")
    var jobs: Int?

    func validate() throws {
        let chosen = [seeds != nil, seed != nil, fresh != nil, replay != nil].filter { $0 }.count
        if chosen > 1 {
            throw ValidationError("Choose one of --seeds, --seed, --fresh and --replay.")
        }
        let isOne = seed != nil || replay != nil
        if trace, !isOne { throw ValidationError("--trace takes one seed: --seed N.") }
        if shrink, !isOne { throw ValidationError("--shrink takes one seed: --seed N.") }
        if json, trace { throw ValidationError("--json and --trace exclude each other.") }
        if shrink, json { throw ValidationError("--shrink tells a story: it has no --json.") }
        if replay != nil, clinics != nil || days != nil || without != nil || light {
            throw ValidationError(
                "--replay says all by itself: leave out --clinics, --days, --without and --light.")
        }
        if let fresh, !(0...Self.mostFresh).contains(fresh) {
            throw ValidationError("--fresh takes a number from 0 to \(Self.mostFresh).")
        }
        if let clinics, !(1...Cuts.mostClinics).contains(clinics) {
            throw ValidationError("--clinics takes a number from 1 to \(Cuts.mostClinics).")
        }
        if let days, !(1...Cuts.mostDays).contains(days) {
            throw ValidationError("--days takes a number from 1 to \(Cuts.mostDays).")
        }
        if let jobs, !(1...Self.mostJobs).contains(jobs) {
            throw ValidationError("--jobs takes a number from 1 to \(Self.mostJobs).")
        }
        try validatePlanted()
        try validateScale()
        try validateReport()
        _ = try wantedReplay
        _ = try cuts
    }

    private func validatePlanted() throws {
        guard planted != nil || listPlanted || plantedTable else { return }
        if PlantedBug.all.isEmpty {
            throw ValidationError(
                "This program was built without faults to plant; ‘make build’ makes one with them, "
                    + "bin/simulate.")
        }
        if let planted, PlantedBug.named(planted) == nil {
            let all = PlantedBug.all.map(\.name).joined(separator: ", ")
            throw ValidationError("There is no fault ‘\(planted)’ to plant; there are: \(all).")
        }
        guard plantedTable else { return }
        if planted != nil || seed != nil || fresh != nil || replay != nil {
            throw ValidationError(
                "--planted-table plants every fault: leave out --planted, --seed, --fresh and "
                    + "--replay.")
        }
    }

    private static let mostFresh = 1_000_000_000
    private static let mostJobs = 1024

    private var wantedReplay: Replay? {
        get throws {
            do throws(Replay.Mistake) {
                return try replay.map { text throws(Replay.Mistake) in try Replay(text) }
            } catch {
                throw ValidationError("\(error).")
            }
        }
    }

    private var cuts: Cuts {
        get throws {
            if let replay = try wantedReplay { return replay.cuts }
            var cuts = Cuts()
            cuts.clinics = clinics
            cuts.days = days
            cuts.isLight = light
            if let without {
                do throws(Replay.Mistake) { cuts.without = try Replay.faults(without) } catch {
                    throw ValidationError("\(error).")
                }
            }
            return cuts
        }
    }

    func run() throws {
        if listPlanted {
            for bug in PlantedBug.all { print("\(bug.name)  \(bug.summary)") }
            return
        }
        if plantedTable {
            let jobs = jobs ?? ProcessInfo.processInfo.activeProcessorCount
            let range = seeds?.range ?? 1...UInt64(PlantedSearch.most)
            return try PlantedTable(range: range, jobs: jobs, json: json).run()
        }
        let bug = planted.flatMap(PlantedBug.named)
        if let scale {
            return try ScaleTable(
                sizes: scale.counts, days: days ?? Self.daysOfScale, seed: seed ?? 1
            ).run(json: json)
        }
        let one = try wantedReplay?.seed ?? seed
        if let one {
            let isTold = trace || replay != nil && !shrink
            try OneSeed(seed: one, cuts: cuts, planted: bug).run(
                trace: isTold && !json, shrink: shrink, json: json)
            return
        }
        let range = seeds?.range ?? FreshSeeds.range(fresh ?? 0)
        try ManySeeds(
            range: range, cuts: cuts, planted: bug, jobs: jobs, json: json,
            folder: try report.map { try ReportFolder($0) }
        ).run()
    }
}

/// `A..B`, both included, or one seed.
struct SeedRange {
    var range: ClosedRange<UInt64>

    init(argument: String) throws {
        let parts = argument.components(separatedBy: "..")
        guard (1...2).contains(parts.count), let first = UInt64(parts[0]),
            let last = UInt64(parts[parts.count - 1])
        else { throw ValidationError("Write a number, or two as in 1..500.") }
        guard first <= last else {
            throw ValidationError("It is empty: write the lower number first, as in 1..500.")
        }
        range = first...last
    }
}
