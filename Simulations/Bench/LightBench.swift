import Simulator
import Workload

/// How many days of a clinic the simulator plays in a second of one core, when nothing goes wrong.
enum LightBench {
    private static let clinics = 8
    private static let days = 50
    private static let rounds = 3

    static func run(_ table: inout BenchTable) throws {
        var costs: [Cost] = []
        var clinicDays = 0
        for _ in 0..<rounds {
            costs.append(
                try CPUClock.measure {
                    let district = try LightDistrict(
                        LightDistrict.Plan(clinics: clinics, days: days))
                    defer { district.close() }
                    try district.run()
                    clinicDays = district.tally.clinicDays
                })
        }
        table.add(
            BenchRow(
                "light",
                "simulated clinic-days and the hub’s part: 20 edits, 4 exchanges; no checkers",
                ours: Double(clinicDays) / Cost.median(of: costs).cpuSeconds, unit: "a CPU second",
                budget: .ours(atLeast: 250)))
    }
}
