// Every small history: beside the simulator's chance, the proof by enumeration. Three levels, each
// compared with one plain model of causal registers that shares no code with what it checks: the
// register as a value, the merge engine on SQLite, the whole stack of a hub and two clinics.
//
// Invariants: what is enumerated is a function of the options alone, never of time or chance, so a
// run can be told and repeated; a disagreement names the history that leads to it.

import Foundation

/// Runs all three levels, or some.
package enum Exhaustive {
    package struct Options: Sendable {
        /// `nil`: not at all.
        package var registers: RegisterOrders.Options? = RegisterOrders.Options()
        package var engine: EngineOrders.Options? = EngineOrders.Options()
        package var stack: StackOrders.Options? = StackOrders.Options()

        package init() {}

        /// About a minute of one core for the registers and the engine, and one for the stack.
        package static var quick: Options {
            var options = Options()
            options.engine?.oneIn = 500
            options.stack?.oneIn = [4: 16, 5: 800, 6: 20_000]
            return options
        }

        /// Everything that a day has room for: one transaction more, one step more.
        package static var long: Options {
            var options = Options()
            options.engine?.oneIn = 1
            options.stack?.steps = 4
            options.stack?.oneIn = [5: 1, 6: 20]
            return options
        }
    }

    package struct Report: Sendable, CustomStringConvertible {
        package var registers: RegisterOrders.Count?
        package var engine: EngineOrders.Count?
        package var stack: StackOrders.Count?
        /// Seconds of CPU, of each level.
        package var seconds: [Double] = []

        package var description: String {
            let lines = [
                registers.map(\.description), engine.map(\.description), stack.map(\.description),
            ].compactMap { $0 }
            return zip(lines, seconds).map { "\($0), \(String(format: "%.1f", $1)) s of CPU" }
                .joined(separator: "\n")
        }
    }

    /// - Parameter progress: called now and then with a line that says how far it has come.
    /// - Throws: ``Disagreement``, and what the store throws.
    package static func run(
        _ options: Options, progress: @escaping (String) -> Void = { _ in }
    ) throws -> Report {
        var report = Report()
        if let options = options.registers {
            report.registers = try timed(&report) {
                try RegisterOrders.run(options) { progress($0.description) }
            }
        }
        if let options = options.engine {
            report.engine = try timed(&report) {
                try EngineOrders.run(options) { progress($0.description) }
            }
        }
        if let options = options.stack {
            report.stack = try timed(&report) {
                try StackOrders.run(options) { progress($0.description) }
            }
        }
        return report
    }

    private static func timed<T>(_ report: inout Report, _ body: () throws -> T) rethrows -> T {
        let before = secondsOfThread()
        let result = try body()
        report.seconds.append(secondsOfThread() - before)
        return result
    }

    /// CPU time of this thread alone: others may be busy beside it.
    private static func secondsOfThread() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

extension RegisterOrders.Count: CustomStringConvertible {
    package var description: String {
        "register: \(histories) histories of writes in \(orders) orders of arrival, \(steps) steps,"
            + " \(sets) sets shown by \(RegisterOrders.policies.count) policies: 0 divergences"
    }
}

extension EngineOrders.Count: CustomStringConvertible {
    package var description: String {
        "merge engine: \(histories) histories of \(programs) sets of transactions, "
            + "\(orders) orders of a replica executed, \(steps) steps, \(repeats) repeats: "
            + "0 divergences"
            + (longer > 0
                ? " (of \(longer) sets of one transaction more, \(longer - leftOut) are in it)"
                : "")
    }
}

extension StackOrders.Count: CustomStringConvertible {
    package var description: String {
        let lengths = histories.keys.sorted().map { length in
            let whole = orders[length].map { " for all \($0) orders" }
            let part = ways[length].map { " (\(waysPlayed[length] ?? 0) of \($0) machine ways)" }
            return "\(histories[length]!) of \(length)\(whole ?? part ?? "")"
        }
        return "whole stack: \(all) histories, by steps \(lengths.joined(separator: ", ")); "
            + "\(alone) alone, \(districts) districts, at most \(longestDrain) of \(messages) "
            + "messages to come to rest, \(keptOut) of two disasters kept out: 0 divergences"
    }
}
