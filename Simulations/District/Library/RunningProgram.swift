import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// One process that this one has started.
package final class RunningProgram: Sendable {
    package let pid: pid_t
    private let end: ProcessEnd

    /// - Parameters:
    ///   - output: the file that takes standard output; standard error goes to `errors`, or to the
    ///     same file where that is nil. Both are appended to.
    ///   - environment: beside this process's own, from which settings of ClinicSync are taken
    ///     out: they would win over the files of the district.
    package init(
        _ path: String, _ arguments: [String], output: String, errors: String? = nil,
        environment: [String: String] = [:]
    ) throws(DistrictFailure) {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        var values = ProcessInfo.processInfo.environment
        for name in values.keys where name.hasPrefix("CLINICSYNC_") { values[name] = nil }
        process.environment = values.merging(environment) { $1 }
        let end = ProcessEnd()
        process.terminationHandler = { end.finish($0.terminationStatus, $0.terminationReason) }
        do {
            let log = try RunningProgram.appending(to: output)
            let errorLog = try errors.map(RunningProgram.appending)
            defer {
                // The process has its own; a file system can only be left once nobody has one.
                try? log.close()
                try? errorLog?.close()
            }
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = log
            process.standardError = errorLog ?? log
            try process.run()
        } catch {
            throw .system("Starting \(path)", reason: error.localizedDescription)
        }
        pid = process.processIdentifier
        self.end = end
    }

    private static func appending(to path: String) throws -> FileHandle {
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw DistrictFailure.system(
                "Opening \(path)", reason: String(cString: strerror(errno)))
        }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    /// Its exit status once it has ended, 128 and the signal's number where one ended it.
    package var status: Int32? { end.status }

    package func signal(_ number: Int32) {
        // An ended process's id may be another's by now.
        if end.status == nil { _ = kill(pid, number) }
    }

    @discardableResult
    package func waitUntilEnd() async -> Int32 { await end.wait() }

    /// Waits, and ends the process by force when the time is up.
    /// - Returns: its status; `nil` where force was needed.
    package func waitUntilEnd(within limit: Duration) async -> Int32? {
        // The end itself is waited for; this only bounds it.
        let timer = Task { [self] in
            guard (try? await Task.sleep(for: limit)) != nil else { return false }
            signal(SIGKILL)
            return true
        }
        let status = await end.wait()
        timer.cancel()
        return await timer.value ? nil : status
    }
}

/// How a process ended, and who waits for it.
private final class ProcessEnd: Sendable {
    private struct State {
        var status: Int32?
        var waiting: [CheckedContinuation<Int32, Never>] = []
    }
    private let state = Mutex(State())

    var status: Int32? { state.withLock { $0.status } }

    func finish(_ status: Int32, _ reason: Process.TerminationReason) {
        let status = reason == .uncaughtSignal ? 128 + status : status
        let waiting = state.withLock { state in
            state.status = status
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: status) }
    }

    func wait() async -> Int32 {
        await withCheckedContinuation { continuation in
            let known = state.withLock { state -> Int32? in
                if state.status == nil { state.waiting.append(continuation) }
                return state.status
            }
            if let known { continuation.resume(returning: known) }
        }
    }
}
