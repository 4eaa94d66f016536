import ArgumentParser
import Simulator

/// Numbers of clinics, with commas between.
struct ClinicCounts {
    var counts: [Int]

    init(argument: String) throws {
        counts = try argument.split(separator: ",", omittingEmptySubsequences: false).map { part in
            guard let count = Int(part), (1...Scale.mostClinics).contains(count) else {
                throw ValidationError(
                    "Write numbers from 1 to \(Scale.mostClinics), with commas between, as in "
                        + "10,100.")
            }
            return count
        }
    }
}

extension SimulateCommand {
    static let daysOfScale = 14

    func validateScale() throws {
        guard scale != nil else { return }
        if seeds != nil || fresh != nil || replay != nil || planted != nil || plantedTable
            || trace || shrink || light || clinics != nil || without != nil || report != nil
            || jobs != nil
        {
            throw ValidationError("--scale goes with --days, --seed and --json alone.")
        }
        if let days, days > Scale.mostDays {
            throw ValidationError("--scale takes --days from 1 to \(Scale.mostDays).")
        }
    }

    func validateReport() throws {
        guard let report else { return }
        if report.isEmpty { throw ValidationError("--report takes the name of a folder.") }
        guard seeds != nil || (fresh ?? 0) > 0, !plantedTable, !listPlanted else {
            throw ValidationError(
                "--report takes a range that ends: --seeds A..B, or --fresh N with N above 0.")
        }
    }
}
