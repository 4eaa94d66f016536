/// A district of real processes on this machine: `hubd` and `clinicd` as they are shipped, in a
/// folder of their own, over real TLS on loopback. The demo and the process tests run on it.
///
/// Invariants: it ends only processes that it has started, by their ids, and leaves none behind;
/// nothing is written outside its folder.

import Foundation

/// Where the programs lie.
package struct ProgramFolder: Sendable {
    package let path: String

    /// - Throws: ``DistrictFailure/missingProgram(path:)``.
    package init(path: String) throws(DistrictFailure) {
        self.path = path
        for name in ["hubd", "clinicd", "syncctl"] {
            let file = "\(path)/\(name)"
            guard FileManager.default.isExecutableFile(atPath: file) else {
                throw .missingProgram(path: file)
            }
        }
    }

    /// The folder that `CLINICSYNC_BIN` names, or that of the running program: a build puts all
    /// programs, and the tests, into one.
    package static func find() throws(DistrictFailure) -> ProgramFolder {
        let environment = ProcessInfo.processInfo.environment
        if let named = environment["CLINICSYNC_BIN"], !named.isEmpty {
            return try ProgramFolder(path: named)
        }
        return try ProgramFolder(path: (ownPath as NSString).deletingLastPathComponent)
    }

    /// The running program's file, symbolic links followed.
    private static var ownPath: String {
        let linked = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return linked ?? Bundle.main.executablePath ?? CommandLine.arguments[0]
    }

    package func program(_ name: String) -> String { "\(path)/\(name)" }
}

/// Why a district could not be made, or did not do what was asked.
package enum DistrictFailure: Error, Sendable, CustomStringConvertible {
    case missingProgram(path: String)
    /// With the end of the daemon's log.
    case ended(program: String, status: Int32, log: String)
    case notReady(program: String, after: Duration, log: String)
    case command(String, status: Int32, output: String)
    case refused(String, status: Int)
    case unreachable(String)
    case notEqual(after: Duration, why: String)
    case system(String, reason: String)
    case unexpected(String)

    package var description: String {
        switch self {
        case .missingProgram(let path):
            "There is no program \(path): run make build, or set CLINICSYNC_BIN to its folder."
        case .ended(let program, let status, let log):
            "\(program) ended with status \(status). Its log ends with:\n\(log)"
        case .notReady(let program, let time, let log):
            "\(program) did not answer within \(time). Its log ends with:\n\(log)"
        case .command(let command, let status, let output):
            "\(command) ended with status \(status): \(output)"
        case .refused(let what, let status): "\(what) was refused with status \(status)."
        case .unreachable(let what): "\(what) could not be reached."
        case .notEqual(let time, let why): "Not all was equal within \(time): \(why)"
        case .system(let what, let reason): "\(what) failed: \(reason)."
        case .unexpected(let what): what
        }
    }
}
